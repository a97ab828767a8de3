"""Every permission is needed: with one statement taken away, its function is refused.

The engine evaluates policies at every request, so that a statement is taken out of the role of a
running stack and put back.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from engine import template
from engine.deploy import HandlerFailed
from engine.server import ROOT
from tests.e2e.meter import Meter, deployed
from tests.e2e.scenarios import SCENARIOS, Setup

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

NOT_FOR_A_MISSING_OBJECT = "the engine answers 404 for a missing object, with or without ListBucket"
NOT_FOR_A_TOPIC = "a topic's default policy lets everybody of its account publish"
NO_SERVICE = "the engine has no price list"
NOT_DEPLOYED = "the statement is there only with a parameter that these tests leave empty"
NOT_SHOWN = {
    ("Ingest", "LearnThatALogObjectIsGone"): NOT_FOR_A_MISSING_OBJECT,
    ("Ingest", "LearnThatAnObjectIsNotThere"): NOT_FOR_A_MISSING_OBJECT,
    ("Ingest", "DecryptLogObjects"): NOT_DEPLOYED,
    ("FoldSlot", "LearnThatAnObjectIsNotThere"): NOT_FOR_A_MISSING_OBJECT,
    ("AssessTenants", "LearnThatAnObjectIsNotThere"): NOT_FOR_A_MISSING_OBJECT,
    ("FoldSlot", "SendNotices"): NOT_FOR_A_TOPIC,
    ("FoldSlot", "SendNoticesToContacts"): NOT_DEPLOYED,
    ("DeliverNotices", "SendNotices"): NOT_FOR_A_TOPIC,
    ("DeliverNotices", "SendNoticesToContacts"): NOT_DEPLOYED,
    ("SwitchOnLogging", "SwitchOnInvocationLogging"): NOT_DEPLOYED,
    ("SwitchOnLogging", "HaveTheBucketAnnounceItsObjects"): NOT_DEPLOYED,
    ("CheckCompleteness", "LearnThatAnObjectIsNotThere"): NOT_FOR_A_MISSING_OBJECT,
    ("AuditHour", "DecryptLogObjects"): NOT_DEPLOYED,
    ("RefreshPrices", "ReadThePriceList"): NO_SERVICE,
    ("RefreshPrices", "DecideForABook"): NO_SERVICE,
    ("RefreshPrices", "AskForHoursToBeClosedAgain"): NO_SERVICE,
    ("RefreshPrices", "KeepWhatWasFound"): NO_SERVICE,
    ("RefreshPrices", "LearnThatAnObjectIsNotThere"): NO_SERVICE,
}
"""Statements whose lack cannot be seen here, and why; tests/template holds them to their form."""

WITHOUT_A_WORD = {
    ("Ingest", "LookUpApplicationInferenceProfiles"),
    ("CloseDay", "LookUpApplicationInferenceProfiles"),
    ("FoldSlot", "SendNoticesAsEvents"),
    ("DeliverNotices", "SendNoticesAsEvents"),
}
"""A profile that may not be looked up leaves its calls unresolved; a notice that may not be sent is
tried again in an hour. Neither stops anything else."""

REPORTED_IN_ANSWER = {
    ("PlanHours", "ListDeliveredLogObjects"),
    ("PlanHours", "ReadManifests"),
    ("PlanHours", "KeepTheListOfWhatWaits"),
    ("PlanHours", "AnnounceWhatEventsMissed"),
}
"""A refused sweep is reported and stops no close: hours are planned all the same."""


def _statements() -> list[tuple[str, str]]:
    """Function and name of every statement in the template."""
    functions = template.of_type(template.read(ROOT / "template.yaml"), "AWS::Serverless::Function")
    return [
        (function, statement["Sid"])
        for function, resource in functions.items()
        for policy in resource["Properties"].get("Policies", ())
        for statement in map(_chosen, policy["Statement"])
    ]


def _chosen(statement: dict[str, Any]) -> dict[str, Any]:
    return statement["Fn::If"][1] if "Fn::If" in statement else statement


LAMBDA_MAY = {
    "Effect": "Allow",
    "Principal": {"Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
STATEMENTS = _statements()
SHOWN = [pair for pair in STATEMENTS if pair not in NOT_SHOWN]


@pytest.fixture(scope="module")
def setup(engine: Any) -> Setup:
    """A stack whose functions run only when a test invokes them."""
    meter = deployed(engine, "minus-one", edit=_nothing_by_itself, LiveHourSeconds="60")
    return Setup(meter)


def _nothing_by_itself(document: dict[str, Any]) -> None:
    for function in template.of_type(document, "AWS::Serverless::Function").values():
        function["Properties"].pop("Events", None)


@contextmanager
def without(meter: Meter, function: str, sid: str) -> Iterator[dict[str, Any]]:
    """Take a statement out of a function's role for a while; gives the statement."""
    iam, role = meter.client("iam"), meter.stack.resources[f"{function}Role"]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    rest = [statement for statement in whole["Statement"] if statement["Sid"] != sid]
    (taken,) = [statement for statement in whole["Statement"] if statement["Sid"] == sid]

    def put(document: dict[str, Any]) -> None:
        text = json.dumps(document)
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)

    put(whole | {"Statement": rest})
    try:
        yield taken
    finally:
        put(whole)


@pytest.mark.parametrize("function", SCENARIOS)
def test_with_all_its_statements_a_function_does_everything(setup: Setup, function: str) -> None:
    scenario = SCENARIOS[function](setup)

    setup.meter.stack.invoke(function, scenario.event)

    assert scenario.done()


@pytest.mark.parametrize(
    ("function", "sid"), [pair for pair in SHOWN if pair not in WITHOUT_A_WORD | REPORTED_IN_ANSWER]
)
def test_without_one_statement_a_function_is_refused(setup: Setup, function: str, sid: str) -> None:
    scenario = SCENARIOS[function](setup)

    with without(setup.meter, function, sid) as taken, pytest.raises(HandlerFailed) as failed:
        setup.meter.stack.invoke(function, scenario.event)

    actions = [taken["Action"]] if isinstance(taken["Action"], str) else taken["Action"]
    assert any(f"not authorized to perform: {action}" in str(failed.value) for action in actions), (
        str(failed.value)
    )


@pytest.mark.parametrize(("function", "sid"), sorted(REPORTED_IN_ANSWER))
def test_a_plan_without_a_permission_of_its_sweep_says_so(
    setup: Setup, function: str, sid: str
) -> None:
    scenario = SCENARIOS[function](setup)

    with without(setup.meter, function, sid) as taken:
        answer = setup.meter.stack.invoke(function, scenario.event)

    actions = [taken["Action"]] if isinstance(taken["Action"], str) else taken["Action"]
    said = answer["sweep_failed"]
    assert any(f"not authorized to perform: {action}" in said for action in actions), said


@pytest.mark.parametrize(("function", "sid"), sorted(WITHOUT_A_WORD))
def test_what_a_function_goes_on_without_is_not_taken_for_done(
    setup: Setup, function: str, sid: str
) -> None:
    scenario = SCENARIOS[function](setup)

    with without(setup.meter, function, sid):
        setup.meter.stack.invoke(function, scenario.event)

    assert not scenario.done()


@pytest.mark.parametrize("function", ["Ingest", "CloseDay"])
def test_who_reads_logs_writes_nothing_that_people_decided(setup: Setup, function: str) -> None:
    arn = role_arn(setup.meter, function)
    answer = setup.meter.client("sts").assume_role(RoleArn=arn, RoleSessionName="hostile")
    keys = answer["Credentials"]
    table = setup.meter.stack.engine.client(
        "dynamodb",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    name = setup.meter.stack.outputs["TenantsTableName"]

    def put(pk: str) -> str:
        item = {"pk": {"S": pk}, "sk": {"S": "hostile"}}
        try:
            table.put_item(TableName=name, Item=item)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "written"

    assert put("PROFILE#hostile") == "written"
    for decided in ("DECISIONS#policy", "DECISIONS#book", "SWITCH", "T#acme"):
        assert put(decided) == "AccessDeniedException", decided


def role_arn(meter: Meter, function: str) -> str:
    """Return the role of a function, which anybody may take for this."""
    name, iam = meter.stack.resources[f"{function}Role"], meter.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [LAMBDA_MAY, trust]})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    return str(iam.get_role(RoleName=name)["Role"]["Arn"])


def test_the_exceptions_are_statements_of_the_template() -> None:
    assert not (set(NOT_SHOWN) | WITHOUT_A_WORD | REPORTED_IN_ANSWER) - set(STATEMENTS)
