"""How a request is asked, and asked again where that is safe."""

from __future__ import annotations

import copy
import json
import platform
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlencode

from ._version import VERSION
from .asking import Asking, Unset
from .downloads import Download
from .problems import BranchlineError, ClientClosed, ConnectionFailed, problem_of
from .retry import Retry
from .times import write_time
from .transport import Body, Exchange, Transport

Headers = Mapping[str, str] | Callable[[], Mapping[str, str]]

_AGENT = f"branchline-python/{VERSION} python/{platform.python_version()}"

_Self = TypeVar("_Self", bound="Requester")


class Requester(Asking):
    """Asks one server, over connections that it keeps."""

    def __init__(
        self,
        transport: Transport,
        key: str | None,
        *,
        timeout: float,
        retry: Retry | None,
        headers: Headers | None,
    ) -> None:
        self._transport = transport
        self._key = key
        self._timeout = timeout
        self._retry = retry or Retry()
        self._headers = headers
        self._closed = threading.Event()
        self._seen = _Seen()

    def with_options(
        self: _Self,
        *,
        timeout: float | None = None,
        retry: Retry | None = None,
        headers: Headers | None = None,
    ) -> _Self:
        """The same client, on the same connections, with other options. Closing either closes both."""
        other = copy.copy(self)
        other._timeout = self._timeout if timeout is None else timeout
        other._retry = retry or self._retry
        other._headers = self._headers if headers is None else headers
        return other

    def __repr__(self) -> str:
        key = self._key.partition(":")[0] if self._key and ":" in self._key else None
        return f"{type(self).__name__}({self._transport.base_url!r}, key={key!r})"

    @property
    def position(self) -> int:
        """The greatest position of the journal that an answer named so far; 0 before. Another process
        that gives it as the header `Branchline-At-Least` sees at least what this one saw.
        """
        return self._seen.position

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections. Whoever waits to ask again gets `ClientClosed`."""
        self._closed.set()
        self._transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Any request: its status, headers (names in lower case) and body. For what has no method here.

        A write is sent again only with an `idempotency_key`. Raises as every method does.
        """
        body = None if json_body is None else _json(json_body)
        exchange = self._exchange(
            method,
            path,
            query=query,
            headers=_headers(headers, body),
            body=lambda: body,
            # To a conditional read that is an answer.
            also=(304,),
            idempotency_key=idempotency_key,
            timeout=timeout,
            whole=True,
        )
        return exchange.status, exchange.headers, exchange.body

    def _open_events(self, after: str | None, timeout: float) -> Exchange:
        """The stream behind a cursor. One attempt: whoever reads it knows when to try again."""
        headers = {"Last-Event-ID": after} if after else {}
        sent = self._all_headers(headers, "text/event-stream", None)
        return self._attempt(
            "GET", "/v1/events", sent, lambda: None, (), timeout, whole=False, twice=True
        )

    def _ask_json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Mapping[str, Any] | None = None,
        keep_null: bool = False,
        also: tuple[int, ...] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        sent = None if body is None else _json(_given(body, keep_null=keep_null))
        key = None if method == "GET" else idempotency_key or new_key()
        return self._json_of(
            self._exchange(
                method,
                path,
                query=query,
                headers=_headers(headers, sent),
                body=lambda: sent,
                also=also,
                idempotency_key=key,
                timeout=timeout,
                whole=True,
            )
        )

    def _ask_nothing(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        sent = None if body is None else _json(_given(body, keep_null=False))
        self._exchange(
            method,
            path,
            query=query,
            headers=_headers(headers, sent),
            body=lambda: sent,
            idempotency_key=idempotency_key or new_key(),
            timeout=timeout,
            whole=True,
        )

    def _ask_download(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Download:
        return Download(self._exchange(method, path, query=query, timeout=timeout, accept="*/*"))

    @staticmethod
    def _json_of(exchange: Exchange) -> Any:
        try:
            return json.loads(exchange.body)
        except ValueError as error:
            words = f"{exchange.status}, and not JSON: {exchange.body[:80]!r}"
            raise ConnectionFailed(words, final=True) from error

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], Body] = lambda: None,
        repeatable: bool = True,
        also: tuple[int, ...] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
        accept: str = "application/json",
        whole: bool = False,
    ) -> Exchange:
        """Asks until there is an answer, or no more hope. A `whole` answer has been read."""
        target = path + _query(query)
        sent = self._all_headers(headers, accept, idempotency_key)
        if idempotency_key is None and method not in {"GET", "HEAD"}:
            repeatable = False
        twice = repeatable and self._retry.attempts > 1
        began, attempt = time.monotonic(), 0
        while True:
            attempt += 1
            try:
                return self._attempt(method, target, sent, body, also, timeout, whole=whole, twice=twice)
            except BranchlineError as error:
                elapsed = time.monotonic() - began
                delay = self._retry.delay(error, attempt, elapsed) if repeatable else None
                if delay is None or self._closed.is_set():
                    raise
            self._pause(delay)

    def _attempt(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Callable[[], Body],
        also: tuple[int, ...],
        timeout: float | None,
        *,
        whole: bool,
        twice: bool,
    ) -> Exchange:
        longest = self._timeout if timeout is None else timeout
        exchange = self._transport.exchange(method, target, headers, body, timeout=longest, twice=twice)
        refused = not (200 <= exchange.status < 300 or exchange.status in also)
        if refused or whole:
            exchange.read()
        if refused:
            raise problem_of(exchange.status, exchange.headers, exchange.body)
        self._seen.note(exchange.headers.get("branchline-position"))
        return exchange

    def _all_headers(
        self, headers: Mapping[str, str] | None, accept: str, idempotency_key: str | None
    ) -> dict[str, str]:
        more = self._headers() if callable(self._headers) else self._headers
        sent = {"User-Agent": _AGENT, "Accept": accept, **(more or {}), **(headers or {})}
        if self._key is not None:
            sent["Authorization"] = f"Bearer {self._key}"
        if idempotency_key is not None:
            sent["Idempotency-Key"] = idempotency_key
        return sent

    def _pause(self, delay_s: float) -> None:
        if self._closed.wait(delay_s):
            raise ClientClosed("the client was closed")


class _Seen:
    """The greatest position of the journal that an answer named."""

    def __init__(self) -> None:
        self.position = 0
        self._lock = threading.Lock()

    def note(self, value: str | None) -> None:
        if value is not None and value.isascii() and value.isdigit():
            with self._lock:
                self.position = max(self.position, int(value))


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return f"py-{uuid.uuid4().hex}"


def _headers(headers: Mapping[str, str | None] | None, body: bytes | None) -> dict[str, str]:
    """Those that have a value, and what the body is."""
    given = {name: value for name, value in (headers or {}).items() if value is not None}
    return given if body is None else {**given, "Content-Type": "application/json"}


def _given(body: Mapping[str, Any], *, keep_null: bool) -> dict[str, Any]:
    """The fields that were given."""
    return {
        name: value
        for name, value in body.items()
        if not isinstance(value, Unset) and (keep_null or value is not None)
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_plain, allow_nan=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """What `json` does not know."""
    if isinstance(value, datetime):
        return write_time(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r} cannot be sent as JSON")


def _query(query: Mapping[str, Any] | None) -> str:
    given = {name: _word(value) for name, value in (query or {}).items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return write_time(value) if isinstance(value, datetime) else str(value)
