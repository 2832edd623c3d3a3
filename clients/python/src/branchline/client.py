"""The client: every operation of the API as a method, asked again where that is safe."""

from __future__ import annotations

import os
import ssl
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from . import models
from .asking import path_of
from .events import EventStream
from .operations import Operations
from .requesting import Headers, Requester, new_key
from .retry import Retry
from .transport import Certificate, Transport
from .uploads import Form, LeadFile


class Client(Requester, Operations):
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
        transport = Transport(base_url, ssl_context=ssl_context)
        super().__init__(transport, key, timeout=timeout, retry=retry, headers=headers)

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
        client = cls(url, token, timeout=timeout, retry=retry)
        client._transport = Transport(url, certificate=certificate)
        return client

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
        key = idempotency_key or new_key()
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
        key = idempotency_key or new_key()
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
