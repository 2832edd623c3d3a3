"""The worker on the real server: what is dialled, what is reported, what a stop and a crash leave."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from between import Handler, Proxy, Seen, answer_lost, answered, never_sent, passed, proxy_of
from conftest import ENVIRONMENT, Server, campaign, eventually, number

from branchline import Call, Client, DialRefused, Outcome, Problem, Worker
from branchline.worker import Dial

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("branchline.worker._PAUSE_MAX_S", 0.05)


@contextmanager
def running(client: Client, dial: Dial, **options: object) -> Iterator[Worker]:
    """A worker in a thread, stopped at the end."""
    worker = Worker(client, dial, idle_s=0.02, **options)  # type: ignore[arg-type]
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(60)
        assert not thread.is_alive()


def statuses(client: Client, workflow: str) -> dict[str, int]:
    counts = client.count_leads(workflow)["by_status"]
    return {"completed": counts["completed"], "dropped": counts["dropped"], "active": counts["active"]}


def test_every_call_is_dialled_once_and_reported(client: Client) -> None:
    numbers = [number(index) for index in range(600, 630)]
    dialled: list[str] = []
    most, under_way = 0, 0
    lock = threading.Lock()

    def dial(call: Call) -> Outcome | str:
        nonlocal most, under_way
        with lock:
            dialled.append(call.to)
            under_way += 1
            most = max(most, under_way)
        call.dispatched(f"p-{call.to}")
        call.report("connected")
        with lock:
            under_way -= 1
        if int(call.to[-1]) % 2:
            return Outcome("completed", end_reason="user_disconnected", attributes={"mood": "good"})
        return "busy"

    workflow, _ = campaign(client, numbers, title="Worker")
    with running(client, dial, at_once=4):
        eventually(lambda: statuses(client, workflow) == {"completed": 15, "dropped": 15, "active": 0})
    assert sorted(dialled) == numbers
    assert 1 <= most <= 4
    log = next(client.iter_calls(workflow=workflow, status="completed"))
    assert (log["end_reason"], log["attributes"]) == ("user_disconnected", {"mood": "good"})
    assert log["provider_ref"] == f"p-{log['to']}"
    assert [mark["status"] for mark in log["timeline"]][-2:] == ["connected", "completed"]


def test_a_refused_call_was_surely_not_dialled(client: Client) -> None:
    def dial(call: Call) -> None:
        raise DialRefused("no line")

    workflow, (lead,) = campaign(client, [number(640)], title="Refusing")
    with running(client, dial):
        eventually(lambda: client.get_lead(workflow, lead)["hold"] == "dial_refused")
    assert next(client.iter_calls(workflow=workflow))["refusal"] == "no line"


def test_after_a_crash_of_the_dialler_nothing_is_made_up(client: Client) -> None:
    told: list[tuple[str, str]] = []

    def dial(call: Call) -> None:
        raise RuntimeError("the line went dead")

    workflow, (lead,) = campaign(client, [number(641)], title="Crashing")
    with running(
        client, dial, lease_s=1, on_error=lambda call, error: told.append((call.id, str(error)))
    ):
        eventually(lambda: client.get_lead(workflow, lead)["hold"] == "dial_outcome_unknown")
    (log,) = client.iter_calls(workflow=workflow)
    assert told == [(log["id"], "the line went dead")]
    assert log["status"] == "created"


def test_somebody_else_may_report(client: Client) -> None:
    heard = threading.Event()
    calls: list[Call] = []

    def dial(call: Call) -> None:
        call.dispatched("p-77")
        calls.append(call)
        heard.set()

    workflow, _ = campaign(client, [number(642)], title="Webhook")
    with running(client, dial):
        assert heard.wait(60)
    assert statuses(client, workflow)["active"] == 1
    assert client.report_call(calls[0].id, status="completed")["accepted"]


def test_a_stop_waits_for_calls_under_way_and_takes_no_more(client: Client) -> None:
    begun, go = threading.Event(), threading.Event()

    def dial(call: Call) -> str:
        begun.set()
        assert go.wait(60)
        return "completed"

    workflow, _ = campaign(client, [number(643), number(644)], title="Stopping")
    with running(client, dial, at_once=1) as worker:
        assert begun.wait(60)
        worker.stop()
        assert len(worker.in_hand) == 1
        go.set()
    assert statuses(client, workflow) == {"completed": 1, "dropped": 0, "active": 1}
    assert worker.in_hand == []
    # The other one is still there for the next worker.
    assert len(client.claim_calls(max=10, lease_s=600)["calls"]) == 1


def test_a_stop_does_not_wait_for_ever(client: Client) -> None:
    begun, never = threading.Event(), threading.Event()

    def dial(call: Call) -> None:
        begun.set()
        never.wait()

    campaign(client, [number(645)], title="Hanging")
    with running(client, dial, drain_s=0.1) as worker:
        assert begun.wait(60)
    assert len(worker.in_hand) == 1
    never.set()
    eventually(lambda: not worker.in_hand)


def test_lost_answers_and_a_busy_server_lose_nothing(shared: Server, client: Client) -> None:
    dialled: list[str] = []

    def dial(call: Call) -> str:
        dialled.append(call.id)
        return "completed"

    workflow, _ = campaign(client, [number(index) for index in range(650, 656)], title="Flaky")

    def faulty(handler: Handler, proxy: Proxy, seen: Seen) -> None:
        if len(proxy.seen) % 3:
            fault = [answer_lost, never_sent, answered(429, b'{"code":"busy"}', Retry_After="0")]
            return fault[len(proxy.seen) % 3 - 1](handler, proxy, seen)
        return passed(handler, proxy, seen)

    with proxy_of(shared.url) as proxy, Client(proxy.url) as flaky:
        proxy.always = faulty
        with running(flaky, dial, at_once=3):
            eventually(lambda: statuses(client, workflow)["completed"] == 6)
    assert len(dialled) == len(set(dialled)) == 6


def test_a_killed_server_gets_the_report_when_it_is_back(server: Server) -> None:
    begun, go = threading.Event(), threading.Event()

    def dial(call: Call) -> str:
        begun.set()
        assert go.wait(60)
        return "completed"

    with Client(server.url) as client:
        workflow, _ = campaign(client, [number(1)], title="Killed")
        with running(client, dial):
            assert begun.wait(60)
            server.kill()
            go.set()
            server.start()
            eventually(lambda: statuses(client, workflow)["completed"] == 1)


def test_what_would_not_pass_ends_the_worker(shared: Server) -> None:
    with proxy_of(shared.url) as proxy, Client(proxy.url, "key_1:wrong") as client:
        proxy.always = answered(401, b'{"code":"unauthorized"}')
        with pytest.raises(Problem) as refused:
            Worker(client, lambda call: None).run()
    assert refused.value.status == 401


def test_a_claim_is_repeated_under_its_key(shared: Server) -> None:
    with proxy_of(shared.url) as proxy, Client(proxy.url) as client:
        proxy.script.extend([never_sent, answered(503, b"{}", Retry_After="0"), never_sent])
        with running(client, lambda call: None):
            eventually(lambda: len(proxy.seen) >= 5)
    claims = [seen.headers["idempotency-key"] for seen in proxy.seen]
    assert len(set(claims[:4])) == 1
    assert claims[4] != claims[3]


def test_a_signal_ends_the_example_in_good_order(client: Client, shared: Server) -> None:
    workflow, _ = campaign(client, [number(index) for index in range(660, 665)], title="Example")
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLES / "worker.py")],
        env={**ENVIRONMENT, "BRANCHLINE_URL": shared.url},
        stderr=subprocess.PIPE,
        text=True,
    )
    ended = ("completed", "dropped")
    eventually(lambda: sum(statuses(client, workflow)[status] for status in ended) == 5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, talk = process.communicate(timeout=60)
    assert process.returncode == 0, talk
    assert "+1212" not in talk
