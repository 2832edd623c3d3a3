"""Lead files on their way to the server: sent as they are read, never whole in memory."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LeadFile = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the content itself, or an open binary file."""

_PIECE = 64 * 1024


@dataclass(frozen=True)
class Form:
    """A form with one file. The same file and key make the same bytes, however often it is sent."""

    source: LeadFile
    file_name: str
    boundary: str

    @property
    def content_type(self) -> str:
        """The media type, with the boundary."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def repeatable(self) -> bool:
        """Whether it can be read a second time."""
        if isinstance(self.source, (bytes, str, os.PathLike)):
            return True
        return self.source.seekable()

    def length(self) -> int | None:
        """Its length in bytes, if that can be told without reading it."""
        source = self.source
        if isinstance(source, bytes):
            content = len(source)
        elif isinstance(source, (str, os.PathLike)):
            content = Path(source).stat().st_size
        elif source.seekable():
            here = source.tell()
            content = source.seek(0, io.SEEK_END) - here
            source.seek(here)
        else:
            return None
        return len(self._before()) + content + len(self._after())

    def bodies(self) -> Bodies:
        """The body, as often as it is wanted."""
        return Bodies(self)

    def _before(self) -> bytes:
        # What a header may not have in a quoted text is left out of the name.
        name = re.sub(r'[\x00-\x1f"\\]', "", self.file_name)
        return (
            f"--{self.boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()

    def _after(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()


class Bodies:
    """Gives the body of a form once for each time it is sent."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._start: int | None = None

    def __call__(self) -> Iterator[bytes]:
        yield self._form._before()
        yield from self._content()
        yield self._form._after()

    def _content(self) -> Iterator[bytes]:
        source = self._form.source
        if isinstance(source, bytes):
            yield source
        elif isinstance(source, (str, os.PathLike)):
            with Path(source).open("rb") as file:
                yield from _pieces(file)
        else:
            if source.seekable():
                if self._start is None:
                    self._start = source.tell()
                source.seek(self._start)
            yield from _pieces(source)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
