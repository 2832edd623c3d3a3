"""Instants: `datetime` in Python, RFC 3339 in the API."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def read_time(text: str) -> datetime:
    """An instant of the API, such as `lead["entered_at"]`, in UTC. Raises `ValueError` for other text."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no RFC 3339 instant")
    day, clock, fraction, zone = found.groups()
    micros = (fraction or "").ljust(6, "0")[:6]
    offset = "+00:00" if zone in "Zz" else zone
    return datetime.fromisoformat(f"{day}T{clock}.{micros}{offset}").astimezone(timezone.utc)


def write_time(instant: datetime) -> str:
    """An instant as the API takes it. Raises `ValueError` for one that does not say its zone."""
    if instant.tzinfo is None:
        raise ValueError(
            f"{instant!r} has no time zone: say which instant it is, as datetime.now(timezone.utc)"
        )
    text = instant.astimezone(timezone.utc).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")
