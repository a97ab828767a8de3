"""`bedrock-meter flags` on a deployed stack: listed, explained, overridden, cleared, switched."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app
from bedrock_meter_client import TenantThrottled
from bedrock_meter_client.gate import TenantGate
from bedrock_meter_client.reader import FlagReader
from engine.demo import policy
from engine.demo.deployment import Deployment
from engine.waiting import until
from tests.builders import a_record
from tests.e2e.meter import PATIENCE, Meter, a_key

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(420)]

POLICY = Path(__file__).parent / "flags_tenants.yaml"
TENANT = "flagged/one"
WHY = ("--reason", "launch day")


class Operator:
    """Runs commands on a stack with a tenant that ran away just now."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        policy.apply(Deployment(meter.engine, meter.stack), POLICY)
        now = datetime.now(UTC)
        meter.put(
            a_key(f"{now:%H}", f"{now:%M:%S}", f"{now:%Y-%m-%d}"),
            a_record(
                timestamp=f"{now:%Y-%m-%dT%H:%M:%SZ}",
                output={"outputTokenCount": 300_000},
                requestMetadata={"tenantId": TENANT},
            ),
        )
        assert until(self.flag, seconds=PATIENCE), "no flag was raised"

    def __call__(self, *arguments: str) -> Any:
        told = ["flags", *arguments, "--stack-name", self.meter.stack.name]
        return CliRunner().invoke(app, told)

    def flag(self) -> dict[str, Any]:
        return self.meter.item("Flags", tenant=TENANT)

    def is_held_back(self) -> bool:
        """Return whether an application that reads the table anew would be refused."""
        table = self.meter.output("FlagsTableName")
        try:
            reader = FlagReader(self.meter.client("dynamodb"), table, read_seconds=PATIENCE)
            TenantGate(reader).check(TENANT)
        except TenantThrottled:
            return True
        return False


@pytest.fixture(scope="module")
def operator(engine: Any, stack: Any) -> Iterator[Operator]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine.environment().items():
            patch.setenv(name, value)
        yield Operator(Meter(engine, stack))


def test_who_is_not_green_is_listed_with_what_the_flag_does_and_why(operator: Operator) -> None:
    listed = operator("list")

    assert listed.exit_code == 0, listed.stderr
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith(f"{TENANT}: ")]
    assert line.startswith(f"{TENANT}: red since ")
    assert "; block (observe) until " in line
    assert line.endswith("; 1.50 USD in 5 minutes; red from 1.00 USD in 5 minutes")
    documents = [json.loads(one) for one in operator("list", "--json").stdout.splitlines()]
    assert TENANT in [document["tenant"] for document in documents]


def test_a_flag_is_explained_step_by_step_with_its_history(operator: Operator) -> None:
    shown = operator("show", TENANT)

    assert shown.exit_code == 0, shown.stderr
    told = shown.stdout
    assert "falls to orange 60 minutes after the cost of 5 minutes is below 0.9000 USD" in told
    steps = told.split("  flag: ")[1:]
    assert [step.split(" until ")[0] for step in steps] == ["block", "slow", "notice"]
    assert "  green to red  by assess: " in told
    assert json.loads(operator("show", TENANT, "--json").stdout)["level"] == "red"


def test_an_override_counts_until_it_is_cleared_and_both_are_in_the_history(
    operator: Operator,
) -> None:
    before = operator.flag()["version"]

    done = operator("override", TENANT, "--action", "block", "--for", "2h", *WHY)

    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(f"{TENANT}: block until ")
    flag = operator.flag()
    assert (flag["source"], flag["mode"], flag["then"]["source"]) == (
        "override",
        "enforce",
        "assess",
    )
    assert flag["version"] > before
    assert operator.is_held_back()
    assert "; override, block (enforce) until " in operator("list").stdout

    cleared = operator("clear", TENANT, "--reason", "launch is over")

    assert cleared.stdout == f"{TENANT}: the automatic flag counts again (block)\n", cleared.stderr
    assert (operator.flag()["source"], operator.is_held_back()) == ("assess", False)
    told = operator("show", TENANT).stdout
    assert ": launch day" in told
    assert ": launch is over" in told


def test_an_override_may_slow_down_and_withdraw_models(operator: Operator) -> None:
    asked = ("--action", "slow", "--requests-per-minute", "6", "--deny", "anthropic.*opus*")

    done = operator("override", TENANT, *asked, "--for", "30m", *WHY)

    assert done.exit_code == 0, done.stderr
    flag = operator.flag()
    assert flag["limits"] == {"requests_per_minute": 6}
    assert flag["models"] == {"deny": ["anthropic.*opus*"]}
    operator("clear", TENANT, *WHY)


def test_the_switch_stops_all_automatic_throttling_and_says_so(operator: Operator) -> None:
    off = operator("switch", "off", "--reason", "false alarms")

    assert off.stdout.startswith("automatic throttling is off; flags written again: "), off.stderr
    assert "automatic throttling is off since " in operator("list").stderr
    assert operator("switch", "on", *WHY).exit_code == 0
    assert operator("list").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("override", TENANT, "--action", "stop", "--for", "2h", *WHY),
            "write none, slow or block",
        ),
        (("override", TENANT, "--action", "none", *WHY), "either --for 2h or --until"),
        (("override", TENANT, "--action", "none", "--for", "2 hours", *WHY), "write 30m, 2h"),
        (("override", TENANT, "--action", "none", "--for", "60d", *WHY), "within 31 days"),
        (("override", TENANT, "--action", "none", "--until", "noon", *WHY), "not a time with"),
        (("override", TENANT, "--action", "none", "--until", "2020-01-01T00:00Z", *WHY), "future"),
        (("override", TENANT, "--action", "slow", "--for", "2h", *WHY), "--action slow needs"),
        (("override", TENANT, "--action", "block", "--for", "2h", "--deny", "x", *WHY), "--deny"),
        (("override", TENANT, "--action", "none", "--for", "2h", "--reason", " "), "is empty"),
        (("clear", "nobody", *WHY), "'nobody' has no override"),
        (("switch", "of", *WHY), "write on or off"),
    ],
)
def test_bad_input_is_one_clear_line_and_changes_nothing(
    operator: Operator, arguments: tuple[str, ...], said: str
) -> None:
    before = operator.flag()

    result = operator(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert operator.flag() == before


def test_a_tenant_that_was_never_assessed_is_shown_as_that(operator: Operator) -> None:
    assert operator("show", "nobody").stdout == "nobody: never assessed\n"


def test_a_stack_that_does_not_exist_is_named(operator: Operator) -> None:
    result = CliRunner().invoke(app, ["flags", "list", "--stack-name", "elsewhere"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "stack 'elsewhere' cannot be read" in result.stderr
