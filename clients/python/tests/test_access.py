"""Keys: who may do what, and that two organisations do not see each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest
from conftest import GRAPH, QUICK, Server, campaign, claim, eventually, number

from branchline import Call, Client, Forbidden, NotFound, Unauthorized, Worker, models

SCOPES: list[models.Scope] = ["read", "operate", "resolve", "ingest", "admin", "audit"]


class Tenants:
    """A server with two organisations, each with a key for everything."""

    def __init__(self, server: Server) -> None:
        self.url = server.url
        self.operator = Client.of_data_dir(server.data_dir)
        self.ours = self.client(self.operator.create_organisation(name="Ours", scopes=SCOPES))
        self.theirs = self.client(self.operator.create_organisation(name="Theirs", scopes=SCOPES))

    def client(self, made: models.MadeApiKey) -> Client:
        return Client(self.url, made["credentials"], retry=QUICK)

    def with_scope(self, *scopes: models.Scope) -> Client:
        return self.client(self.ours.create_api_key(name="Narrow", scopes=scopes))


@pytest.fixture(scope="module")
def tenants(shared: Server) -> Iterator[Tenants]:
    made = Tenants(shared)
    yield made
    for client in (made.operator, made.ours, made.theirs):
        client.close()


def test_a_key_opens_one_organisation(tenants: Tenants) -> None:
    workflow, (lead,) = campaign(tenants.ours, [number(800)], title="Ours")
    (call,) = claim(tenants.ours, 1)
    theirs = tenants.theirs
    for ask in (
        lambda: theirs.get_workflow(workflow),
        lambda: theirs.get_lead(workflow, lead),
        lambda: theirs.get_call(call["call_id"]),
        lambda: theirs.report_call(call["call_id"], status="completed"),
        lambda: theirs.pause_workflow(workflow),
        lambda: theirs.export_leads(workflow).read(),
    ):
        with pytest.raises(NotFound):
            ask()
    assert list(theirs.iter_workflows()) == []
    assert list(theirs.iter_leads_of_person(phone_number=number(800))) == []
    assert theirs.claim_calls(max=10, lease_s=60)["calls"] == []
    assert tenants.ours.get_call(call["call_id"])["status"] == "created"
    assert tenants.ours.report_call(call["call_id"], status="completed")["accepted"]


def test_events_tell_of_ones_own_only(tenants: Tenants) -> None:
    tenants.ours.create_workflow(title="Not for them")
    made = tenants.theirs.create_workflow(title="For them")["id"]
    with tenants.theirs.events() as events:
        for event in events:
            if event["workflow_id"] is not None:
                assert event["workflow_id"] == made
            if event["type"] == "workflow.created":
                break


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_implies_no_other(tenants: Tenants, scope: models.Scope) -> None:
    workflow, (lead,) = campaign(tenants.ours, [number(801)], title=f"Scope {scope}")
    asked: dict[models.Scope, Callable[[Client], object]] = {
        "read": lambda client: client.get_lead(workflow, lead),
        "operate": lambda client: client.edit_workflow(workflow, title="Changed"),
        "resolve": lambda client: client.act_on_leads(
            workflow, action="resolve", dry_run=True, filter={"held": True}, output="DNP"
        ),
        "ingest": lambda client: client.report_calls(items=[]),
        "admin": lambda client: client.create_api_key(name="Another", scopes=["read"]),
        "audit": lambda client: client.list_refused_actions(),
    }
    with tenants.with_scope(scope) as client:
        for wanted, ask in asked.items():
            if wanted == scope:
                ask(client)
                continue
            with pytest.raises(Forbidden) as refused:
                ask(client)
            assert refused.value.code == "scope_missing"
            assert wanted in refused.value.detail


@pytest.mark.parametrize("key", [None, "", "nonsense", "key_00000000-0000-7000-8000-000000000000:secret"])
def test_a_wrong_key_is_told_nothing(tenants: Tenants, key: str | None) -> None:
    with Client(tenants.url, key, retry=QUICK) as stranger:
        with pytest.raises(Unauthorized) as refused:
            stranger.list_workflows()
        assert refused.value.code == "unauthorized"
        with stranger.events() as events, pytest.raises(Unauthorized):
            next(events)
        with pytest.raises(Unauthorized):
            Worker(stranger, lambda call: None).run()


def test_a_rotated_key_and_its_successor_both_open(tenants: Tenants) -> None:
    made = tenants.ours.create_api_key(name="Rotated", scopes=["read"])
    with tenants.client(made) as old:
        old.list_workflows()
        successor = tenants.ours.rotate_api_key(made["key"]["id"], overlap_s=3600)
        with tenants.client(successor) as new:
            assert new.list_workflows()["meta"] == old.list_workflows()["meta"]
            tenants.ours.revoke_api_key(made["key"]["id"])
            with pytest.raises(Unauthorized):
                old.list_workflows()
            new.list_workflows()


def test_a_key_expires(tenants: Tenants) -> None:
    soon = datetime.now(timezone.utc) + timedelta(seconds=2)
    made = tenants.ours.create_api_key(name="Brief", scopes=["read"], expires_at=soon)
    with tenants.client(made) as client:

        def expired() -> bool:
            try:
                client.list_workflows()
            except Unauthorized:
                return datetime.now(timezone.utc) >= soon - timedelta(seconds=1)
            time.sleep(0.05)
            return False

        eventually(expired)


def test_a_worker_needs_one_scope(tenants: Tenants) -> None:
    workflow, _ = campaign(tenants.ours, [number(802), number(803)], title="Worker")
    dialled: list[str] = []

    def dial(call: Call) -> str:
        dialled.append(call.to)
        return "completed"

    with tenants.with_scope("ingest") as client:
        worker = Worker(client, dial, idle_s=0.02)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            eventually(lambda: tenants.ours.count_leads(workflow)["by_status"]["completed"] == 2)
        finally:
            worker.stop()
            thread.join(60)
    assert {number(802), number(803)} <= set(dialled)


def test_who_did_it_is_recorded(tenants: Tenants) -> None:
    made = tenants.ours.create_api_key(name="Author", scopes=["operate"])
    with tenants.client(made) as author:
        workflow = author.create_workflow(title="Signed")["id"]
        author.put_graph(workflow, revision=0, **GRAPH)
    with tenants.ours.events() as events:
        event = next(one for one in events if one["workflow_id"] == workflow)
    assert event["principal"] == f"key:{made['key']['id']}"
