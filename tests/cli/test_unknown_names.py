"""A misspelled name is refused and the nearest one named; it is never "nothing found"."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli import flags, reprice
from bedrock_meter.cli.main import app
from bedrock_meter.cli.stack import Stack
from bedrock_meter.domain.records.quarantine import REASONS
from bedrock_meter.domain.time.hours import Day, Hour
from bedrock_meter.local.levels import MemoryLevels
from bedrock_meter.policy_file import policy_of_text

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
POLICY = 'version: "1"\ntenants: {acme: {}, globex: {}}\n'


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--stack-name", "meter"])


@pytest.mark.parametrize("day", ["2026-13-01", "2026-11", "yesterday", "2026-11-21T05"])
@pytest.mark.parametrize("command", ["list", "replay"])
def test_a_day_that_is_none_is_refused(command: str, day: str) -> None:
    result = run("quarantine", command, "--day", day)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert f"--day: '{day}' is not a day such as 2026-11-21 (in UTC)" in result.stderr


def test_a_reason_that_is_none_is_refused_with_the_nearest() -> None:
    result = run("quarantine", "list", "--reason", "badcount")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "'badcount': is not a reason; did you mean bad_count" in result.stderr
    assert "not_json" in run("quarantine", "list", "--reason", "nonsense").stderr


def test_the_reasons_are_those_that_the_glossary_explains() -> None:
    table = GLOSSARY.read_text().split("## Reasons of rejects")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]

    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(REASONS)


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> MemoryLevels:
    """A stack with two listed tenants, none of them assessed so far."""
    store = MemoryLevels()
    policy = policy_of_text(POLICY, "tenants.yaml")
    monkeypatch.setattr(Stack, "stores", SimpleNamespace(levels=store))
    monkeypatch.setattr(flags, "policy_in_force", lambda _: policy)
    monkeypatch.setattr(flags, "_caller", lambda _: "arn:aws:iam::111122223333:user/jo")
    return store


OVERRIDE = ("--action", "block", "--for", "2h", "--reason", "launch day")


def test_a_tenant_that_nobody_knows_is_not_overridden(levels: MemoryLevels) -> None:
    result = run("flags", "override", "globx", *OVERRIDE)

    assert (result.exit_code, result.stdout, levels.flags) == (2, "", {})
    assert "no policy lists this tenant and it was never assessed" in result.stderr
    assert "did you mean globex?; or add --new" in result.stderr


def test_a_tenant_that_nobody_knows_is_shown_with_the_nearest(levels: MemoryLevels) -> None:
    result = run("flags", "show", "globx")

    assert (result.exit_code, result.stdout) == (0, "globx: never assessed\n")
    assert "'globx': no policy lists this tenant; did you mean globex?" in result.stderr
    assert run("flags", "show", "globex").stderr == ""


def test_a_new_tenant_is_overridden_on_request_and_is_known_from_then_on(
    levels: MemoryLevels,
) -> None:
    assert run("flags", "override", "newcomer", "--new", *OVERRIDE).exit_code == 0
    assert run("flags", "override", "newcomer", *OVERRIDE).exit_code == 0
    assert run("flags", "override", "acme", *OVERRIDE).exit_code == 0

    assert set(levels.flags) == {"newcomer", "acme"}


class NoUsage:
    """A table in which no tenant has a day."""

    def day(self, tenant: str | None, day: Day) -> None:
        return None


def test_a_tenant_without_calls_is_not_said_to_cost_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Stack, "stores", SimpleNamespace(usage=NoUsage()))
    monkeypatch.setattr(Stack, "refuse_if_sealed", lambda *_: None)

    result = run(*("reprice", "--from", "2026-11-20", "--to", "2026-11-21", "--tenant", "nosuch"))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--tenant 'nosuch': has no closed call in these hours" in result.stderr


def test_all_tenants_need_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "stores", SimpleNamespace(usage=NoUsage()))

    reprice._refuse_if_absent(Stack("meter"), None, Hour("2026-11-20T00"), Hour("2026-11-21T00"))
