"""A campaign while everything fails: lost answers, a server that is killed again and again, two workers.
Nobody is dialled twice, every report arrives, and the events tell all of it."""

from __future__ import annotations

import random
import threading
from collections import Counter

from between import Fault, Handler, Proxy, Seen, answer_lost, answered, never_sent, passed, proxy_of
from conftest import Server, campaign, eventually, everything, number

from branchline import Call, Client, Outcome, Retry, Worker
from branchline.models import Event

LEADS = 120
PATIENT = Retry(attempts=200, first_delay_s=0.01, max_delay_s=0.2, max_elapsed_s=60)


def test_a_campaign_while_everything_fails(server: Server) -> None:
    drawn = random.Random(7)
    faults: list[Fault] = [
        never_sent,
        answer_lost,
        answered(503, b'{"code":"busy"}', Retry_After="0"),
    ]

    def sometimes(handler: Handler, proxy: Proxy, seen: Seen) -> None:
        fault = drawn.choice(faults) if drawn.random() < 0.2 else passed
        fault(handler, proxy, seen)

    dialled: Counter[str] = Counter()
    lock = threading.Lock()

    def dial(call: Call) -> Outcome:
        with lock:
            dialled[call.to] += 1
        return Outcome("completed" if int(call.to[-1]) % 2 else "busy")

    with proxy_of(server.url) as proxy, Client(proxy.url, retry=PATIENT) as client:
        workflow, _ = campaign(client, [number(index) for index in range(LEADS)])
        proxy.always = sometimes
        told: list[Event] = []
        events = Client(server.url).events()
        workers = [Worker(client, dial, at_once=4, idle_s=0.01, lease_s=2) for _ in range(2)]
        threads = [threading.Thread(target=worker.run) for worker in workers]
        threads.append(threading.Thread(target=lambda: told.extend(events)))
        for thread in threads:
            thread.start()

        def ended() -> int:
            counts = client.count_leads(workflow)["by_status"]
            held = client.list_leads(workflow, held="any")["meta"]["total"]
            return counts["completed"] + counts["dropped"] + held

        for part in (0.25, 0.5, 0.75):
            eventually(lambda part=part: ended() >= part * LEADS)  # type: ignore[misc]
            server.kill()
            server.start()
        eventually(lambda: ended() == LEADS)
        for worker in workers:
            worker.stop()
        for thread in threads[:2]:
            thread.join(60)
        whole = everything(client)
        eventually(lambda: len(told) >= len(whole))
        events.close()
        threads[2].join(60)
        held = client.list_leads(workflow, held="any")["data"]

    assert max(dialled.values()) == 1
    # What a kill left in the air was handed out and never dialled by a worker that did not hear of it.
    assert len(dialled) + len(held) >= LEADS
    assert {lead["hold"] for lead in held} <= {"dial_outcome_unknown"}
    assert told[: len(whole)] == whole
    kinds = Counter(event["type"] for event in told if event["workflow_id"] == workflow)
    assert kinds["lead.call_concluded"] == len(dialled)
    assert kinds["lead.completed"] + kinds["lead.dropped"] == len(dialled)
