"""`bedrock-meter prices` against a stack: what waits, what is approved, what is laid over."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter import prices
from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions
from bedrock_meter.aws.s3_books import S3Books
from bedrock_meter.cli.main import app
from bedrock_meter.domain.policy.decisions import BOOK
from bedrock_meter.domain.prices.overlay import Overlaid, overlay_text
from bedrock_meter.domain.prices.price_review import Held
from bedrock_meter.ports.prices import Outcome
from tests.price_builders import a_row

pytestmark = pytest.mark.engine

DEAR = a_row("9", model="amazon.nova-lite-v1:0", since="2026-11-01")
GONE = Held("disappeared", "price_list//us-east-1/USE1-NovaLite-input-tokens", "0.00006", None)
WAITING = [
    Held("more_than_50_percent", "amazon.nova-lite-v1:0 input_tokens", "0.06", "9", DEAR),
    GONE,
]
KEYS = {"Tenants": ["pk", "sk"], "Hours": ["pk"]}


def table(keys: list[str]) -> dict[str, Any]:
    kinds = zip(keys, ("HASH", "RANGE"), strict=False)
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": k, "AttributeType": "S"} for k in keys],
            "KeySchema": [{"AttributeName": k, "KeyType": kind} for k, kind in kinds],
        },
    }


TEMPLATE = {
    "Resources": {
        "Data": {"Type": "AWS::S3::Bucket"},
        **{name: table(keys) for name, keys in KEYS.items()},
    },
    "Outputs": {
        "DataBucketName": {"Value": {"Ref": "Data"}},
        "TenantsTableName": {"Value": {"Ref": "Tenants"}},
        "HoursTableName": {"Value": {"Ref": "Hours"}},
    },
}


class OnStack:
    """A small stack of the test's own: the command on it, its shelf, its decisions."""

    def __init__(self, engine: Any, outputs: dict[str, str]) -> None:
        self._engine = engine
        self._outputs = outputs
        self.shelf = S3Books(engine.client("s3"), outputs["DataBucketName"])

    def __call__(self, *arguments: object) -> Any:
        told = ["prices", *map(str, arguments), "--stack-name", "prices-cli"]
        return CliRunner().invoke(app, told)

    def decided(self) -> list[tuple[str, str | None]]:
        import boto3

        resource = boto3.resource("dynamodb", endpoint_url=self._engine.endpoint)
        log = DynamoDbDecisions(resource.Table(self._outputs["TenantsTableName"]))
        return [(decision.id, decision.since) for decision in log.decisions(BOOK)]


@pytest.fixture
def on_stack(engine: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnStack]:
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)
    cloudformation = engine.client("cloudformation")
    cloudformation.create_stack(StackName="prices-cli", TemplateBody=json.dumps(TEMPLATE))
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName="prices-cli", WaiterConfig={"Delay": 1})
    (described,) = cloudformation.describe_stacks(StackName="prices-cli")["Stacks"]
    yield OnStack(engine, {o["OutputKey"]: o["OutputValue"] for o in described["Outputs"]})
    cloudformation.delete_stack(StackName="prices-cli")


def test_before_the_first_comparison_there_is_none_to_show(on_stack: OnStack) -> None:
    result = on_stack("refreshed")

    assert result.exit_code == 2
    assert "has not compared its prices yet" in result.stderr

    outcome = Outcome("2026-11-21T05:45:00Z", "held", "b", 0, 2, 900, (), ())
    on_stack.shelf.put_outcome(outcome)
    assert json.loads(on_stack("refreshed").stdout)["held"] == 2


def test_what_waits_is_numbered_and_approved_by_number(on_stack: OnStack) -> None:
    on_stack.shelf.put_held(WAITING)

    shown = on_stack("held")
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["1", "2"]
    assert "0.06 → 9" in shown.stdout

    approved = on_stack("approve", 1)

    book = prices.layered(Overlaid((DEAR,)))
    assert approved.exit_code == 0, approved.stderr
    assert f"book {book.id} is in force" in approved.stderr
    assert on_stack.decided() == [(book.id, "2026-11-01T00")]
    assert on_stack.shelf.overlay().rows == (DEAR,)
    assert [one.why for one in on_stack.shelf.held()] == ["disappeared"]
    assert on_stack("approve", "--all").exit_code == 0
    assert on_stack.shelf.held() == ()
    assert len(on_stack.decided()) == 1


@pytest.mark.parametrize("arguments", [["approve"], ["approve", "1", "--all"], ["approve", "3"]])
def test_numbers_that_nobody_showed_are_refused(on_stack: OnStack, arguments: list[str]) -> None:
    on_stack.shelf.put_held(WAITING)

    result = on_stack(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "prices held" in result.stderr
    assert on_stack.shelf.held() == tuple(WAITING)


def test_an_overlay_of_ones_own_is_put_in_force(on_stack: OnStack, tmp_path: Any) -> None:
    (tmp_path / "own.json").write_text(overlay_text(Overlaid((DEAR,))))

    result = on_stack("apply", tmp_path / "own.json")

    assert result.exit_code == 0, result.stderr
    ((book_id, since),) = on_stack.decided()
    assert since == "2026-11-01T00"
    assert S3Books(on_stack._engine.client("s3"), on_stack._outputs["DataBucketName"]).book(book_id)
    again = on_stack("apply", tmp_path / "own.json")
    assert again.exit_code == 0
    assert len(on_stack.decided()) == 1


def test_an_overlay_may_hold_from_another_time_on(on_stack: OnStack, tmp_path: Any) -> None:
    (tmp_path / "own.json").write_text(overlay_text(Overlaid((DEAR,))))

    assert on_stack("apply", tmp_path / "own.json", "--since", "soon").exit_code == 2
    on_stack("apply", tmp_path / "own.json", "--since", "2026-11-15T10:30:00Z")

    ((_, since),) = on_stack.decided()
    assert since == "2026-11-15T10" <= f"{datetime.now(UTC):%Y-%m-%dT%H}"
