"""Sends cases that are right to things that are there: made-up ids alone find only 404."""

import collections
import json
import os
import random

import schemathesis

with open(os.environ["BRANCHLINE_THINGS"]) as file:
    FLOWS = json.load(file)

# Of every ten right cases, this many keep the ids that were made up.
STRANGERS_OF_TEN = 2


def exact(value):
    """The same with numbers that have 30 digits at most: no schema can say so."""
    if isinstance(value, float) and (abs(value) > 1e15 or value != round(value, 9)):
        return 1.5
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
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
    if not is_right(case) or context.operation is None:
        return
    # No schema can say which cursor a list gave, or that `page` does not go with it.
    if case.query:
        case.query.pop("cursor", None)
    case.body = exact(case.body)
    parameters = case.path_parameters
    # Those of a later step name what an earlier one made.
    if not parameters or (case.meta is not None and case.meta.phase.name.value == "stateful"):
        return
    dice = next_dice(context.operation.label)
    if dice.randrange(10) < STRANGERS_OF_TEN:
        return
    flow = dice.choice(FLOWS)
    for name, plural in [("node", "nodes"), ("edge", "edges"), ("lead", "leads"), ("import", "imports"),
                         ("call", "calls")]:
        if name in parameters:
            fitting = [flow for flow in FLOWS if flow[plural]]
            if not fitting:
                continue
            flow = dice.choice(fitting)
            parameters[name] = dice.choice(flow[plural])
    if "workflow" in parameters:
        parameters["workflow"] = flow["workflow"]
