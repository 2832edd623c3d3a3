"""Writes `operations.py`: a method for each operation."""

from __future__ import annotations

import re

from .document import ADDED_ITEMS, BY_HAND, COMMON_HEADERS, HEADER_WORDS, IGNORED_FIELDS, Document, Json
from .types import Types
from .words import HEADER, docstring, safe, snake


class Parameter:
    """One parameter of a method."""

    def __init__(self, name: str, kind: str, *, required: bool, unset: bool, words: str) -> None:
        self.name = name
        self.kind = kind
        self.required = required
        self.unset = unset
        self.words = words

    def text(self) -> str:
        """As it stands in the signature."""
        name = safe(self.name)
        if self.required:
            return f"{name}: {self.kind}"
        if self.unset:
            return f"{name}: {self.kind} | Unset = UNSET"
        kinds = self.kind.split(" | ")
        kind = self.kind if "None" in kinds or "Any" in kinds else f"{self.kind} | None"
        return f"{name}: {kind} = None"


class Operations:
    """Writes a method for each operation."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.types = Types(document, "models.")

    def text(self) -> str:
        methods = []
        for method, path, operation in self.document.operations():
            if operation["operationId"] in BY_HAND:
                continue
            methods.append(self._method(method, path, operation))
            pages = self._pages(operation)
            if pages:
                methods.append(pages)
        body = "\n".join(methods)
        abstract = ["Iterator"]
        abstract += [name for name in ("Mapping", "Sequence") if f"{name}[" in body]
        typed = [name for name in ("Any", "Literal") if re.search(rf"\b{name}\b", body)]
        imports = [f"from collections.abc import {', '.join(abstract)}"]
        if re.search(r"\bdatetime\b", body):
            imports.append("from datetime import datetime")
        imports.append(f"from typing import {', '.join(typed)}" if typed else "")
        ours = [
            "from . import models",
            "from .asking import UNSET, Asking, Unset, each, path_of",
            "from .downloads import Download",
        ]
        if "Unset" not in body:
            ours[1] = "from .asking import Asking, each, path_of"
        imported = "\n".join(filter(None, imports)) + "\n\n" + "\n".join(ours)
        return (
            f"{HEADER}\n{imported}\n\n\nclass Operations(Asking):\n"
            '    """A method for each operation of the API."""\n\n' + body
        )

    def _parameters(
        self, method: str, operation: Json
    ) -> tuple[list[Parameter], list[Parameter], list[Parameter], list[Parameter]]:
        """Those of the path, the query, headers, and the fields of the body."""
        places: dict[str, list[Parameter]] = {"path": [], "query": [], "header": []}
        for value in map(self.document.follow, operation.get("parameters", [])):
            if value["in"] == "header" and value["name"] in COMMON_HEADERS:
                continue
            kind = self.types.of(value["schema"], value["name"], sent=True)
            if value["name"] == "If-Match":
                kind = "int | str"
            places[value["in"]].append(
                Parameter(
                    value["name"],
                    kind,
                    required=value.get("required", False),
                    unset=False,
                    words=str(HEADER_WORDS.get(value["name"]) or value.get("description") or ""),
                )
            )
        return places["path"], places["query"], places["header"], self._fields(method, operation)

    def _fields(self, method: str, operation: Json) -> list[Parameter]:
        body = self.document.body(operation)
        if body is None:
            return []
        name = body["$ref"].rsplit("/", 1)[-1] if "$ref" in body else operation["operationId"]
        schema = self.document.follow(body)
        fields: list[Parameter] = []
        for field, value in schema.get("properties", {}).items():
            if (name, field) in IGNORED_FIELDS:
                continue
            item = ADDED_ITEMS.get((name, field))
            kind = (
                f"Sequence[models.{item}]"
                if item
                else self.types.of(value, f"{name}{field.capitalize()}", sent=True)
            )
            fields.append(
                Parameter(
                    field,
                    kind,
                    required=field in schema.get("required", []),
                    # Null is a value of an edit, and nothing everywhere else.
                    unset=method == "PATCH",
                    words=value.get("description", ""),
                )
            )
        return fields

    def _answer(self, operation: Json) -> tuple[str, list[int]]:
        """What is answered, and which statuses beyond 2xx are answers too."""
        kinds: list[str] = []
        also: list[int] = []
        for status, response in operation["responses"].items():
            content = self.document.follow(response).get("content", {})
            if status.startswith("2"):
                if not content:
                    kinds.append("None")
                for media, value in content.items():
                    if media == "application/json":
                        kinds.append(self.types.of(value["schema"], operation["operationId"], sent=False))
                    else:
                        kinds.append("Download")
            elif "application/json" in content:
                also.append(int(status))
        kinds = list(dict.fromkeys(kinds))
        if len(kinds) > 1 and "Download" in kinds:
            raise SystemExit(f"{operation['operationId']}: answers JSON and other things; no rule here")
        return " | ".join(kinds), also

    def _method(self, method: str, path: str, operation: Json) -> str:
        name = snake(operation["operationId"])
        in_path, query, headers, fields = self._parameters(method, operation)
        answer, also = self._answer(operation)
        writes = method != "GET"
        named = [*fields, *headers, *query]
        taken = [safe(parameter.name) for parameter in [*in_path, *named]]
        if len(set(taken)) != len(taken):
            raise SystemExit(f"{name}: two parameters have one name: {taken}")
        named = [
            *(one for one in named if one.required),
            *(one for one in named if not one.required),
        ]
        lines = [f"    def {name}(", "        self,"]
        lines += [f"        {parameter.text()}," for parameter in in_path]
        lines.append("        *,")
        lines += [f"        {parameter.text()}," for parameter in named]
        if writes:
            lines.append("        idempotency_key: str | None = None,")
        lines += ["        timeout: float | None = None,", f"    ) -> {answer}:"]
        lines.append(docstring(self._words(method, path, operation, named), "        ").rstrip())
        lines += self._sending(method, path, (in_path, query, headers, fields), answer, also)
        return "\n".join(lines) + "\n"

    @staticmethod
    def _words(method: str, path: str, operation: Json, parameters: list[Parameter]) -> str:
        words = operation.get("summary", "").strip()
        more = operation.get("description", "").strip()
        text = f"{words}\n\n{more}" if more else words
        said = [f"- `{safe(one.name)}`: {' '.join(one.words.split())}" for one in parameters if one.words]
        if said:
            text += "\n\n" + "\n".join(said)
        scopes = [scope for wanted in operation.get("security", []) for scope in wanted.get("apiKey", [])]
        needs = f" with a key of scope {' or '.join(f'`{scope}`' for scope in scopes)}" if scopes else ""
        if any("operatorToken" in wanted for wanted in operation.get("security", [])):
            needs = " with the operator's token"
        return f"{text}\n\n`{method} {path}`{needs}."

    def _sending(
        self,
        method: str,
        path: str,
        parameters: tuple[list[Parameter], list[Parameter], list[Parameter], list[Parameter]],
        answer: str,
        also: list[int],
    ) -> list[str]:
        in_path, query, headers, fields = parameters
        values = "".join(f", {safe(one.name)}" for one in in_path)
        target = f'path_of("{path}"{values})' if in_path else f'"{path}"'
        ask = {"None": "_ask_nothing", "Download": "_ask_download"}.get(answer, "_ask_json")
        opening = {
            "_ask_nothing": "        self._ask_nothing(",
            "_ask_download": "        return self._ask_download(",
            "_ask_json": f"        answer: {answer} = self._ask_json(",
        }[ask]
        lines = [opening, f'            "{method}",', f"            {target},"]
        if query:
            lines += ["            query={"]
            lines += [f'                "{one.name}": {safe(one.name)},' for one in query]
            lines += ["            },"]
        if headers:
            lines += ["            headers={"]
            lines += [f'                "{one.name}": quoted({safe(one.name)}),' for one in headers]
            lines += ["            },"]
        if fields:
            lines += ["            body={"]
            lines += [f'                "{one.name}": {safe(one.name)},' for one in fields]
            lines += ["            },"]
            if method == "PATCH":
                lines += ["            keep_null=True,"]
        if also:
            lines += [f"            also={tuple(also)!r},"]
        if method != "GET":
            lines += ["            idempotency_key=idempotency_key,"]
        lines += ["            timeout=timeout,", "        )"]
        if ask == "_ask_json":
            lines.append("        return answer")
        return lines

    def _pages(self, operation: Json) -> str | None:
        """For a list: every row of it, page after page."""
        name = snake(operation["operationId"])
        in_path, query, _, _ = self._parameters("GET", operation)
        if not any(one.name == "cursor" for one in query) or not name.startswith("list_"):
            return None
        page, _ = self._answer(operation)
        schema = self.document.schemas[page.removeprefix("models.")]
        row = self.types.of(schema["properties"]["data"]["items"], "row", sent=False)
        kept = [one for one in query if one.name not in {"page", "limit", "cursor"}]
        kept.sort(key=lambda one: not one.required)
        lines = [f"    def iter_{name.removeprefix('list_')}(", "        self,"]
        lines += [f"        {one.text()}," for one in in_path]
        lines.append("        *,")
        lines += [f"        {one.text()}," for one in kept]
        lines += [
            "        page_size: int = 100,",
            "        timeout: float | None = None,",
            f"    ) -> Iterator[{row}]:",
            f'        """Every row of `{name}`, page after page, asked for as they are needed."""',
            "",
            f"        def page(cursor: str | None) -> {page}:",
            f"            return self.{name}(",
        ]
        lines += [f"                {safe(one.name)}," for one in in_path]
        lines += [f"                {safe(one.name)}={safe(one.name)}," for one in kept]
        lines += [
            "                limit=page_size,",
            "                cursor=cursor,",
            "                timeout=timeout,",
            "            )",
            "",
            "        return each(page)",
        ]
        return "\n".join(lines) + "\n"
