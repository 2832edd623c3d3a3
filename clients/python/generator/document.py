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


class Document:
    """The OpenAPI document, with references followed."""

    def __init__(self, document: Json) -> None:
        self.document = document
        schemas: dict[str, Json] = document["components"]["schemas"]
        self.schemas = dict(sorted({**schemas, **ADDED_SCHEMAS}.items()))
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
