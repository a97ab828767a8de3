"""What `audit` says of what it found: lines, remarks, JSON, exit codes. No stack is asked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli import audit as command
from bedrock_meter.cli.main import app
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.audit import (
    ALL_TENANTS,
    NOT_IN_CLOSING,
    Audit,
    CannotAudit,
    ObjectDifference,
    TenantDifference,
)
from bedrock_meter.domain.totals.total import ModelUse, Total
from tests.builders import HAIKU, NINE

DOLLAR = 10**18
EQUAL = Audit(hour=NINE, found=2, read=2, size=800, calls=41, compared=3, apart=0)
WRONG = TenantDifference(
    "acme",
    Total(requests=1, cost=7 * DOLLAR, models={HAIKU: ModelUse(1, 10, 7 * DOLLAR)}),
    Total(requests=1, cost=DOLLAR, models={HAIKU: ModelUse(1, 10, DOLLAR)}),
)
NOBODYS = TenantDifference(None, Total(requests=3), Total(requests=2))
BLAMED = ObjectDifference("logs/one", 2, 1, 1, NOT_IN_CLOSING)

Answer = Callable[[Hour], Audit]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`said(found, …)`: what the command says when an hour is found to be so."""

    def run(found: Audit | Answer, *arguments: str) -> Any:
        answer = found if callable(found) else lambda hour: found._replace(hour=hour)
        monkeypatch.setattr(command, "_audit_of", lambda _stack, _whole: answer)
        return CliRunner().invoke(app, ["audit", *arguments, "--stack-name", "none"])

    return run


def refuse(hour: Hour) -> Audit:
    raise CannotAudit(f"{hour} is not published yet")


def test_an_hour_that_is_right_takes_one_line(said: Callable[..., Any]) -> None:
    result = said(EQUAL, NINE)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"{NINE}: no differences in 3 tenants; 41 calls of 2 log objects read again\n"
    )


def test_every_number_that_differs_is_told_with_both_values(said: Callable[..., Any]) -> None:
    result = said(EQUAL._replace(tenants=(NOBODYS, WRONG), objects=(BLAMED,)), NINE)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{NINE} (unattributed): requests published 3, by the log 2",
        f"{NINE} 'acme': cost_usd published 7, by the log 1",
        f"{NINE} 'acme': models.{HAIKU}.cost_usd published 7, by the log 1",
        f"{NINE} logs/one: not in the closing; 2 records, 1 in its evidence, 1 differ",
        f"{NINE}: 2 differences in 3 tenants; 41 calls of 2 log objects read again",
    ]


def test_a_sample_says_that_it_is_one(said: Callable[..., Any]) -> None:
    result = said(EQUAL._replace(found=900, compared=2, apart=None, objects=(BLAMED,)), NINE)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == (
        f"{NINE}: 1 difference in 2 log objects, a sample of 900; "
        "41 calls of 2 log objects read again"
    )


def test_what_is_no_difference_is_remarked_upon(said: Callable[..., Any]) -> None:
    found = EQUAL._replace(
        outstanding=("a", "b"), aside=("c",), changed=("d",), older=2, apart=4, left_out=5
    )

    result = said(found, NINE)

    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 1)
    assert result.stderr.splitlines() == [
        f"bedrock-meter: {NINE}: 2 log objects wait to be metered",
        f"bedrock-meter: {NINE}: 1 log objects were given up by an operator and are not metered",
        f"bedrock-meter: {NINE}: 1 log objects hold other bytes than were metered",
        f"bedrock-meter: {NINE}: 2 log objects were metered by an older release",
        f"bedrock-meter: {NINE}: 4 requests are also in another hour, too far away to be the same "
        "call",
        f"bedrock-meter: {NINE}: 5 totals or log objects were left out for lack of time",
    ]


def test_where_a_tenant_was_erased_the_sums_are_named_so(said: Callable[..., Any]) -> None:
    sums = TenantDifference(ALL_TENANTS, Total(requests=3), Total(requests=2))

    result = said(EQUAL._replace(only_sums=True, tenants=(sums,)), NINE)

    first, last = result.stdout.splitlines()
    assert first == f"{NINE} (all tenants): requests published 3, by the log 2"
    assert "1 difference in the sums of all 3 tenants" in last
    assert "a tenant was erased" in result.stderr


def test_an_hour_that_cannot_be_compared_is_one_clear_line(said: Callable[..., Any]) -> None:
    result = said(refuse, NINE)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"bedrock-meter: {NINE} is not published yet\n"


def test_json_is_one_object_an_hour(said: Callable[..., Any]) -> None:
    result = said(EQUAL._replace(tenants=(WRONG,)), NINE, "--json")

    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["hour"], document["differences"], document["calls"]) == (NINE, 1, 41)
    assert document["tenants"][0]["figures"][0] == {
        "figure": "cost_usd",
        "published": "7",
        "recomputed": "1",
    }


def test_a_day_is_told_hour_by_hour_and_at_the_end(said: Callable[..., Any]) -> None:
    result = said(EQUAL, "--day", "2026-11-21")

    lines = result.stdout.splitlines()
    assert (result.exit_code, len(lines)) == (0, 25)
    assert lines[9].startswith(f"{NINE}: no differences")
    assert lines[-1] == "0 differences in 24 hours of 2026-11-21"


@pytest.mark.parametrize(("tenants", "code"), [((), 2), ((WRONG,), 1)])
def test_hours_of_a_day_that_cannot_be_compared_are_named(
    said: Callable[..., Any], tenants: Any, code: int
) -> None:
    def answer(hour: Hour) -> Audit:
        return refuse(hour) if hour > NINE else EQUAL._replace(hour=hour, tenants=tenants)

    result = said(answer, "--day", "2026-11-21")

    assert result.exit_code == code
    assert result.stderr.count("is not published yet") == 14
    assert result.stdout.splitlines()[-1].endswith("in 10 hours of 2026-11-21")


def test_json_of_a_day_is_nothing_but_objects(said: Callable[..., Any]) -> None:
    result = said(EQUAL, "--day", "2026-11-21", "--json")

    assert [json.loads(line)["differences"] for line in result.stdout.splitlines()] == [0] * 24


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ([], "name the hour to audit, such as 2026-11-21T05, or --day"),
        ([NINE, "--day", "2026-11-21"], "name the hour to audit, such as 2026-11-21T05, or --day"),
        (["yesterday"], "HOUR: 'yesterday' is not an hour"),
        (["2026-11-21"], "HOUR: '2026-11-21' is not an hour such as 2026-11-21T05"),
        (["--day", NINE], f"--day: '{NINE}' is not a day such as 2026-11-21"),
        (["--day", "2026-11"], "--day: '2026-11' is not a day such as 2026-11-21"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    said: Callable[..., Any], arguments: list[str], what: str
) -> None:
    result = said(EQUAL, *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert what in result.stderr
    assert len(result.stderr.splitlines()) == 1
