"""The hourly run as a document: its grammar, its expressions, what it does about failure."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonata
import pytest

from engine import template

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = ROOT / "statemachines" / "hourly_rollup.asl.json"
MACHINE: dict[str, Any] = json.loads(SOURCE.read_text())
SERVICE_ERRORS = {"Lambda.ServiceException", "Lambda.TooManyRequestsException"}


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def expressions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from expressions(each)
    elif isinstance(value, list):
        for each in value:
            yield from expressions(each)
    elif isinstance(value, str) and "{%" in value:
        yield value


def inner(expression: str) -> str:
    return expression.removeprefix("{%").removesuffix("%}").strip()


STATES = dict(states(MACHINE))
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
INVOKING = {name: task for name, task in TASKS.items() if "lambda" in task["Resource"]}


def evaluate(expression: str, states: Any, **variables: Any) -> Any:
    compiled = jsonata.Jsonata(inner(expression))
    compiled.assign("states", states)
    for name, value in variables.items():
        compiled.assign(name, value)
    return json.loads(json.dumps(compiled.evaluate(None)))


def test_the_machine_is_valid_asl() -> None:
    checker = HERE / "node_modules" / ".bin" / "asl-validator"
    assert checker.exists(), "the checker is not installed: make setup"

    answer = subprocess.run(
        [checker, "--json-path", SOURCE], capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_checker_finds_a_state_that_leads_nowhere(tmp_path: Path) -> None:
    broken = json.loads(SOURCE.read_text())
    broken["States"]["Plan hours"]["Next"] = "Nowhere"
    (tmp_path / "broken.json").write_text(json.dumps(broken))

    answer = subprocess.run(
        [HERE / "node_modules" / ".bin" / "asl-validator", "--json-path", tmp_path / "broken.json"],
        capture_output=True,
        check=False,
    )

    assert answer.returncode != 0


def test_every_expression_parses() -> None:
    found = list(expressions(MACHINE))

    assert len(found) > 20
    for expression in found:
        assert re.fullmatch(r"\{%.*%\}", expression, re.S), expression
        jsonata.Jsonata(inner(expression))


def test_the_machine_keeps_to_what_runs_the_same_everywhere() -> None:
    assert MACHINE["QueryLanguage"] == "JSONata"
    for name, state in STATES.items():
        assert state["Type"] in {"Task", "Map", "Choice", "Pass", "Fail"}, name
        assert "QueryLanguage" not in state, name
        if state["Type"] == "Map":
            assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}, name
    assert MACHINE["States"]["Done"]["Type"] == "Pass"


def test_the_template_fills_in_every_name_the_machine_leaves_open() -> None:
    document = template.read(ROOT / "template.yaml")
    machine = document["Resources"]["HourlyRollup"]["Properties"]
    open_names = set(re.findall(r"\$\{(\w+)\}", SOURCE.read_text()))

    assert set(machine["DefinitionSubstitutions"]) == open_names
    assert ROOT / machine["DefinitionUri"] == SOURCE


def test_a_state_a_function_and_an_arn_have_one_name() -> None:
    for name, task in INVOKING.items():
        function = re.fullmatch(r"\$\{(\w+)Arn\}", task["Arguments"]["FunctionName"])
        assert function
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", function[1]).capitalize()
        assert name in {words, "Assess bucket"}


def test_the_machine_may_invoke_what_it_invokes() -> None:
    document = template.read(ROOT / "template.yaml")
    machine = document["Resources"]["HourlyRollup"]["Properties"]
    (policy,) = machine["Policies"]
    allowed = {resource["Fn::GetAtt"][0] for resource in policy["Statement"][0]["Resource"]}

    assert {f"${{{name}Arn}}" for name in allowed} == {
        task["Arguments"]["FunctionName"] for task in INVOKING.values()
    }


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_ends_in_time_and_is_tried_again_with_patience(name: str) -> None:
    task = TASKS[name]

    assert task["TimeoutSeconds"] > 0
    assert task["Retry"]
    for retry in task["Retry"]:
        assert "States.ALL" not in retry["ErrorEquals"]  # our own defects are not tried again
        assert retry["BackoffRate"] >= 2
        assert retry["JitterStrategy"] == "FULL"
        assert retry["MaxDelaySeconds"] <= 60
        assert 1 < retry["MaxAttempts"] <= 6


@pytest.mark.parametrize("name", sorted(INVOKING))
def test_a_task_waits_longer_than_its_function_runs(name: str) -> None:
    document = template.read(ROOT / "template.yaml")
    function = INVOKING[name]["Arguments"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
    properties = document["Resources"][function]["Properties"]
    timeout = properties.get("Timeout", document["Globals"]["Function"]["Timeout"])

    assert INVOKING[name]["TimeoutSeconds"] > timeout


@pytest.mark.parametrize("name", sorted(INVOKING))
def test_services_that_stumble_are_asked_again(name: str) -> None:
    named = {error for retry in INVOKING[name]["Retry"] for error in retry["ErrorEquals"]}

    assert named > SERVICE_ERRORS
    assert "Contended" in named


@pytest.mark.parametrize("name", sorted(TASKS))
def test_no_failure_ends_the_run_before_its_end(name: str) -> None:
    (caught,) = TASKS[name]["Catch"]

    assert caught["ErrorEquals"] == ["States.ALL"]


def test_whatever_failed_is_told_before_the_run_is_called_a_failure() -> None:
    last = MACHINE["States"]["Did anything fail?"]

    assert last["Choices"][0]["Next"] == "Tell the operator"
    assert MACHINE["States"]["Tell the operator"]["Next"] == "Work was left undone"
    assert MACHINE["States"]["Work was left undone"]["Type"] == "Fail"


CLOSED = {"day": "2026-11-21", "published": 1, "left": 0, "failed": []}
HALF = {
    "day": "2026-11-20",
    "published": 0,
    "left": 1,
    "failed": ["2026-11-20T01", "2026-11-20T02"],
}


@pytest.mark.parametrize(
    ("results", "closed", "steps"),
    [
        ([], [], []),
        ([{"day": "2026-11-21", "closed": CLOSED}], [CLOSED], []),
        ([{"day": "2026-11-20", "error": "Boom"}], [], ["Close day 2026-11-20"]),
        ([{"day": "2026-11-20", "closed": HALF}], [HALF], ["Close day 2026-11-20"]),
        (
            [
                {"day": "2026-11-19", "error": "Boom"},
                {"day": "2026-11-20", "closed": HALF},
                {"day": "2026-11-21", "closed": CLOSED},
            ],
            [HALF, CLOSED],
            ["Close day 2026-11-19", "Close day 2026-11-20"],
        ),
    ],
)
def test_days_are_sorted_into_closed_and_failed_however_many_there_are(
    results: Any, closed: Any, steps: Any
) -> None:
    after = MACHINE["States"]["Close days"]["Assign"]

    assert evaluate(after["closed"], {"result": results}) == closed
    failures = evaluate(after["failures"], {"result": results})
    assert [failure["step"] for failure in failures] == steps


@pytest.mark.parametrize("days", [[], [{"day": "d", "hours": ["h"]}], [{"day": "d"}, {"day": "e"}]])
def test_a_plan_of_any_length_stays_a_list(days: Any) -> None:
    plan = {"Payload": {"days": days, "more": False}}
    after = MACHINE["States"]["Plan hours"]["Assign"]

    assert evaluate(after["days"], {"result": plan}) == days


@pytest.mark.parametrize(
    ("closed", "more", "again"),
    [
        ([], True, False),
        ([CLOSED], False, False),
        ([CLOSED], True, True),
        ([CLOSED, HALF], False, True),
        ([HALF], True, False),
        ([HALF], False, False),
    ],
)
def test_the_machine_starts_again_when_hours_were_published_and_others_are_due(
    closed: Any, more: bool, again: bool
) -> None:
    (choice,) = MACHINE["States"]["Are more hours due?"]["Choices"]

    assert evaluate(choice["Condition"], {}, closed=closed, more=more) is again


def test_a_worker_that_ran_out_of_time_is_not_tried_again() -> None:
    retried = {error for retry in TASKS["Close day"]["Retry"] for error in retry["ErrorEquals"]}

    assert not {"States.Timeout", "Sandbox.Timedout"} & retried


def test_failures_add_up() -> None:
    earlier = [{"step": "Close day 2026-11-20", "error": "Boom"}]
    after = MACHINE["States"]["Assess tenants"]["Assign"]["failures"]
    results = [{"bucket": 0}, {"bucket": 1, "error": "Bang"}]

    found = evaluate(after, {"result": results}, failures=earlier)

    assert [failure["step"] for failure in found] == ["Close day 2026-11-20", "Assess bucket 1"]
    assert evaluate(after, {"result": [{"bucket": 0}]}, failures=[]) == []


def test_the_message_names_every_step() -> None:
    message = MACHINE["States"]["Tell the operator"]["Arguments"]["Message"]
    failures = [{"step": "Close day 2026-11-20", "error": "Boom"}, {"step": "x", "error": "y"}]

    text = evaluate(message, {"context": {"Execution": {"Id": "arn:e"}}}, failures=failures)

    assert "arn:e" in text
    assert "\n- Close day 2026-11-20: Boom\n- x: y\n" in text


def test_every_bucket_is_assessed_once() -> None:
    assessing = MACHINE["States"]["Assess tenants"]

    assert assessing["Items"] == list(range(assessing["ItemSelector"]["of"]))
