"""The tour of the README, as it stands there, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from conftest import ENVIRONMENT, Server

README = Path(__file__).resolve().parent.parent / "README.md"


def test_the_tour_does_what_it_says(server: Server) -> None:
    tour = README.read_text(encoding="utf-8").partition("## Five minutes")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", tour, re.DOTALL)
    assert len(blocks) == 4
    script = "\n".join(blocks).replace("http://127.0.0.1:8080", server.url)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines.count("completed ['Intro', 'Won']") == 2
    assert "1 workflow.created" in lines
    assert lines[-1].startswith("404 workflow_not_found")
