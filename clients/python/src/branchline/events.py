"""The events of an organisation, one after the other, over broken connections and restarts."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING

from .models import Event
from .problems import ConnectionFailed, Problem
from .sse import Parser

if TYPE_CHECKING:
    from .client import Client
    from .transport import Exchange

_FIRST_WORD_S = 10.0
"""The server says something as soon as a stream is open. Unit: seconds."""
_SILENCE_S = 45.0
"""Longest silence of a stream: the server says something every 15 seconds. Unit: seconds."""
_RECONNECT_S = 2.0
"""Before the next connection, unless the server says otherwise. Unit: seconds."""
_RECONNECT_MAX_S = 30.0
_POLL_S = 1.0
_LIST_RECORDS = 1_000
_MUTE_MAX = 2
"""Streams in a row of which nothing is heard before lists are asked for instead."""
_PIECE = 64 * 1024


class EventStream:
    """What happens, in order, each event once: an iterator that does not end until it is closed.

        with client.events(after=saved) as events:
            for event in events:
                handle(event)
                save(events.cursor)

    A broken connection, a restarted server, a stream that fell behind: it goes on where it was,
    without a gap. After a restart of *your* process it goes on behind the cursor you saved; events
    of the record that was being handled may come again, so handle them so that twice is harmless.

    One thread iterates; any may `close`. Raises `Problem` for what would not pass: a key that is not
    good, a cursor that is none.
    """

    def __init__(
        self,
        client: Client,
        *,
        after: str | None = None,
        poll_s: float | None = None,
        patience_s: float | None = None,
    ) -> None:
        self._client = client
        self._cursor = after
        self._polls = poll_s is not None
        self._poll_s = _POLL_S if poll_s is None else poll_s
        self._patience_s = patience_s
        self._behind = False
        self._ready: deque[tuple[Event, str | None]] = deque()
        # Of the record that is being told: its position, and how many of its events were.
        self._part = (-1, 0)
        self._skip = 0
        self._exchange: Exchange | None = None
        self._parser = Parser()
        self._retry_s = _RECONNECT_S
        self._failures = 0
        self._mute = 0
        self._heard = time.monotonic()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._busy = False

    @property
    def cursor(self) -> str | None:
        """Behind what was returned so far: give it to `Client.events(after=…)` to go on there.

        Events of one record share a cursor. It moves with the last of them.
        """
        return self._cursor

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> Event:
        while not self._closed.is_set():
            if self._ready:
                event = self._next_ready()
                if event is not None:
                    return event
                continue
            try:
                self._fill_undisturbed()
            except ConnectionFailed as error:
                self._drop()
                self._wait_after(error)
            except Problem as error:
                self._drop()
                if error.status not in {429, 502, 503, 504}:
                    raise
                self._wait_after(error)
        self._drop()
        raise StopIteration

    def close(self) -> None:
        """Ends the iteration, also one that waits in another thread."""
        self._closed.set()
        with self._lock:
            exchange = self._exchange
            if exchange is None:
                return
            if self._busy:
                # It is in use: whoever uses it lets go of it.
                exchange.interrupt()
            else:
                exchange.close()
                self._exchange = None

    def _next_ready(self) -> Event | None:
        """The next event, unless it was told before the connection broke."""
        event, cursor = self._ready.popleft()
        position, told = self._part
        repeated = self._skip > 0 and event["position"] == position
        if repeated:
            self._skip -= 1
        else:
            self._skip = 0
            told = told + 1 if event["position"] == position else 1
            self._part = (event["position"], told)
        if cursor is not None:
            self._cursor = cursor
            self._part, self._skip = (-1, 0), 0
        return None if repeated else event

    def _fill_undisturbed(self) -> None:
        """As `_fill`; meanwhile `close` does not pull the connection away."""
        with self._lock:
            if self._closed.is_set():
                return
            self._busy = True
        try:
            self._fill()
        finally:
            with self._lock:
                self._busy = False

    def _fill(self) -> None:
        """Waits for more, and makes it ready."""
        if self._polls or self._behind:
            self._list()
        elif self._exchange is None:
            self._connect()
        else:
            self._read(self._exchange)

    def _list(self) -> None:
        listing = self._client.list_events(after=self._cursor, limit=_LIST_RECORDS)
        self._contact()
        self._skip = self._part[1]
        events = listing["data"]
        for event, following in zip(events, [*events[1:], None], strict=True):
            last = following is None or following["position"] != event["position"]
            self._ready.append((event, event["cursor"] if last else None))
        if not events:
            self._cursor = listing["meta"]["next_cursor"]
        if not listing["meta"]["more"]:
            self._behind = False
            if self._polls and not events:
                self._closed.wait(self._poll_s)

    def _connect(self) -> None:
        self._mute += 1
        if self._mute > _MUTE_MAX:
            # Something on the way keeps streams to itself.
            self._polls = True
            return
        try:
            exchange = self._client._open_events(self._cursor, _FIRST_WORD_S)
        except ConnectionFailed as error:
            if not isinstance(error.__cause__, TimeoutError):
                self._mute = 0
            raise
        except Problem:
            self._mute = 0
            raise
        if not exchange.headers.get("content-type", "").startswith("text/event-stream"):
            exchange.close()
            self._polls = True
            return
        with self._lock:
            self._exchange = exchange
        self._parser = Parser()
        self._skip = self._part[1]

    def _read(self, exchange: Exchange) -> None:
        piece = exchange.read_some(_PIECE)
        if not piece:
            raise ConnectionFailed("the stream has ended")
        if self._mute:
            exchange.limit_silence(_SILENCE_S)
        self._mute = 0
        self._contact()
        for frame in self._parser.feed(piece):
            if frame.kind == "resync":
                # Too slow for the stream. The journal has all of it: lists until it is caught up.
                self._behind = True
                self._drop()
                return
            try:
                event: Event = json.loads(frame.data)
            except ValueError as error:
                raise ConnectionFailed(f"an event that is not JSON: {frame.data[:80]!r}") from error
            self._ready.append((event, frame.id))
        self._retry_s = self._parser.retry_s or self._retry_s

    def _contact(self) -> None:
        self._failures = 0
        self._heard = time.monotonic()

    def _drop(self) -> None:
        with self._lock:
            exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.close()

    def _wait_after(self, error: ConnectionFailed | Problem) -> None:
        self._failures += 1
        silent = time.monotonic() - self._heard
        final = isinstance(error, ConnectionFailed) and error.final
        if final or (self._patience_s is not None and silent > self._patience_s):
            raise error
        grown = min(_RECONNECT_MAX_S, self._retry_s * 2.0 ** min(self._failures - 1, 10))
        # By chance, so that all readers of a server that comes back do not come at once.
        delay = grown * random.uniform(0.1 if self._failures == 1 else 0.5, 1.0)  # noqa: S311
        if isinstance(error, Problem) and error.retry_after is not None:
            delay += error.retry_after
        self._closed.wait(delay)
