"""A worker: takes calls, has them dialled by a function of yours, reports what became of them."""

from __future__ import annotations

import logging
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from .client import Client
from .models import CallStatus, ClaimedCall, ReportedCall
from .problems import BranchlineError, ClientClosed, ConnectionFailed, Problem
from .retry import NO_RETRY
from .times import read_time

_LOG = logging.getLogger("branchline.worker")

_LATER = frozenset({408, 429, 502, 503, 504})
_PAUSE_MAX_S = 30.0

Scalar = str | int | float | bool


class DialRefused(Exception):
    """Raised by a dialler: this call was surely not dialled. The lead is held as `dial_refused`, and its
    number is free. `reason` is for people.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Outcome:
    """What became of a call. A final `status` ends it."""

    status: CallStatus
    end_reason: str | None = None
    attributes: Mapping[str, Scalar | None] | None = None
    provider_ref: str | None = None
    occurred_at: datetime | None = None


class Call:
    """A call that is yours to dial, once."""

    def __init__(self, client: Client, claimed: ClaimedCall) -> None:
        self._client = client
        self.claimed = claimed
        """All of it, as the API says it."""
        self.id = claimed["call_id"]
        self.to = claimed["to"]
        """The number to dial, E.164."""
        self.from_number = claimed["from"]
        self.agent_id = claimed["agent_id"]
        self.variables = claimed["variables"]
        self.workflow_id = claimed["workflow_id"]
        self.ring_timeout_s = claimed["ring_timeout_s"]
        until = claimed["lease_until"]
        self.lease_until = None if until is None else read_time(until)

    def __repr__(self) -> str:
        # Without the number: this ends in logs.
        return f"Call({self.id})"

    def dispatched(self, provider_ref: str | None = None) -> ReportedCall:
        """The provider took it, and calls it so. From then on the lease does not matter."""
        return self._client.call_dispatched(self.id, provider_ref=provider_ref)

    def report(self, status: CallStatus, **more: Any) -> ReportedCall:
        """Reports how it goes, for example `connected`; fields as `Client.report_call` takes them."""
        return self._client.report_call(self.id, status=status, **more)


Dial = Callable[[Call], "Outcome | str | None"]


class Worker:
    """Takes calls, has them dialled, and reports.

        def dial(call):
            result = provider.call(call.to, caller_id=call.from_number)
            return Outcome("completed" if result.answered else "did_not_pick")

        Worker(client, dial).run_until_signal()

    `dial` runs in a thread of its own for each call, at most `at_once` of them. It returns

    - an `Outcome`, or the word of a status: it is reported, however long the server is away;
    - `None`: somebody else reports, for example the provider's webhook. Say `call.dispatched(…)`
      before.

    It raises `DialRefused` when the call was surely not dialled. After any other exception nobody
    knows, so nothing is reported: when the lease has run out, the lead is held as
    `dial_outcome_unknown` for a person. No call is ever dialled twice.
    """

    def __init__(
        self,
        client: Client,
        dial: Dial,
        *,
        at_once: int = 8,
        lease_s: int = 600,
        idle_s: float = 1.0,
        drain_s: float | None = None,
        on_error: Callable[[Call, BaseException], None] | None = None,
    ) -> None:
        """Takes nothing yet: `run` does.

        - `at_once`: calls under way at once. More are not taken, so that none waits with its lease
          running.
        - `lease_s`: longest time from taking a call to the first word about it: `dispatched`, or a
          status. A call that may last longer, of which nothing is said before its end, needs a
          longer one.
        - `idle_s`: how often to ask when there are no calls.
        - `drain_s`: how long a stop waits for calls under way; until they end, unless said otherwise.
        - `on_error`: told of what `dial` raised, and of a report that the server refused.
        """
        self._client = client.with_options(retry=NO_RETRY)
        self._dial = dial
        self._at_once = at_once
        self._lease_s = lease_s
        self._idle_s = idle_s
        self._drain_s = drain_s
        self._on_error = on_error
        self._stopping = threading.Event()
        self._abandoned = threading.Event()
        self._changed = threading.Condition()
        self._in_hand: dict[str, Call] = {}

    @property
    def in_hand(self) -> list[str]:
        """Ids of the calls under way."""
        with self._changed:
            return list(self._in_hand)

    def stop(self) -> None:
        """Takes no more calls. `run` returns when those under way have ended. From any thread, and
        from a signal handler.
        """
        self._stopping.set()

    def run(self) -> None:
        """Works until `stop`. Raises what would not pass, for example a key without the scope
        `ingest`, once the calls under way have ended.
        """
        try:
            self._take_calls()
        finally:
            self._stopping.set()
            self._drain()

    def run_until_signal(self) -> None:
        """As `run`, until SIGINT or SIGTERM. A second one does not wait for calls under way. In the
        main thread only.
        """
        with _signals(self._on_signal):
            self.run()

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            self._abandoned.set()
        self.stop()

    def _take_calls(self) -> None:
        failures = 0
        # Until it is answered, a claim is one and the same: what was handed out under its key is
        # told again, not more.
        claim: tuple[str, int] | None = None
        while not self._stopping.is_set():
            if claim is None:
                free = self._wait_for_room()
                if free == 0 or self._stopping.is_set():
                    continue
                claim = (f"claim-{uuid.uuid4().hex}", free)
            key, most = claim
            try:
                answer = self._client.claim_calls(max=most, lease_s=self._lease_s, idempotency_key=key)
            except (ConnectionFailed, Problem) as error:
                if not _passes(error):
                    raise
                failures += 1
                _LOG.warning("no calls could be taken: %s", error)
                self._stopping.wait(_pause(failures, error))
                continue
            failures, claim = 0, None
            for claimed in answer["calls"]:
                self._begin(Call(self._client, claimed))
            if len(answer["calls"]) < most:
                self._stopping.wait(self._idle_s * random.uniform(0.75, 1.25))  # noqa: S311

    def _wait_for_room(self) -> int:
        with self._changed:
            if len(self._in_hand) >= self._at_once:
                # Short, so that a signal is heard.
                self._changed.wait(0.2)
            return self._at_once - len(self._in_hand)

    def _begin(self, call: Call) -> None:
        with self._changed:
            self._in_hand[call.id] = call
        # A daemon: a stop that has waited long enough is not held up by a dialler that never returns.
        name = f"branchline-{call.id}"
        threading.Thread(target=self._work, args=(call,), name=name, daemon=True).start()

    def _work(self, call: Call) -> None:
        try:
            self._dial_and_report(call)
        except BaseException as error:
            _LOG.exception("call %s", call.id)
            self._tell(call, error)
        finally:
            with self._changed:
                self._in_hand.pop(call.id, None)
                self._changed.notify_all()

    def _dial_and_report(self, call: Call) -> None:
        refusal = outcome = None
        try:
            outcome = self._dial(call)
        except DialRefused as refused:
            refusal = refused
        except Exception as error:
            _LOG.exception("call %s: nobody knows whether it was dialled", call.id)
            self._tell(call, error)
            return
        if refusal is not None:
            reason = refusal.reason
            self._insist(
                call,
                lambda key: self._client.call_refused(call.id, reason=reason, idempotency_key=key),
            )
        elif outcome is not None:
            told = outcome if isinstance(outcome, Outcome) else Outcome(cast(CallStatus, outcome))
            self._insist(
                call,
                lambda key: self._client.report_call(
                    call.id,
                    status=told.status,
                    end_reason=told.end_reason,
                    attributes=told.attributes,
                    provider_ref=told.provider_ref,
                    occurred_at=told.occurred_at,
                    idempotency_key=key,
                ),
            )

    def _insist(self, call: Call, report: Callable[[str], ReportedCall]) -> None:
        """Reports, again and again under one key, until the server has heard."""
        key = f"report-{uuid.uuid4().hex}"
        failures = 0
        while True:
            try:
                answer = report(key)
            except ClientClosed:
                raise
            except (ConnectionFailed, Problem) as error:
                failures += 1
                if not _passes(error) or self._abandoned.is_set():
                    raise
                _LOG.warning("call %s is not reported yet: %s", call.id, error)
                self._abandoned.wait(_pause(failures, error))
                continue
            if not answer["accepted"]:
                _LOG.warning("call %s had ended otherwise: %s", call.id, answer["status"])
            return

    def _tell(self, call: Call, error: BaseException) -> None:
        if self._on_error is not None:
            try:
                self._on_error(call, error)
            except Exception:
                _LOG.exception("on_error of call %s", call.id)

    def _drain(self) -> None:
        end = None if self._drain_s is None else time.monotonic() + self._drain_s
        with self._changed:
            while self._in_hand and not self._abandoned.is_set():
                if end is not None and time.monotonic() >= end:
                    break
                self._changed.wait(0.2)
            left = list(self._in_hand)
        self._abandoned.set()
        if left:
            _LOG.error("stopped with calls under way, whose outcome is not reported: %s", left)


def _passes(error: BranchlineError) -> bool:
    if isinstance(error, ConnectionFailed):
        return not error.final
    return isinstance(error, Problem) and (error.status in _LATER or error.code == "request_under_way")


def _pause(failures: int, error: BranchlineError) -> float:
    grown = min(_PAUSE_MAX_S, 0.25 * 2.0 ** min(failures - 1, 10))
    asked = error.retry_after if isinstance(error, Problem) else None
    return (asked or 0.0) + grown * random.uniform(0.5, 1.0)  # noqa: S311


@contextmanager
def _signals(heard: Callable[[], None]) -> Iterator[None]:
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda *_: heard()) for name in names]
    try:
        yield
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
