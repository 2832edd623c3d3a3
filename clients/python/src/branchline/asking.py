"""What the generated operations stand on: how a request is asked, and how lists are paged."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from .downloads import Download


class Unset(enum.Enum):
    """The type of :data:`UNSET`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""A field of an edit that stays as it is. ``None`` takes its value away."""


def path_of(pattern: str, *ids: str) -> str:
    """The path with these ids in its places, each escaped.

    Raises `ValueError` for an id that would make another path of it.
    """
    path = pattern
    for value in ids:
        if not value or value in {".", ".."}:
            raise ValueError(f"{pattern}: {value!r} is no id")
        before, _, rest = path.partition("{")
        path = before + quote(value, safe="") + rest.partition("}")[2]
    return path


def quoted(revision: int | str | None) -> str | None:
    """A revision as `If-Match` wants it. An `ETag` stays as it is."""
    return revision if revision is None or isinstance(revision, str) else f'"{revision}"'


def each(page: Callable[[str | None], Any]) -> Iterator[Any]:
    """Every row of a list. `page` asks for the page at a cursor, `None` for the first one."""
    cursor: str | None = None
    while True:
        listing = page(cursor)
        yield from listing["data"]
        cursor = listing["meta"]["next_cursor"]
        if cursor is None:
            return


class Asking(ABC):
    """How an operation asks. `Client` does it."""

    @abstractmethod
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
        """The JSON of the answer. Statuses in `also` are answers too, not problems."""

    @abstractmethod
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
        """Asks for something whose answer is empty."""

    @abstractmethod
    def _ask_download(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Download:
        """The answer as it comes in."""
