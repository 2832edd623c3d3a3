"""The methods and types are those of the document, and what the server answers is of these types."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import GRAPH, ROOT, Server, campaign, claim, number
from generate import generated
from generator.document import COMMON_HEADERS, IGNORED_FIELDS, Document
from generator.words import safe, snake
from shapes import faults, hints

from branchline import Client, Problem, models

HERE = Path(__file__).resolve().parent.parent
DOCUMENT: dict[str, Any] = json.loads(
    (ROOT / "crates" / "http-api" / "openapi.json").read_text(encoding="utf-8")
)


def operations() -> list[dict[str, Any]]:
    return [
        operation
        for item in DOCUMENT["paths"].values()
        for method, operation in item.items()
        if method in {"get", "put", "post", "patch", "delete"}
    ]


def test_the_files_are_what_the_document_says() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_changed_document_is_noticed() -> None:
    changed = json.loads(json.dumps(DOCUMENT))
    changed["components"]["schemas"]["Lead"]["properties"]["mood"] = {"type": "string"}
    files = generated(changed)
    written = {path: path.read_text(encoding="utf-8") for path in files}
    assert files != written


def test_every_operation_has_a_method() -> None:
    names = [snake(operation["operationId"]) for operation in operations()]
    assert len(names) > 40
    missing = [name for name in names if not callable(getattr(Client, name, None))]
    assert missing == []


def test_every_parameter_and_field_can_be_given() -> None:
    document = Document(DOCUMENT)
    missing = []
    for operation in operations():
        name = snake(operation["operationId"])
        taken = inspect.signature(getattr(Client, name)).parameters
        wanted = [
            parameter["name"]
            for parameter in map(document.follow, operation.get("parameters", []))
            if parameter["name"] not in COMMON_HEADERS
        ]
        body = document.body(operation)
        if body is not None:
            schema = document.follow(body)
            of = body.get("$ref", "").rsplit("/", 1)[-1]
            wanted += [field for field in schema["properties"] if (of, field) not in IGNORED_FIELDS]
        missing += [f"{name}: {one}" for one in wanted if safe(one) not in taken]
    assert missing == []


def test_every_schema_has_a_type_with_every_field() -> None:
    missing = []
    for name, schema in Document(DOCUMENT).schemas.items():
        kind = getattr(models, name, None)
        if kind is None:
            missing.append(name)
            continue
        if "properties" in schema:
            known = hints(kind)
            missing += [f"{name}.{field}" for field in schema["properties"] if field not in known]
    assert sorted(missing) == sorted(f"{name}.{field}" for name, field in IGNORED_FIELDS)


# Answers of the real server.


def story(client: Client) -> dict[str, tuple[Any, Any]]:
    """One answer of each kind, by what asked for it, with its type."""
    workflow, leads = campaign(client, [number(index) for index in range(4)], title="Types")
    claimed = claim(client, 2)
    first, second = (call["call_id"] for call in claimed)
    done = client.report_call(first, status="completed", attributes={"mood": "good", "score": 4})
    client.report_call(second, status="cancelled")
    held = second.removeprefix("call_").rpartition("_")[0]
    dry = client.act_on_leads(
        workflow, action="resolve", dry_run=True, filter={"held": True}, output="DNP"
    )
    problem: dict[str, Any] = {}
    try:
        client.create_workflow(title="")
    except Problem as found:
        problem = dict(found.document)
    lead = f"lead_{held}"
    return {
        "workflow": (client.get_workflow(workflow), models.Workflow),
        "workflows": (client.list_workflows(), models.WorkflowPage),
        "graph": (client.get_graph(workflow), models.Graph),
        "nodes": (client.list_nodes(workflow), models.NodePage),
        "edges": (client.list_edges(workflow), models.EdgePage),
        "validation": (client.validate_graph(workflow), models.GraphReport),
        "counts": (client.count_leads(workflow), models.Counts),
        "leads": (client.list_leads(workflow, held="any"), models.LeadPage),
        "lead": (client.get_lead(workflow, leads[0]), models.Lead),
        "history": (client.get_lead_history(workflow, lead), models.History),
        "explain": (client.explain_lead(workflow, lead), models.Explanation),
        "imports": (client.list_imports(workflow), models.ImportPage),
        "keys": (client.list_variable_keys(workflow), models.VariableKeys),
        "claimed": ({"calls": claimed}, models.ClaimedCalls),
        "reported": (done, models.ReportedCall),
        "calls": (client.list_calls(workflow=workflow), models.CallLogPage),
        "reports": (
            client.report_calls(items=[{"call_id": first, "status": "busy"}]),
            models.CallReportAnswers,
        ),
        "person": (client.list_leads_of_person(phone_number=number(0)), models.LeadPage),
        "events": (client.list_events(limit=1000), models.EventList),
        "dry run": (dry, models.LeadActionForecast),
        "batch": (
            client.act_on_leads(
                workflow, action="resolve", dry_run=False, filter={"held": True}, output="DNP"
            ),
            models.LeadActionBatch,
        ),
        "health": (client.get_health(), models.Health),
        "readiness": (client.get_readiness(), models.Readiness),
        "problem": (problem, models.Problem),
    }


def test_the_server_answers_what_the_types_say(client: Client) -> None:
    wrong = {
        name: found for name, (value, kind) in story(client).items() if (found := faults(value, kind))
    }
    assert wrong == {}


def test_a_wrong_answer_would_be_noticed(client: Client) -> None:
    workflow = client.create_workflow(title="Noticed")
    assert faults(workflow, models.Workflow) == []
    assert faults({**workflow, "status": "asleep"}, models.Workflow) != []
    assert faults({**workflow, "mood": 1}, models.Workflow) != []
    assert faults({name: workflow[name] for name in ("id", "title")}, models.Workflow) != []


def test_the_operator_is_answered_what_the_types_say(shared: Server, client: Client) -> None:
    workflow, leads = campaign(client, [number(77)], title="Operator")
    client.remove_lead(workflow, leads[0])
    with Client.of_data_dir(shared.data_dir) as operator:
        answers = [
            (operator.get_head(), models.JournalHead),
            (operator.get_dossier(leads[0]), models.Dossier),
            (client.get_lead_dossier(leads[0]), models.Dossier),
            (operator.prove_consistency(old=1), models.ConsistencyProof),
            (operator.erase_lead(leads[0]), models.Erasure),
        ]
        assert [found for value, kind in answers for found in faults(value, kind)] == []


def test_a_graph_that_was_got_may_be_sent_back(client: Client) -> None:
    workflow = client.create_workflow(title="Back")["id"]
    put = client.put_graph(workflow, revision=0, **GRAPH)
    again = client.put_graph(workflow, revision=put["revision"], nodes=put["nodes"], edges=put["edges"])
    assert again["revision"] == put["revision"]
