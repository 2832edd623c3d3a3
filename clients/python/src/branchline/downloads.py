"""Answers that are not JSON, as they come in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .transport import Exchange

_PIECE = 64 * 1024


class Download:
    """The body of an answer, piece by piece; a context manager that lets go of the connection.

        with client.export_journal(format="jsonl") as download:
            download.save("journal.jsonl")

    An answer that breaks off raises `ConnectionFailed`: what was read to the end is whole.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.headers: Mapping[str, str] = exchange.headers
        """Headers of the answer, their names in lower case."""

    def __enter__(self) -> Download:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._exchange.read_some(_PIECE):
            yield piece

    def read(self) -> bytes:
        """All of it."""
        return b"".join(self)

    def lines(self) -> Iterator[str]:
        """Its lines, without their ends."""
        rest = b""
        for piece in self:
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.removesuffix(b"\r").decode("utf-8")
        if rest:
            yield rest.decode("utf-8")

    def save(self, path: str | os.PathLike[str]) -> int:
        """Writes it to a file, which is there whole or not at all. Returns its length in bytes."""
        target = Path(path)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        length = 0
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in self:
                    length += file.write(piece)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return length

    def close(self) -> None:
        """Lets go of the answer. What was not read is lost."""
        self._exchange.close()
