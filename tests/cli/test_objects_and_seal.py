"""Operators see what waits, give log objects up, and make hours final. No stack is asked."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli import stores
from bedrock_meter.cli.main import app
from bedrock_meter.cli.stack import Stack
from bedrock_meter.domain.hours import Hour
from tests.builders import NINE, a_key, a_log_object, an_evidence
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")
KEY = a_key("one")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A meter in memory with a published hour, and a log object that nobody can meter."""
    world = World()
    world.ingest("first", an_evidence(time="08:30:00"), log_object=a_log_object("first", "08"))
    world.run("09:20")
    world.logs.objects[KEY] = b"damaged"
    world.run("10:20")
    twins = {
        "waits_of": world.waits,
        "manifests_of": world.manifests,
        "live_of": world.live,
        "hours_of": world.hours,
        "evidence_of": world.evidence,
        "quarantine_of": world.quarantine,
        "logs_of": world.logs,
        "replay_queue_of": world.queue,
    }
    for name, twin in twins.items():
        monkeypatch.setattr(stores, name, lambda _stack, twin=twin: twin)
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


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((KEY, "--reason", "  "), "--reason: say why"),
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
    assert done.stdout == "hours before 2026-11-21T08 are final\n"
    assert world.hours.progress().is_sealed(Hour("2026-11-21T07"))
    again = said("seal", "--before", "2026-11-21T08", "--apply")
    assert again.stdout == "hours before 2026-11-21T08 are final already\n"


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
