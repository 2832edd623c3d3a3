"""What can go wrong, as exceptions.

`BranchlineError` is all of it. Under it `Problem`: the server answered, and said what is wrong, as an
RFC 9457 problem document. `ConnectionFailed`: there was no answer, or half of one.
"""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import FieldFault


class BranchlineError(Exception):
    """Anything that this package raises about a request."""


class ConnectionFailed(BranchlineError):
    """No answer came, or it broke off. A write may have been done all the same: sent again under the
    same idempotency key, it is not done twice. `__cause__` has the error of the system.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final
        """Whether it would be no better another time: the server is not the one that was meant."""


class ClientClosed(BranchlineError):
    """The client, or the stream of events, was closed while somebody waited for it."""


class Problem(BranchlineError):
    """The server refused, and says why.

    Programs match on `code`, which is stable; `detail` is a sentence for people.
    """

    status: int
    """The HTTP status."""
    code: str
    """Stable name of the problem, such as `workflow_not_found`. `http_<status>` when what answered
    was not the server, but something in front of it."""
    title: str
    detail: str
    errors: list[FieldFault]
    """Every field at fault."""
    faults: list[dict[str, Any]]
    """Every fault of a graph, or of the rows of a list of leads."""
    current_status: str | None
    """The status that stands in the way of a 409."""
    current_revision: int | None
    """The newest revision of a graph, in a 412."""
    retry_after: float | None
    """When to try again. Unit: seconds."""
    request_id: str | None
    """The name of the request in the server's logs."""
    document: Mapping[str, Any]
    """The problem document as it came; empty when there was none."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        document = _document(body)
        self.status = status
        self.document = document
        self.code = _text(document, "code") or f"http_{status}"
        self.title = _text(document, "title") or ""
        self.detail = _text(document, "detail") or _shown(body)
        self.errors = _objects(document.get("errors"))
        self.faults = _objects(document.get("faults"))
        self.current_status = _text(document, "current_status")
        revision = document.get("current_revision")
        self.current_revision = revision if isinstance(revision, int) else None
        self.retry_after = _seconds(headers.get("retry-after"))
        self.request_id = headers.get("x-request-id")
        super().__init__(status, self.code, self.detail)

    def __str__(self) -> str:
        lines = [f"{self.status} {self.code}: {self.detail}"]
        for fault in self.errors:
            if fault.get("detail") != self.detail:
                lines.append(
                    f"  {fault.get('pointer') or fault.get('parameter') or '-'}: {fault.get('detail')}"
                )
        for found in self.faults:
            words = found.get("message") or found.get("reason") or ""
            lines.append(f"  {found.get('code') or found.get('rows')}: {words}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[Any, ...]:
        # What an exception needs to go from one process to another.
        headers = {"x-request-id": self.request_id} if self.request_id else {}
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        body = json.dumps(self.document or {"detail": self.detail}).encode()
        return type(self), (self.status, headers, body)


class BadRequest(Problem):
    """400: the request is at fault; `errors` and `faults` say where."""


class Unauthorized(Problem):
    """401: no key, or none that is good."""


class Forbidden(Problem):
    """403: the key is good, and not for this."""


class NotFound(Problem):
    """404: it is not there, or belongs to another organisation."""


class Conflict(Problem):
    """409: the state of things forbids it; `current_status` says which one."""


class StaleRevision(Problem):
    """412: the graph has moved on; `current_revision` says how far."""


class TooLarge(Problem):
    """413: the body, or what it says, is too large."""


class KeyReused(Problem):
    """422: the idempotency key was used for another request before."""


class TooManyRequests(Problem):
    """429: later, after `retry_after` seconds."""


class ServerFault(Problem):
    """5xx: the server could not."""


class Unavailable(ServerFault):
    """503: it stops, starts, or its journal cannot be written; later, perhaps."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: StaleRevision,
    413: TooLarge,
    422: KeyReused,
    429: TooManyRequests,
    503: Unavailable,
}


def problem_of(status: int, headers: Mapping[str, str], body: bytes) -> Problem:
    """The exception for an answer. Header names are in lower case."""
    kind = _BY_STATUS.get(status, ServerFault if status >= 500 else Problem)
    return kind(status, headers, body)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) else None


def _objects(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _shown(body: bytes) -> str:
    return " ".join(body[:200].decode("utf-8", "replace").split()) or "the answer has no body"


def _seconds(value: str | None) -> float | None:
    """`Retry-After`: seconds, or an instant."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
