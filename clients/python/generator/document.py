"""The OpenAPI document, and what it cannot say."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# Schemas that the document leaves open because the server reads each item by itself.
ADDED_SCHEMAS: dict[str, Json] = {
    "CallReportItem": {
        "description": "One report of many, with the call it is about.",
        "allOf": [
            {"$ref": "#/components/schemas/CallReport"},
            {
                "type": "object",
                "properties": {"call_id": {"$ref": "#/components/schemas/CallId"}},
                "required": ["call_id"],
            },
        ],
    },
}
ADDED_ITEMS = {("CallReports", "items"): "CallReportItem"}

# What was got may be sent back as it is, and has more fields than what is sent anew.
ALSO_TAKEN = {"GraphPutNode": "Node", "GraphPutEdge": "Edge"}

# Fields that the server takes and does not look at, or that say what a header says.
IGNORED_FIELDS = {("NewWorkflow", "status"), ("GraphPut", "revision")}

# What a header is called as a parameter, and what it is for.
HEADER_NAMES = {"If-Match": "revision"}
HEADER_WORDS = {"If-Match": "Of the graph it was made from; `StaleRevision` when there is a newer one."}

# Written by hand in client.py, under the name that the rules here would give them.
BY_HAND = {
    "listEvents": "without `after` or `limit` the route streams: `events` does that",
}

# Headers that are no parameters: every write has `idempotency_key`, `events` goes on by itself, and
# the others are given to a client for all its requests, or to `request`.
COMMON_HEADERS = {
    "Branchline-At-Least",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-Id",
    "traceparent",
}


def merged_object(schema: Json, unions: dict[frozenset[str], str]) -> Json:
    """Of several objects without names, one with the fields of all of them: which go together is for
    the server to judge. Other schemas are as they were.
    """
    several: list[Json] = schema.get("oneOf") or schema.get("anyOf") or []
    if not several or any("properties" not in one for one in several):
        return schema
    fields: dict[str, list[Json]] = {}
    for one in several:
        for field, value in one["properties"].items():
            fields.setdefault(field, []).append(value)
    required = set.intersection(*(set(one.get("required", [])) for one in several))
    return {
        "description": schema.get("description", ""),
        "type": "object",
        "properties": {field: merged_value(values, unions) for field, values in sorted(fields.items())},
        "required": sorted(required),
    }


def merged_value(values: list[Json], unions: dict[frozenset[str], str]) -> Json:
    """What any of these schemas takes; by its name, if `unions` has one for it."""
    distinct = [value for at, value in enumerate(values) if value not in values[:at]]
    if len(distinct) == 1:
        return distinct[0]
    # Where a field must not be, it may be null.
    real = [value for value in distinct if value != {"type": "null"}]
    words = next((value["description"] for value in real if "description" in value), "")
    if len(real) > 1 and all("enum" in value for value in real):
        enum = list(dict.fromkeys(word for value in real for word in value["enum"]))
        return {"description": words, "enum": enum}
    flat = [one for value in distinct for one in value.get("anyOf", [value])]
    named = unions.get(frozenset(one["$ref"] for one in flat if "$ref" in one))
    if named is not None and all("$ref" in one or one == {"type": "null"} for one in flat):
        null = [{"type": "null"}] if {"type": "null"} in flat else []
        flat = [{"$ref": f"#/components/schemas/{named}"}, *null]
    return {"description": words, "anyOf": flat}


class Document:
    """The OpenAPI document, with references followed."""

    def __init__(self, document: Json) -> None:
        given: dict[str, Json] = document["components"]["schemas"]
        unions = {
            frozenset(one["$ref"] for one in schema["anyOf"]): name
            for name, schema in given.items()
            if all("$ref" in one for one in schema.get("anyOf", [{}]))
        }
        merged = {name: merged_object(schema, unions) for name, schema in given.items()}
        self.schemas = dict(sorted({**merged, **ADDED_SCHEMAS}.items()))
        self.document = {**document, "components": {**document["components"], "schemas": self.schemas}}
        self.sent = self._sent()

    def follow(self, value: Json) -> Json:
        """What a `$ref` refers to, or the value itself."""
        reference = value.get("$ref")
        if reference is None:
            return value
        found: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return self.follow(found)

    def operations(self) -> list[tuple[str, str, Json]]:
        """Method, path and description of each operation, in the order of their names."""
        found = [
            (method.upper(), path, operation)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            if method in {"get", "put", "post", "patch", "delete"}
        ]
        return sorted(found, key=lambda operation: str(operation[2]["operationId"]))

    def body(self, operation: Json) -> Json | None:
        """The schema of the JSON body, if there is one."""
        if "requestBody" not in operation:
            return None
        content = self.follow(operation["requestBody"])["content"]
        schema: Json | None = content.get("application/json", {}).get("schema")
        return schema

    def _sent(self) -> set[str]:
        """Schemas that are part of some body: what is read-only there may be any mapping."""
        sent: set[str] = set()

        def walk(value: Any) -> None:
            if isinstance(value, list):
                for item in value:
                    walk(item)
            elif isinstance(value, dict):
                reference = value.get("$ref")
                if isinstance(reference, str):
                    name = reference.rsplit("/", 1)[-1]
                    if name in self.schemas and name not in sent:
                        sent.add(name)
                        walk(self.schemas[name])
                for item in value.values():
                    walk(item)

        for _, _, operation in self.operations():
            body = self.body(operation)
            if body is not None:
                walk(body)
        for name in ADDED_ITEMS.values():
            sent.add(name)
        return sent
