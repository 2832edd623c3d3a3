"""When a request is sent again, and how long to wait before."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .problems import BranchlineError, ConnectionFailed, Problem

# What something in front of the server says when it does not reach it.
_OF_GATEWAYS = frozenset({502, 504})


@dataclass(frozen=True)
class Retry:
    """How often, and for how long, a request is sent again.

    Only what may be sent twice is: reads, and writes under an idempotency key. They are when there
    was no answer, when the server says `Retry-After` with 429 or 503, when something in front of it
    does not reach it (502, 504), and while the first request under the same key is still under way.
    """

    attempts: int = 6
    """Requests in all, the first one too. 1: none is sent again."""
    first_delay_s: float = 0.2
    """Before the second request; doubled each time, and up to half of it is left out by chance."""
    max_delay_s: float = 10.0
    """The longest of these delays."""
    max_elapsed_s: float = 60.0
    """No request begins later than this after the first one. A `Retry-After` beyond it is not waited
    for: the problem is raised at once."""

    def delay(self, failure: BranchlineError, attempt: int, elapsed_s: float) -> float | None:
        """How long to wait after request number `attempt`, from 1, failed. `None`: no more.

        Unit: seconds.
        """
        # The first request under the key is at work: it will be done, however often it is asked for.
        at_work = isinstance(failure, Problem) and failure.code == "request_under_way"
        last = attempt >= self.attempts and not (at_work and self.attempts > 1)
        if last or not _passes(failure):
            return None
        grown = self.first_delay_s * 2.0 ** min(attempt - 1, 30)
        delay = min(self.max_delay_s, grown) * random.uniform(0.5, 1.0)  # noqa: S311
        if isinstance(failure, Problem) and failure.retry_after is not None:
            # Not all at the same instant, and none before it.
            delay = failure.retry_after + delay
        return delay if elapsed_s + delay <= self.max_elapsed_s else None


NO_RETRY = Retry(attempts=1)
"""Nothing is sent twice."""


def _passes(failure: BranchlineError) -> bool:
    """Whether it may be otherwise the next time."""
    if isinstance(failure, ConnectionFailed):
        return not failure.final
    if not isinstance(failure, Problem):
        return False
    if failure.status in {429, 503}:
        # Our server says when. What stands before it may not.
        return failure.retry_after is not None or not failure.document
    return failure.status in _OF_GATEWAYS or failure.code == "request_under_way"
