"""From a workflow to the history of its leads, and what is refused on the way."""

from __future__ import annotations

import csv
import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import GRAPH, Server, campaign, claim, eventually, number

from branchline import (
    NO_RETRY,
    BadRequest,
    Client,
    Conflict,
    ConnectionFailed,
    KeyReused,
    NotFound,
    Problem,
    StaleRevision,
    TooLarge,
    Unavailable,
    read_time,
)


def test_create_enrol_activate_claim_report_history(client: Client) -> None:
    workflow = client.create_workflow(title="Spring", settings={"default_country": "US"})
    assert workflow["status"] == "draft"
    graph = client.put_graph(workflow["id"], revision=0, **GRAPH)
    assert client.validate_graph(workflow["id"])["valid"]
    enrolled = client.enrol_leads(
        workflow["id"],
        leads=[{"phone_number": "(212) 555-0123", "variables": {"name": "Asha", "age": 41}}],
    )
    assert "lead_ids" in enrolled
    (lead,) = enrolled["lead_ids"]
    assert client.get_lead(workflow["id"], lead)["status"] == "pending"
    assert client.activate_workflow(workflow["id"])["status"] == "active"

    (call,) = claim(client, 1)
    assert (call["to"], call["from"]) == ("+12125550123", "+12025550100")
    assert call["variables"] == {"name": "Asha", "age": 41}
    ended = datetime.now(timezone.utc) - timedelta(seconds=5)
    log = client.report_call(
        call["call_id"], status="completed", occurred_at=ended, attributes={"mood": "good"}
    )
    assert log["accepted"]
    assert log["attributes"] == {"mood": "good"}
    assert log["ended_at"] is not None
    assert read_time(log["ended_at"]) == ended

    history = client.get_lead_history(workflow["id"], lead)
    assert history["lead"]["status"] == "completed"
    nodes = {node["id"]: node["label"] for node in graph["nodes"]}
    assert [nodes[one["to_node"]] for one in history["history"]] == ["Intro", "Won"]
    assert client.count_leads(workflow["id"])["by_status"]["completed"] == 1
    assert client.explain_lead(workflow["id"], lead)["guards"][0]["code"] == "final"


def test_edits_tell_null_from_nothing(client: Client) -> None:
    workflow = client.create_workflow(title="Edits", description="as it was")["id"]
    assert client.edit_workflow(workflow, title="Edited")["description"] == "as it was"
    assert client.edit_workflow(workflow, description=None)["description"] is None
    assert client.get_workflow(workflow)["title"] == "Edited"


def test_nodes_and_edges_one_by_one(client: Client) -> None:
    workflow = client.create_workflow(title="By hand")["id"]
    call = client.create_node(workflow, node_type="VOICE_CALL", label="Call", entry=True)
    won = client.create_node(workflow, node_type="CONVERTED", label="Won")
    edge = client.create_edge(workflow, from_node_id=call["id"], to_node_id=won["id"])
    report = client.validate_graph(workflow)
    assert [fault["code"] for fault in report["faults"]] == ["missing_number"]
    client.edit_node(workflow, call["id"], config={"from_phone_number": "+12025550100"})
    assert client.validate_graph(workflow)["valid"]
    client.delete_edge(workflow, edge["id"])
    assert list(client.iter_edges(workflow)) == []
    client.delete_node(workflow, won["id"])
    assert [node["id"] for node in client.iter_nodes(workflow)] == [call["id"]]
    client.delete_workflow(workflow)
    with pytest.raises(NotFound):
        client.get_workflow(workflow)


def test_lists_are_walked_page_after_page(client: Client) -> None:
    workflow, leads = campaign(client, [number(index) for index in range(100, 125)], title="Pages")
    walked = [lead["id"] for lead in client.iter_leads(workflow, page_size=10)]
    assert sorted(walked) == sorted(leads)
    assert len(set(walked)) == 25
    first = client.list_leads(workflow, limit=10)
    assert first["meta"]["total"] == 25
    assert len(list(client.iter_leads(workflow, status="completed"))) == 0


def test_a_batch_of_actions_goes_through_every_part(client: Client) -> None:
    workflow, leads = campaign(client, [number(index) for index in range(200, 207)], title="Batch")
    results = list(client.act_on_every_lead(workflow, action="remove", filter={"all": True}, part=3))
    assert sorted(one["lead_id"] for one in results) == sorted(leads)
    assert {one["result"] for one in results} == {"done"}
    assert client.count_leads(workflow)["by_status"]["removed"] == 7


def test_what_is_refused_says_why(client: Client) -> None:
    workflow = client.create_workflow(title="Refused")["id"]
    with pytest.raises(NotFound) as missing:
        client.get_workflow("wf_00000000-0000-7000-8000-000000000000")
    assert missing.value.code == "workflow_not_found"
    assert missing.value.request_id
    with pytest.raises(Conflict) as conflict:
        client.pause_workflow(workflow)
    assert (conflict.value.code, conflict.value.current_status) == ("wrong_status", "draft")
    with pytest.raises(BadRequest) as graph:
        client.activate_workflow(workflow)
    assert graph.value.code == "invalid_graph"
    assert [fault["code"] for fault in graph.value.faults] == ["no_entry"]
    assert "no_entry" in str(graph.value)
    with pytest.raises(BadRequest) as field:
        client.edit_workflow(workflow, title="", settings={"call_deadline_s": 1})
    pointers = [fault.get("pointer") for fault in field.value.errors]
    assert "/title" in pointers or "/settings/call_deadline_s" in pointers
    client.put_graph(workflow, revision=0, **GRAPH)
    with pytest.raises(StaleRevision) as stale:
        client.put_graph(workflow, revision=0, nodes=[], edges=[])
    assert stale.value.current_revision == client.get_graph(workflow)["revision"]
    with pytest.raises(BadRequest) as rows:
        client.enrol_leads(workflow, leads=[{"phone_number": "12"}, {"phone_number": number(1)}])
    assert rows.value.faults[0]["rows"] == [1]
    with pytest.raises(TooLarge):
        client.create_workflow(title="x", description="x" * 3_000_000)


def test_a_problem_goes_to_another_process_and_stays_what_it_is(client: Client) -> None:
    with pytest.raises(Problem) as found:
        client.get_workflow("wf_00000000-0000-7000-8000-000000000000")
    again = pickle.loads(pickle.dumps(found.value))
    assert type(again) is NotFound
    assert (again.code, again.detail, again.request_id) == (
        found.value.code,
        found.value.detail,
        found.value.request_id,
    )


def test_one_key_stands_for_one_request(client: Client) -> None:
    first = client.create_workflow(title="Once", idempotency_key="once-1")
    again = client.create_workflow(title="Once", idempotency_key="once-1")
    assert again["id"] == first["id"]
    with pytest.raises(KeyReused):
        client.create_workflow(title="Twice", idempotency_key="once-1")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_would_be_another_path_is_not_sent(client: Client, name: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        client.get_workflow(name)


@pytest.mark.parametrize("name", ["../call-logs", "a/b", "%2e%2e", "x?status=active", "ü", "a b"])
def test_an_odd_id_is_only_not_found(client: Client, name: str) -> None:
    with pytest.raises(NotFound):
        client.get_workflow(name)


def test_a_header_cannot_be_broken_out_of(client: Client) -> None:
    with pytest.raises(ValueError, match="header"):
        client.create_workflow(title="x", idempotency_key="a\r\nAuthorization: Bearer b")
    assert client.get_health()["status"]


def test_many_threads_use_one_client(client: Client) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda at: client.create_workflow(title=f"T{at}")["id"], range(64)))
        seen = list(pool.map(lambda name: client.get_workflow(name)["id"], made))
    assert len(set(made)) == 64
    assert seen == made


def test_any_request_can_be_made_by_hand(client: Client) -> None:
    status, headers, body = client.request("GET", "/v1/workflows", query={"limit": 1})
    assert (status, headers["content-type"]) == (200, "application/json")
    assert b'"data"' in body


def test_the_operator_is_known_by_the_data_directory(shared: Server, tmp_path: Path) -> None:
    with Client.of_data_dir(shared.data_dir) as operator:
        head = operator.get_head()
        with operator.export_journal(format="jsonl") as download:
            length = download.save(tmp_path / "journal.jsonl")
        lines = (tmp_path / "journal.jsonl").read_bytes()
        assert len(lines) == length
        assert lines.count(b"\n") >= head["size"]
        with operator.list_records(after=0, limit=5) as records:
            assert len(list(records.lines())) == 5
    assert list(tmp_path.iterdir()) == [tmp_path / "journal.jsonl"]
    with Client(shared.url, "not-the-token") as stranger, pytest.raises(Problem) as refused:
        stranger.get_head()
    assert refused.value.status == 401


def test_leads_leave_as_csv_and_come_back(client: Client, tmp_path: Path) -> None:
    workflow = client.create_workflow(title="Out", settings={"default_country": "US"})["id"]
    client.enrol_leads(
        workflow,
        leads=[
            {"phone_number": number(at), "variables": {"name": f"=Lead {at}"}, "notes": f"n{at}"}
            for at in range(700, 720)
        ],
    )
    with client.export_leads(workflow) as download:
        rows = list(csv.DictReader(download.lines()))
    # What a spreadsheet would run has an apostrophe in front; a number, with its sign, does not run.
    assert (rows[0]["phone_number"], rows[0]["name"]) == (number(700), "'=Lead 700")
    with client.export_leads(workflow, raw=True) as download:
        download.save(tmp_path / "leads.csv")
    copy = client.create_workflow(title="In", settings={"default_country": "US"})["id"]
    client.enrol_file(copy, tmp_path / "leads.csv")
    back = sorted((str(one["variables"]), one["notes"]) for one in client.iter_leads(copy))
    assert back == sorted((str(one["variables"]), one["notes"]) for one in client.iter_leads(workflow))
    with client.export_calls(workflow=workflow) as download:
        assert download.read().startswith(b"id,")


def test_an_edit_of_an_old_graph_is_refused(client: Client) -> None:
    workflow = client.create_workflow(title="Two editors")["id"]
    put = client.put_graph(workflow, revision=0, **GRAPH)
    with pytest.raises(StaleRevision) as stale:
        client.create_node(workflow, node_type="CONVERTED", label="Late", revision=0)
    assert stale.value.current_revision == put["revision"]
    client.create_node(workflow, node_type="CONVERTED", label="Now", revision=put["revision"])


def test_what_is_unchanged_is_not_sent_again(client: Client) -> None:
    workflow = client.create_workflow(title="Unchanged")["id"]
    path = f"/v1/workflows/{workflow}/graph"
    _, headers, _ = client.request("GET", path)
    status, _, body = client.request("GET", path, headers={"If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")


def test_another_process_sees_at_least_what_this_one_saw(shared: Server, client: Client) -> None:
    before = client.position
    client.create_workflow(title="Seen")
    assert client.position > before
    with Client(shared.url, headers={"Branchline-At-Least": str(client.position)}) as other:
        assert any(one["title"] == "Seen" for one in other.iter_workflows())
    beyond = {"Branchline-At-Least": str(client.position + 1_000_000)}
    with Client(shared.url, headers=beyond, retry=NO_RETRY) as other:
        with pytest.raises(Unavailable) as behind:
            other.list_workflows()
        assert behind.value.code == "reads_behind"


def test_a_client_tells_no_secret_of_its_own() -> None:
    client = Client("http://127.0.0.1:1", "key_1:very-secret")
    assert "very-secret" not in repr(client)
    assert "key_1" in repr(client)
    with pytest.raises(ConnectionFailed) as failed:
        client.with_options(timeout=0.2).request("POST", "/v1/workflows", json_body={})
    assert "very-secret" not in str(failed.value)


def test_readiness_that_is_red_is_an_answer(server: Server) -> None:
    with Client(server.url) as client:
        assert client.get_readiness()["ready"]
    server.stop()
    with Client(server.url).with_options(timeout=1) as client:
        eventually(lambda: _unreachable(client))


def _unreachable(client: Client) -> bool:
    try:
        client.request("POST", "/v1/workflows", json_body={"title": "x"})
    except ConnectionFailed:
        return True
    return False
