"""Writes `models.py` and `operations.py` from the OpenAPI document of the server.

    python generate.py            # after crates/http-api/openapi.json has changed
    python generate.py --check    # whether the two files are what the document says

Needs nothing but Python. Every operation becomes a method, named by its operationId; every schema
a type. What the document cannot say is in tables in generator/document.py, each with its reason; an
operation that no rule fits is an error, not a method that is missing.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path

from generator.document import Document, Json
from generator.models import Models
from generator.operations import Operations

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "crates" / "http-api" / "openapi.json"
PACKAGE = HERE / "src" / "branchline"


def generated(document: Json) -> dict[Path, str]:
    """The files that this document makes, formatted."""
    read = Document(document)
    operations = Operations(read).text()
    if "quoted(" in operations:
        operations = operations.replace(" each, path_of", " each, path_of, quoted")
    return {PACKAGE / "models.py": Models(read).text(), PACKAGE / "operations.py": operations}


def main() -> int:
    """Writes the files, or says where they differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on a difference")
    arguments = parser.parse_args()
    differ = False
    for path, text in generated(json.loads(DOCUMENT.read_text(encoding="utf-8"))).items():
        now = path.read_text(encoding="utf-8") if path.exists() else ""
        if now == text:
            continue
        differ = True
        if arguments.check:
            lines = difflib.unified_diff(
                now.splitlines(), text.splitlines(), str(path), "by generate.py", lineterm="", n=1
            )
            sys.stderr.write("\n".join(list(lines)[:60]) + "\n")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(HERE)}")
    if arguments.check and differ:
        sys.stderr.write("run: python clients/python/generate.py\n")
    return int(arguments.check and differ)


if __name__ == "__main__":
    sys.exit(main())
