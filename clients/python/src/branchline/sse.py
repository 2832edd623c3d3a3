"""Server-sent events, as they are written: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """One event: its type, its data, and the cursor that it moves to, if it moves it."""

    kind: str
    data: str
    id: str | None


class Parser:
    """Makes frames of the bytes of a stream, however they are cut."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._begin()
        self.retry_s: float | None = None
        """How long to wait before connecting again, once the server has said so. Unit: seconds."""

    def _begin(self) -> None:
        self._kind = "message"
        self._data: list[str] = []
        self._id: str | None = None

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that this piece completes."""
        text = self._rest + self._decoder.decode(piece)
        # A carriage return at the end may be half of a line's end.
        held = "\r" if text.endswith("\r") else ""
        text = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        self._rest = rest + held
        for line in lines:
            frame = self._line(line)
            if frame is not None:
                yield frame

    def _line(self, line: str) -> Frame | None:
        if not line:
            frame = Frame(self._kind, "\n".join(self._data), self._id) if self._data else None
            self._begin()
            return frame
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._kind = value
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry_s = int(value) / 1000
        return None
