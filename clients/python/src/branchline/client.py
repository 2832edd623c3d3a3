"""The client: every operation of the API as a method, asked again where that is safe."""

from __future__ import annotations

import copy
import json
import os
import platform
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlencode

from . import models
from ._version import VERSION
from .asking import Unset, path_of
from .downloads import Download
from .events import EventStream
from .operations import Operations
from .problems import BranchlineError, ClientClosed, ConnectionFailed, problem_of
from .retry import Retry
from .times import write_time
from .transport import Body, Certificate, Exchange, Transport
from .uploads import Form, LeadFile

Headers = Mapping[str, str] | Callable[[], Mapping[str, str]]

_AGENT = f"branchline-python/{VERSION} python/{platform.python_version()}"


class Client(Operations):
    """The API of one server, for one organisation.

        with Client("http://127.0.0.1:8080") as client:
            workflow = client.create_workflow(title="Spring")

    One client may be used by many threads; it keeps connections open between requests. Every write
    is sent under an idempotency key, made up unless you give one, so that what is sent again after a
    broken connection is not done twice. Raises `Problem` for what the server refuses, and
    `ConnectionFailed` when there is no answer.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8080",
        key: str | None = None,
        *,
        timeout: float = 30.0,
        retry: Retry | None = None,
        headers: Headers | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Connects to nothing yet.

        - `key`: `key_…:<secret>`, as `branchline keys create` told it.
        - `timeout`: the longest silence of the server. Unit: seconds. Of the whole request, `retry`
          says how long it may take.
        - `headers`: more headers for each request, or a function that makes them, for example
          `traceparent` of the current span.
        - `ssl_context`: for a certificate of your own authority:
          `ssl.create_default_context(cafile="ca.pem")`.
        """
        self._begin(Transport(base_url, ssl_context=ssl_context), key, timeout, retry, headers)

    def _begin(
        self,
        transport: Transport,
        key: str | None,
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

    @classmethod
    def from_env(cls, *, timeout: float = 30.0, retry: Retry | None = None) -> Client:
        """A client for `BRANCHLINE_URL` with the key in `BRANCHLINE_API_KEY`, if they are set."""
        url = os.environ.get("BRANCHLINE_URL") or "http://127.0.0.1:8080"
        return cls(url, os.environ.get("BRANCHLINE_API_KEY") or None, timeout=timeout, retry=retry)

    @classmethod
    def of_data_dir(
        cls,
        data_dir: str | os.PathLike[str],
        *,
        timeout: float = 30.0,
        retry: Retry | None = None,
    ) -> Client:
        """The operator's client of a server that runs on this machine: it is found, and known, by the
        files in its data directory. Raises `FileNotFoundError` when it does not run.
        """
        directory = Path(data_dir)
        url = (directory / "admin-url").read_text(encoding="utf-8").strip()
        token = (directory / "admin-token").read_text(encoding="utf-8").strip()
        certificate = Certificate(directory / "admin-cert") if url.startswith("https") else None
        client = cls.__new__(cls)
        client._begin(Transport(url, certificate=certificate), token, timeout, retry, None)
        return client

    def with_options(
        self,
        *,
        timeout: float | None = None,
        retry: Retry | None = None,
        headers: Headers | None = None,
    ) -> Client:
        """The same client, on the same connections, with other options. Closing either closes both."""
        other = copy.copy(self)
        other._timeout = self._timeout if timeout is None else timeout
        other._retry = retry or self._retry
        other._headers = self._headers if headers is None else headers
        return other

    def __repr__(self) -> str:
        key = self._key.partition(":")[0] if self._key and ":" in self._key else None
        return f"Client({self._transport.base_url!r}, key={key!r})"

    def __enter__(self) -> Client:
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

    # What has no operation of its own, or more than one request.

    def list_events(
        self,
        *,
        after: str | None = None,
        limit: int = 100,
        timeout: float | None = None,
    ) -> models.EventList:
        """Events after a cursor, from the beginning without one, at most `limit` (1,000) records of
        them; `meta.next_cursor` is where to go on. To be told of what happens, use `events`.

        `GET /v1/events` with a key of scope `read` or `audit`.
        """
        query = {"after": after, "limit": limit}
        answer: models.EventList = self._ask_json("GET", "/v1/events", query=query, timeout=timeout)
        return answer

    def events(
        self,
        *,
        after: str | None = None,
        poll_s: float | None = None,
        patience_s: float | None = None,
    ) -> EventStream:
        """What happens, as it is recorded, from a cursor on: an iterator that does not end.

        It connects again by itself, and goes on where it was. Close it, or use it as a context
        manager; save its `cursor` to go on after a restart.

        - `after`: a cursor, from the beginning without one.
        - `poll_s`: ask for lists this often instead of streaming. Where a stream does not come
          through, that is done anyway. Unit: seconds.
        - `patience_s`: how long to go on without any contact before `ConnectionFailed`; for ever
          without. Unit: seconds.
        """
        return EventStream(self, after=after, poll_s=poll_s, patience_s=patience_s)

    def _open_events(self, after: str | None, timeout: float) -> Exchange:
        """The stream behind a cursor. One attempt: whoever reads it knows when to try again."""
        headers = {"Last-Event-ID": after} if after else {}
        sent = self._all_headers(headers, "text/event-stream", None)
        return self._attempt("GET", "/v1/events", sent, lambda: None, (), timeout, whole=False)

    def enrol_file(
        self,
        workflow: models.WorkflowId,
        source: LeadFile,
        *,
        file_name: str | None = None,
        duplicates: models.DuplicatePolicy | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> models.Enrolled | models.Import:
        """Enrols the leads of a CSV or XLSX file: all of them or none.

        The answer to a short list is what came of it; to a long one, its import: `wait_for_import`
        takes either.

        - `source`: a path, the content, or an open binary file. It is sent as it is read. One that
          cannot be read twice (a pipe) is not sent twice.
        - `file_name`: shown with the import; the path's, unless said otherwise.
        - `duplicates`: what to do with numbers that are there already; `skip` unless said otherwise.

        `POST /v1/workflows/{workflow}/leads` with a key of scope `operate`.
        """
        key = idempotency_key or _new_key()
        name = file_name or getattr(source, "name", None)
        if isinstance(source, (str, os.PathLike)):
            name = name or Path(source).name
        form = Form(source, Path(str(name or "leads")).name, f"branchline-{uuid.uuid4().hex}")
        headers = {"Content-Type": form.content_type}
        length = form.length()
        if length is None:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(length)
        answer: models.Enrolled | models.Import = self._json_of(
            self._exchange(
                "POST",
                path_of("/v1/workflows/{workflow}/leads", workflow),
                query={"duplicates": duplicates},
                headers=headers,
                body=form.bodies(),
                repeatable=form.repeatable,
                idempotency_key=key,
                timeout=timeout,
                whole=True,
            )
        )
        return answer

    def wait_for_import(
        self,
        workflow: models.WorkflowId,
        enrolment: models.Enrolled | models.Import | models.ImportId,
        *,
        patience_s: float | None = None,
    ) -> models.Import | None:
        """Waits until an import has ended, and returns it: `status` is `done` or `refused`.

        Takes what an enrolment answered, too: `None` for one that made no import. Raises
        `TimeoutError` after `patience_s` seconds.
        """
        # An import has an `id`; the answer to a short list names its import, if it made one.
        fields: Mapping[str, Any] = {"id": enrolment} if isinstance(enrolment, str) else enrolment
        name: str | None = fields["id"] if "id" in fields else fields["import_id"]
        if name is None:
            return None
        began = time.monotonic()
        pause = 0.05
        while True:
            found = self.get_import(workflow, name)
            if found["status"] != "running":
                return found
            if patience_s is not None and time.monotonic() - began + pause > patience_s:
                raise TimeoutError(f"import {name} still runs after {patience_s} s")
            self._pause(pause)
            pause = min(pause * 2, 2.0)

    def act_on_every_lead(
        self,
        workflow: models.WorkflowId,
        *,
        action: Literal["resolve", "redial", "remove", "move_to"],
        filter: models.LeadActionFilter,
        output: models.Output | None = None,
        release_at: models.Timestamp | datetime | None = None,
        node: models.NodeId | None = None,
        part: int = 100,
        idempotency_key: str | None = None,
    ) -> Iterator[models.LeadActionResult]:
        """`act_on_leads`, part after part, until every lead that matches was asked: what came of each.

        Given an `idempotency_key`, the whole may be run again under it, and nobody is asked twice.
        """
        key = idempotency_key or _new_key()
        cursor: str | None = None
        while True:
            done: Any = self.act_on_leads(
                workflow,
                action=action,
                dry_run=False,
                filter=filter,
                cursor=cursor,
                limit=part,
                node=node,
                output=output,
                release_at=release_at,
                idempotency_key=f"{key}.{cursor or 'first'}",
            )
            yield from done["results"]
            cursor = done["next_cursor"]
            if cursor is None:
                return

    # How a request is asked.

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
            headers={**(headers or {}), **({"Content-Type": "application/json"} if body else {})},
            body=lambda: body,
            idempotency_key=idempotency_key,
            timeout=timeout,
            whole=True,
        )
        return exchange.status, exchange.headers, exchange.body

    def _ask_json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        keep_null: bool = False,
        also: tuple[int, ...] = (),
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        sent = None if body is None else _json(_given(body, keep_null=keep_null))
        all_headers = dict(headers or {})
        if sent is not None:
            all_headers["Content-Type"] = "application/json"
        key = None if method == "GET" else idempotency_key or _new_key()
        return self._json_of(
            self._exchange(
                method,
                path,
                query=query,
                headers=all_headers,
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
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        sent = None if body is None else _json(_given(body, keep_null=False))
        self._exchange(
            method,
            path,
            query=query,
            headers={**(headers or {}), **({"Content-Type": "application/json"} if sent else {})},
            body=lambda: sent,
            idempotency_key=idempotency_key or _new_key(),
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
        began, attempt = time.monotonic(), 0
        while True:
            attempt += 1
            try:
                return self._attempt(method, target, sent, body, also, timeout, whole=whole)
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
    ) -> Exchange:
        longest = self._timeout if timeout is None else timeout
        exchange = self._transport.exchange(method, target, headers, body, timeout=longest)
        refused = not (200 <= exchange.status < 300 or exchange.status in also)
        if refused or whole:
            exchange.read()
        if refused:
            raise problem_of(exchange.status, exchange.headers, exchange.body)
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


def _new_key() -> str:
    return f"py-{uuid.uuid4().hex}"


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
