"""The real server, as a process of its own, on a port and a directory that are the test's alone."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from branchline import Client, ConnectionFailed, Retry, models

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("BRANCHLINE_BIN") or ROOT / "target" / "debug" / "branchline")
PATIENCE_S = 60

# Settings of whoever runs the tests are not the tests'.
SURROUNDINGS = {name: value for name, value in os.environ.items() if not name.startswith("BRANCHLINE_")}
# For programs that use the package, whether it is installed or not.
ENVIRONMENT = {**SURROUNDINGS, "PYTHONPATH": str(ROOT / "clients" / "python" / "src")}

# Tests meet failures on purpose; none needs to wait long for the next attempt.
QUICK = Retry(attempts=8, first_delay_s=0.01, max_delay_s=0.2, max_elapsed_s=30)


class Server:
    """`branchline serve` over one data directory; may be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.data_dir = directory / "data"
        self.log = directory / "server.log"
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}

    def start(self) -> None:
        """Starts it, on the port it had before, and waits until it is ready."""
        listen = self.url.removeprefix("http://") or "127.0.0.1:0"
        (self.data_dir / "admin-url").unlink(missing_ok=True)
        arguments = [str(BINARY), "serve", "--data-dir", str(self.data_dir), "--listen", listen]
        environment = {**SURROUNDINGS, "RUST_BACKTRACE": "0", **self.environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            file = self.data_dir / "admin-url"
            if file.exists() and (url := file.read_text().strip()):
                self.url = url
                try:
                    with Client.of_data_dir(self.data_dir) as client:
                        if client.get_readiness()["ready"]:
                            return
                except (ConnectionFailed, FileNotFoundError):
                    pass
            time.sleep(0.02)
        raise AssertionError(f"the server is not ready: {self.log.read_text()}")

    def kill(self) -> None:
        """As a power cut would: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As a service manager would: SIGTERM."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=PATIENCE_S)
            self.process = None


@pytest.fixture(scope="session", autouse=True)
def _binary() -> None:
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: cargo build -p branchline", returncode=2)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of a module, which do not get into each other's way."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of one test."""
    own = Server(tmp_path)
    own.start()
    yield own
    own.kill()


@pytest.fixture
def client(shared: Server) -> Iterator[Client]:
    """A client of the module's server."""
    with Client(shared.url, retry=QUICK) as client:
        yield client


GRAPH: dict[str, Any] = {
    "nodes": [
        {
            "id": "call",
            "node_type": "VOICE_CALL",
            "label": "Intro",
            "entry": True,
            "config": {"from_phone_number": "+12025550100"},
        },
        {"id": "won", "node_type": "CONVERTED", "label": "Won"},
        {"id": "lost", "node_type": "DROPPED", "label": "Lost"},
    ],
    "edges": [
        {"from_node_id": "call", "to_node_id": "won", "label": "COMPLETED"},
        {"from_node_id": "call", "to_node_id": "lost"},
    ],
}


def campaign(client: Client, numbers: list[str], *, title: str = "Spring") -> tuple[str, list[str]]:
    """An active workflow of one call, and its leads."""
    workflow = client.create_workflow(title=title, settings={"default_country": "US"})
    client.put_graph(workflow["id"], revision=0, **GRAPH)
    enrolled = client.enrol_leads(workflow["id"], leads=[{"phone_number": number} for number in numbers])
    assert "lead_ids" in enrolled
    client.activate_workflow(workflow["id"])
    return workflow["id"], enrolled["lead_ids"]


def number(index: int) -> str:
    """A number that nobody has: the exchange 555."""
    return f"+1212555{index:04d}"


def eventually(what: Callable[[], bool]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def claim(client: Client, count: int) -> list[models.ClaimedCall]:
    """Takes so many calls, as soon as they are wanted."""
    claimed: list[models.ClaimedCall] = []

    def enough() -> bool:
        wanted = count - len(claimed)
        claimed.extend(client.claim_calls(max=wanted, lease_s=600)["calls"])
        return len(claimed) == count

    eventually(enough)
    return claimed


def everything(client: Client) -> list[models.Event]:
    """All that was recorded, by list."""
    found: list[models.Event] = []
    cursor: str | None = None
    while True:
        listing = client.list_events(after=cursor, limit=1000)
        found += listing["data"]
        cursor = listing["meta"]["next_cursor"]
        if not listing["meta"]["more"]:
            return found
