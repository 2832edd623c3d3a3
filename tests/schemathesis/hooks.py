"""Sends cases that are right to things that are there: made-up ids alone find only 404."""

import collections
import json
import os
import random
import re

import schemathesis
from schemathesis import GenerationMode

with open(os.environ["BRANCHLINE_THINGS"]) as file:
    THINGS = json.load(file)

# Of every ten right cases, this many keep the ids that were made up, or name another organisation's.
STRANGERS_OF_TEN = 1
THEIRS_OF_TEN = 2


def ids_in(value):
    """Every id below a value."""
    if isinstance(value, str):
        return {value}
    parts = value.values() if isinstance(value, dict) else value
    return {text for part in parts for text in ids_in(part)}


# Calls too, and nothing that both have.
THEIRS = ids_in(THINGS["theirs"]) - ids_in(THINGS["mine"])


@schemathesis.check
def nothing_of_others(context, response, case):
    """What another organisation has is neither told nor touched."""
    if case.operation.path.startswith("/v1/admin/"):
        return
    named = {str(value) for value in (case.path_parameters or {}).values()} & THEIRS
    told = {text for text in THEIRS if text in response.text} - set(response.request.url.split("/"))
    asked = response.request.url + str(response.request.body)
    told = {text for text in told if text not in asked}
    assert not told, f"answered with {sorted(told)}"
    assert not (named and response.status_code < 400), f"{sorted(named)} is another organisation's"


def exact(value):
    """The same with numbers of at most 30 digits and a zone that there is: no schema can say so."""
    if isinstance(value, float) and (abs(value) > 1e15 or value != round(value, 9)):
        return 1.5
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        zones = {"default_timezone": "Asia/Kolkata"} if "default_timezone" in value else {}
        return {name: exact(item) for name, item in value.items()} | zones
    return value


asked = collections.Counter()


def next_dice(label):
    """Chance that is the same in every run: by how often an operation was asked."""
    asked[label] += 1
    return random.Random(f"{label} {asked[label]}")


def is_right(case):
    """Whether nothing of the case is meant to be refused."""
    return case.meta is None or case.meta.generation.mode.is_positive


@schemathesis.hook
def before_load_schema(context, raw_schema):
    # Lists of more than ten thousand items are more than the generator can make.
    schemas = raw_schema["components"]["schemas"]
    del schemas["CallReports"]["properties"]["items"]["maxItems"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if context.operation is None:
        return
    extra = [name for name in case.headers or {} if name.endswith("-unknown-property")]
    if extra and not is_right(case):
        # Every server takes headers that it does not know.
        for name in extra:
            del case.headers[name]
        case.meta.generation.mode = GenerationMode.POSITIVE
    # The key that all of this is asked with stays.
    if (case.path_parameters or {}).get("key") == THINGS["key"]:
        case.path_parameters["key"] = "key_00000000-0000-0000-0000-000000000999"
    headers = case.headers or {}
    # A journal that does not have it yet answers 503, and never will have it.
    if re.fullmatch("[0-9]{1,12}", str(headers.get("Branchline-At-Least", ""))):
        headers["Branchline-At-Least"] = "0"
    if not is_right(case):
        return
    # Generated as any HTTP server takes it, whatever the document says.
    if not re.fullmatch('"[0-9]{1,9}"', str(headers.get("If-Match", '"1"'))):
        headers["If-Match"] = '"1"'
    # One key for all would be one request for all; now and then it is.
    dice = next_dice(context.operation.label)
    if "Idempotency-Key" in headers and dice.randrange(5):
        headers["Idempotency-Key"] = f"key-{dice.randrange(10**9)}"
    # No schema can say which cursor a list gave, or that `page` does not go with it.
    if case.query:
        case.query.pop("cursor", None)
    case.body = exact(case.body)
    parameters = case.path_parameters
    # Those of a later step name what an earlier one made.
    if not parameters or (case.meta is not None and case.meta.phase.name.value == "stateful"):
        return
    fate = dice.randrange(10)
    if fate < STRANGERS_OF_TEN:
        return
    flows = THINGS["theirs" if fate < STRANGERS_OF_TEN + THEIRS_OF_TEN else "mine"]
    flow = dice.choice(flows)
    for name, plural in [("node", "nodes"), ("edge", "edges"), ("lead", "leads"), ("import", "imports"),
                         ("call", "calls")]:
        if name in parameters:
            fitting = [flow for flow in flows if flow[plural]]
            if not fitting:
                continue
            flow = dice.choice(fitting)
            parameters[name] = dice.choice(flow[plural])
    if case.query and "move_to" in case.query:
        case.query["move_to"] = dice.choice(flow["nodes"])
    if "workflow" in parameters:
        parameters["workflow"] = flow["workflow"]
