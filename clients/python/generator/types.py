"""Python types of schemas."""

from __future__ import annotations

import json

from .document import ALSO_TAKEN, Document, Json


def literal(word: object) -> str:
    """A value of an enumeration, as Python writes it."""
    return json.dumps(word) if isinstance(word, str) else repr(word)


class Types:
    """Python types of schemas. Nested objects without a name get one from where they stand."""

    def __init__(self, document: Document, prefix: str = "") -> None:
        self.document = document
        self.prefix = prefix
        self.nested: dict[str, Json] = {}

    def of(self, schema: Json, place: str, *, sent: bool) -> str:
        """The type of a schema. `place` names it if it is an object without a name."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            also = ALSO_TAKEN.get(name) if sent else None
            taken = f"{self.prefix}{name}"
            if sent and name == "Timestamp":
                return f"{taken} | datetime"
            return f"{taken} | {self.prefix}{also}" if also else taken
        for union in ("anyOf", "oneOf"):
            if union in schema:
                several = [
                    self.of(one, f"{place}{index}", sent=sent) for index, one in enumerate(schema[union])
                ]
                return self._union(several)
        if "enum" in schema:
            return f"Literal[{', '.join(literal(word) for word in schema['enum'])}]"
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return self._union([self.of({**schema, "type": kind}, place, sent=sent) for kind in kinds])
        if kinds == "object":
            return self._object(schema, place, sent=sent)
        if kinds == "array":
            items = self.of(schema.get("items", {}), f"{place}Item", sent=sent)
            return f"Sequence[{items}]" if sent else f"list[{items}]"
        plain = {
            "string": "str",
            "integer": "int",
            "number": "float",
            "boolean": "bool",
            "null": "None",
            None: "Any",
        }
        return plain[kinds]

    def _object(self, schema: Json, place: str, *, sent: bool) -> str:
        if "properties" in schema:
            self.nested[place] = schema
            return f"{self.prefix}{place}"
        values = schema.get("additionalProperties", {})
        if values is False:
            return "dict[str, Never]"
        value = self.of(values if isinstance(values, dict) else {}, f"{place}Value", sent=sent)
        return f"Mapping[str, {value}]" if sent else f"dict[str, {value}]"

    @staticmethod
    def _union(several: list[str]) -> str:
        flat = [one for item in several for one in item.split(" | ")] if several else ["Any"]
        if "Any" in flat:
            return "Any"
        ordered = list(dict.fromkeys(flat))
        if "None" in ordered:
            ordered.remove("None")
            ordered.append("None")
        return " | ".join(ordered)
