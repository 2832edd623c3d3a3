"""Writes `models.py`: a type for each schema."""

from __future__ import annotations

import keyword
import re

from .document import ADDED_ITEMS, IGNORED_FIELDS, Document, Json
from .types import Types
from .words import HEADER, docstring


class Models:
    """Writes the types of all schemas."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.types = Types(document)
        self.names: list[str] = []
        self.parents = {
            part["$ref"].rsplit("/", 1)[-1]
            for schema in document.schemas.values()
            for part in schema.get("allOf", [])
            if "$ref" in part
        }

    def text(self) -> str:
        aliases: dict[str, str] = {}
        classes = []
        for name, schema in self.document.schemas.items():
            nothing = schema.get("type") == "object" and schema.get("additionalProperties") is False
            if nothing or "properties" in schema or "allOf" in schema:
                classes.append(self._class(name, schema))
            else:
                aliases[name] = self._alias(name, schema)
        done: set[str] = set()
        while set(self.types.nested) - done:
            for name in sorted(set(self.types.nested) - done):
                done.add(name)
                classes.append(self._class(name, self.types.nested[name]))
        # Names of types are values when the module is read: each behind those that it names.
        body = "\n\n".join(classes) + "\n\n" + "\n".join(self._in_order(aliases))
        imports = self._imports(body)
        exported = "\n".join(f'    "{name}",' for name in sorted(self.names))
        return f"{HEADER}\n{imports}\n__all__ = [\n{exported}\n]\n\n\n{body}"

    @staticmethod
    def _in_order(aliases: dict[str, str]) -> list[str]:
        placed: dict[str, str] = {}
        while len(placed) < len(aliases):
            ready = {
                name: text
                for name, text in aliases.items()
                if name not in placed
                and not (
                    set(re.findall(r"\w+", text.partition('\n"""')[0]))
                    & (aliases.keys() - {name}) - placed.keys()
                )
            }
            if not ready:
                raise SystemExit(f"these name each other: {sorted(aliases.keys() - placed.keys())}")
            placed.update(ready)
        return list(placed.values())

    @staticmethod
    def _imports(body: str) -> str:
        lines = []
        abstract = [name for name in ("Mapping", "Sequence") if f"{name}[" in body]
        if abstract:
            lines.append(f"from collections.abc import {', '.join(abstract)}")
        if re.search(r"\bdatetime\b", body):
            lines.append("from datetime import datetime")
        typed = [
            name
            for name in ("Any", "Literal", "TypeAlias", "TypedDict", "final")
            if re.search(rf"\b{name}\b", body)
        ]
        lines.append(f"from typing import {', '.join(typed)}")
        return "\n".join(lines) + "\n"

    def _alias(self, name: str, schema: Json) -> str:
        self.names.append(name)
        sent = name in self.document.sent
        of = self.types.of({**schema, "description": ""}, name, sent=sent)
        alias = f"{name}: TypeAlias = {of}\n"
        if len(alias) > 100 and of.startswith("Literal["):
            words = "".join(f"    {word},\n" for word in of[8:-1].split(", "))
            alias = f"{name}: TypeAlias = Literal[\n{words}]\n"
        return alias + self._described(schema)

    @staticmethod
    def _described(schema: Json) -> str:
        text = schema.get("description", "")
        return docstring(text, "") if text else ""

    def _class(self, name: str, schema: Json) -> str:
        """A TypedDict. Fields that may be left out are in a class of their own: `NotRequired` is
        younger than Python 3.10. Fields whose name is a word of Python need the other notation.
        """
        self.names.append(name)
        base = ["TypedDict"]
        # What no other type builds on: `"lead_ids" in answer` tells it from another one.
        final = name not in self.parents
        own = schema
        if "allOf" in schema:
            parents = [part for part in schema["allOf"] if "$ref" in part]
            others = [part for part in schema["allOf"] if "$ref" not in part]
            base = [part["$ref"].rsplit("/", 1)[-1] for part in parents]
            if len(others) != 1:
                raise SystemExit(f"{name}: allOf of {len(others)} objects has no rule here")
            own = others[0]
        required = set(own.get("required", []))
        fields = {
            field: value
            for field, value in own.get("properties", {}).items()
            if (name, field) not in IGNORED_FIELDS
        }
        must = {field: value for field, value in fields.items() if field in required}
        may = {field: value for field, value in fields.items() if field not in required}
        text = ""
        if must and may:
            text += self._part(f"_{name}Must", name, must, base, "", total=True)
            text += "\n\n"
            base = [f"_{name}Must"]
        part = may or must
        words = schema.get("description", "")
        return text + self._part(name, name, part, base, words, total=not may, final=final)

    def _part(
        self,
        name: str,
        place: str,
        fields: Json,
        bases: list[str],
        words: str,
        *,
        total: bool,
        final: bool = False,
    ) -> str:
        sent = place in self.document.sent
        text = ""
        typed = {}
        for field, schema in fields.items():
            item = ADDED_ITEMS.get((place, field))
            nested = f"{place}{''.join(part.capitalize() for part in field.split('_'))}"
            typed[field] = f"Sequence[{item}]" if item else self.types.of(schema, nested, sent=sent)
        odd = [field for field in fields if keyword.iskeyword(field)]
        if odd:
            pairs = ", ".join(f'"{field}": "{typed[field]}"' for field in odd)
            tail = "" if total else ", total=False"
            text += f'_{name}Odd = TypedDict("_{name}Odd", {{{pairs}}}{tail})\n\n\n'
            bases = [f"_{name}Odd", *[base for base in bases if base != "TypedDict"]]
        tail = "" if total else ", total=False"
        text += "@final\n" if final else ""
        text += f"class {name}({', '.join(bases)}{tail}):\n"
        text += docstring(words, "    ") if words else ""
        plain = [field for field in fields if field not in odd]
        if words and plain:
            text += "\n"
        for field in plain:
            text += f"    {field}: {typed[field]}\n"
            said = fields[field].get("description", "")
            if said:
                text += docstring(said, "    ")
        if not plain and not words:
            text += "    pass\n"
        return text
