"""Operators see what waits, give log objects up, make hours final, rebuild. No stack is asked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app
from bedrock_meter.cli.stack import Stack
from bedrock_meter.compose import valuing
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.ingest import IngestStores
from tests.builders import NINE, a_key, a_log_object, an_evidence
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")
KEY = a_key("one")
CALL = 1_500_000 * 10**9


class _Stores:
    """The stores of a stack, in memory."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.replay_queue = world.queue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world, name)

    def of(self, _needed: type[IngestStores]) -> IngestStores:
        return self._world.ingest_stores()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A meter in memory with a published hour, and a log object that nobody can meter."""
    world = World()
    world.ingest("first", an_evidence(time="08:30:00"), log_object=a_log_object("first", "08"))
    world.run("09:20")
    world.logs.objects[KEY] = b"damaged"
    world.run("10:20")
    monkeypatch.setattr(Stack, "stores", _Stores(world))
    monkeypatch.setattr(valuing, "closing_valuation", lambda _stores, _now: world.valuation)
    monkeypatch.setattr(Stack, "output", lambda _stack, _name: "logs")
    monkeypatch.setattr(Stack, "parameter", lambda _stack, _name: "")
    return world


@pytest.fixture
def said(world: World) -> Callable[..., Any]:
    """`said("objects", "waiting")`: what a command says."""
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--stack-name", "none"])


def test_what_waits_is_named_with_what_it_holds(said: Callable[..., Any]) -> None:
    result = said("objects", "waiting")

    assert result.exit_code == 0, result.stderr
    announced = "announced 2026-11-21 10:20Z"
    assert result.stdout == f"s3://logs/{KEY}: {announced}, holds data up to\n"
    assert "1 log objects wait; data up to stops at 2026-11-21T08" in result.stderr


def test_what_waits_is_told_as_json_too(said: Callable[..., Any]) -> None:
    told = json.loads(said("objects", "waiting", "--json").stdout)

    assert told == {
        "bucket": "logs",
        "key": KEY,
        "announced": "2026-11-21T10:20:00Z",
        "holds": True,
    }


def test_an_object_that_is_given_up_is_listed_with_the_reason_and_holds_nothing(
    world: World, said: Callable[..., Any]
) -> None:
    result = said("objects", "set-aside", KEY, "--reason", "its bytes are damaged")

    assert result.exit_code == 0, result.stderr
    assert said("objects", "waiting").stdout == ""
    listed = said("objects", "not-metered")
    assert listed.stdout == f"s3://logs/{KEY}: its bytes are damaged\n"
    world.run("11:20")
    assert world.hours.progress().data_up_to == Hour("2026-11-21T11")


def test_what_waiting_prints_can_be_given_up(world: World, said: Callable[..., Any]) -> None:
    printed = said("objects", "waiting").stdout.split(": ")[0]

    result = said("objects", "set-aside", printed, "--reason", "deleted")

    assert (result.exit_code, printed) == (0, f"s3://logs/{KEY}"), result.stderr
    assert result.stdout == f"{KEY} is set aside; the next hourly run moves `data up to` on\n"
    assert world.waits.waiting() == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((f"s3://other/{KEY}", "--reason", "x"), "does not wait to be metered"),
        ((f"s3://logs/{KEY}", "--bucket", "other", "--reason", "x"), "--bucket: 'other' is not"),
        ((KEY, "--reason", "  "), "--reason is empty: write why"),
        (("AWSLogs/other.json.gz", "--reason", "x"), "does not wait to be metered"),
    ],
)
def test_what_cannot_be_given_up_is_refused_in_one_line(
    said: Callable[..., Any], arguments: tuple[str, ...], why: str
) -> None:
    result = said("objects", "set-aside", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_hours_are_made_final_only_when_told_twice(world: World, said: Callable[..., Any]) -> None:
    asked = said("seal", "--before", "2026-11-21T08")
    assert "add --apply" in asked.stdout
    assert world.hours.progress().sealed is None

    done = said("seal", "--before", "2026-11-21T08", "--apply")
    assert done.stdout.startswith("hours before 2026-11-21T08 take no more calls")
    world.plan("11:20")
    world.plan("2026-12-21T11:20")
    assert world.hours.progress().is_sealed(Hour("2026-11-21T07"))
    again = said("seal", "--before", "2026-11-21T08", "--apply")
    assert again.stdout == "hours before 2026-11-21T08 are final already, or about to be\n"


def test_an_hour_that_is_not_published_cannot_be_made_final(said: Callable[..., Any]) -> None:
    result = said("seal", "--before", TEN, "--apply")

    assert result.exit_code == 2
    assert "not closed yet; totals are published up to 2026-11-21T09" in result.stderr


def test_hours_that_wait_for_a_close_cannot_be_made_final(
    world: World, said: Callable[..., Any]
) -> None:
    world.hours.ask(Hour("2026-11-20T05"))

    result = said("seal", "--before", "2026-11-21T08", "--apply")

    assert result.exit_code == 2
    assert "1 of these hours wait for a close, the first 2026-11-20T05" in result.stderr


def given_up(world: World, said: Callable[..., Any]) -> None:
    """Nothing waits any more; hours are published up to 11."""
    assert said("objects", "set-aside", KEY, "--reason", "damaged").exit_code == 0
    world.run("11:20")


def test_hours_that_waiting_log_objects_may_touch_cannot_be_made_final(
    world: World, said: Callable[..., Any]
) -> None:
    world.run("11:20")
    given_up(world, said)
    late = a_key("late", "09")
    world.logs.objects[late] = b"delivered"  # late, and nobody was told
    world.run("12:20")

    result = said("seal", "--before", TEN, "--apply")

    assert (result.exit_code, world.hours.progress().sealed) == (2, None)
    assert result.stderr == (
        "bedrock-meter: log objects wait to be metered that may touch hours from 2026-11-21T08 on; "
        "`objects waiting` names them\n"
    )
    assert said("seal", "--before", "2026-11-21T08", "--apply").exit_code == 0


def test_an_hour_whose_evidence_is_gone_for_good_can_be_made_final_as_it_is(
    world: World, said: Callable[..., Any]
) -> None:
    given_up(world, said)
    eight = Hour("2026-11-21T08")
    world.evidence.kept.clear()
    world.hours.ask(eight)  # by a new price, say; no close of it will ever succeed
    world.run("12:20")

    refused = said("seal", "--before", NINE, "--apply")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)
    assert f"the first {eight}; where evidence is lost, --as-published" in refused.stderr

    result = said("seal", "--before", NINE, "--as-published", "--apply")
    assert "take no more calls" in result.stdout, result.stderr
    assert world.hours.progress().sealing == NINE
    assert world.plan("12:25").waiting == 0
    assert world.closed("acme", eight) == CALL


def test_an_hour_that_was_never_closed_is_not_made_final_as_it_is(
    world: World, said: Callable[..., Any]
) -> None:
    world.hours.ask(Hour("2026-11-20T05"))

    result = said("seal", "--before", "2026-11-21T08", "--as-published", "--apply")

    assert (result.exit_code, world.hours.progress().sealed) == (2, None)
    assert "1 of these hours were never closed, the first 2026-11-20T05" in result.stderr


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_prefix_that_leads_to_final_hours_only_is_refused(
    world: World, said: Callable[..., Any], depth: int
) -> None:
    world.hours.seal(Hour("2026-11-22T00"))
    prefix = KEY.rsplit("/", depth)[0]  # an object, its hour, its day

    result = said("replay", "--prefix", prefix)

    assert (result.exit_code, world.queue.announced[1:]) == (2, [])
    assert result.stderr.startswith(
        "bedrock-meter: --prefix: all of it is final, delivered in 2026"
    )
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("folder", ["", "2026/11/", "2026/11/21/09/"])
def test_a_prefix_that_leads_to_final_hours_among_others_says_what_stays(
    world: World, said: Callable[..., Any], folder: str
) -> None:
    world.hours.seal(NINE)

    result = said("replay", "--prefix", KEY.split("2026/", 1)[0] + folder)

    assert result.exit_code == 0, result.stderr
    assert "log objects metered into them stay as they are\n" in result.stderr
    assert KEY in [one.key for one in world.queue.announced[1:]]


def test_a_prefix_of_open_hours_says_nothing_of_final_ones(
    world: World, said: Callable[..., Any]
) -> None:
    world.hours.seal(Hour("2026-11-21T08"))

    assert "final" not in said("replay", "--prefix", KEY).stderr


def rebuilt(said: Callable[..., Any], *options: str) -> Any:
    return said("rebuild", "--from", "2026-11-21", "--to", "2026-11-21", *options)


def test_rebuild_tells_in_one_line_which_hours_lost_evidence_and_ends_with_one(
    world: World, said: Callable[..., Any]
) -> None:
    world.evidence.kept.clear()

    result = rebuilt(said)

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert result.stderr.startswith(
        "bedrock-meter: 1 hours lost evidence they were closed from, the first 2026-11-21T08"
    )


def test_a_rebuild_of_days_without_totals_says_that_nothing_was_compared(
    world: World, said: Callable[..., Any]
) -> None:
    result = said("rebuild", "--from", "2025-11-21", "--to", "2025-11-21")

    assert result.stdout == "0 differences in 0 totals\n"
    assert result.stderr == (
        "bedrock-meter: nothing was compared: these days have no closed totals; "
        "check --from and --to\n"
    )
    assert "nothing was compared" not in rebuilt(said).stderr


def test_a_repair_writes_lost_totals_of_final_hours_back_and_says_so(
    world: World, said: Callable[..., Any]
) -> None:
    world.hours.seal(NINE)
    for lost in (world.usage.hours, world.usage.days, world.usage.months):
        lost.clear()

    result = rebuilt(said, "--repair")

    assert result.exit_code == 1
    assert "1 final hours were written back as they were published" in result.stderr
    assert "2 days and months were summed up anew" in result.stderr
    assert "closed again" not in result.stderr
    assert rebuilt(said).exit_code == 0


@pytest.mark.parametrize("command", ["replay", "reprice"])
def test_a_range_that_reaches_into_final_hours_is_refused_in_one_line(
    world: World, said: Callable[..., Any], command: str
) -> None:
    world.hours.seal(NINE)

    result = said(command, "--from", "2026-11-21", "--to", "2026-11-21")

    assert (result.exit_code, world.queue.announced[1:]) == (2, [])
    assert result.stderr.endswith(
        "--from: hours before 2026-11-21T09 are final; begin at 2026-11-21T09 or later\n"
    )
