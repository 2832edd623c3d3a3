"""Whether a value is what its type says: every field there, no other one, each of its type."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from branchline import models

NAMES = {name: value for name, value in vars(models).items() if not name.startswith("__")}


def hints(kind: Any) -> dict[str, Any]:
    """Fields and their types."""
    return get_type_hints(kind, globalns=NAMES)


def faults(value: Any, kind: Any, place: str = "$") -> list[str]:
    """What is not as the type says."""
    if isinstance(kind, str):
        kind = eval(kind, dict(NAMES))
    if kind is Any:
        return []
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        several = [faults(value, one, place) for one in get_args(kind)]
        return [] if any(not found for found in several) else min(several, key=len)
    if origin is Literal:
        return [] if value in get_args(kind) else [f"{place}: {value!r} is not one of {get_args(kind)}"]
    if is_typeddict(kind):
        return _fields(value, kind, place)
    if origin in {list, Sequence}:
        if not isinstance(value, list):
            return [f"{place}: no list"]
        (item,) = get_args(kind)
        return [fault for at, one in enumerate(value) for fault in faults(one, item, f"{place}[{at}]")]
    if origin in {dict, Mapping}:
        if not isinstance(value, dict):
            return [f"{place}: no object"]
        of = get_args(kind)[1]
        return [fault for name, one in value.items() for fault in faults(one, of, f"{place}.{name}")]
    if kind in {None, type(None)}:
        return [] if value is None else [f"{place}: not null"]
    wanted = (int, float) if kind is float else kind
    right = isinstance(value, wanted) and not (isinstance(value, bool) and kind is not bool)
    return [] if right else [f"{place}: {value!r} is no {kind.__name__}"]


def _fields(value: Any, kind: Any, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place}: no object"]
    known = hints(kind)
    required = kind.__required_keys__
    found = [f"{place}.{name}: is not there" for name in sorted(required - value.keys())]
    found += [f"{place}.{name}: has no type" for name in sorted(value.keys() - known.keys())]
    for name, one in value.items():
        if name in known:
            found += faults(one, known[name], f"{place}.{name}")
    return found


assert sys.version_info >= (3, 10)
