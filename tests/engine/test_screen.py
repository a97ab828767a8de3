"""What the demo prints: exact numbers whole on a narrow terminal, hostile text as text."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console

from bedrock_meter.domain.policy.discovery import Discovery, Seen, Tally
from engine.demo.document import document
from engine.demo.kept import KeptEngine
from engine.demo.own_logs import OwnLogs
from engine.demo.picture import draw
from engine.demo.play import Options, Play
from engine.demo.proof import TotalDifference
from engine.demo.readings import StoredHour, StoredLevel
from engine.demo.screen import show

HOUR = "2026-11-21T09"
EXACT = Decimal("103.119372345678901234")
HOSTILE = ["[/]", "[red]", "a\nb: green", "\x1b[2J", "x" * 256]


def a_reading(cost: Decimal = Decimal(1), unpriced: int = 0) -> StoredHour:
    return StoredHour(10, 0, 1_000_000, cost, unpriced, 0)


def a_run(**parts: object) -> Play:
    run = Play(Options(), compared={"live": 0, "closed": 0})
    run.closed = {("greenfinch", HOUR): a_reading(EXACT, 52), (None, HOUR): a_reading(unpriced=9)}
    for name, part in parts.items():
        setattr(run, name, part)
    return run


def printed(run: Play, proposal: Path = Path("none"), width: int = 80) -> str:
    screen = Console(file=io.StringIO(), width=width)
    show(run, screen, proposal)
    return screen.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_exact_totals_are_whole_at_80_columns() -> None:
    told = printed(a_run())

    assert "…" not in told
    assert str(EXACT) in told
    assert str(EXACT + 1) in told
    assert "about 104.12 USD" in told
    assert "│ green" in told
    assert max(map(len, told.splitlines())) <= 80


def test_on_a_terminal_that_is_too_narrow_no_number_is_cut() -> None:
    told = printed(a_run(), width=40)

    assert "…" not in told
    assert str(EXACT) in told


def test_the_calls_without_a_rate_come_to_one_number() -> None:
    (total,) = [line for line in printed(a_run()).splitlines() if "│ all " in line]

    assert total.split("│")[-3].strip() == "61"


def test_where_nobody_is_named_nobody_is_said_to_be_green() -> None:
    assert "All tenants are green." in printed(a_run())

    told = printed(a_run(closed={(None, HOUR): a_reading()}))

    assert "All tenants are green." not in told
    assert "No call names a tenant, so nobody has a level." in told


def test_hostile_ids_reasons_and_keys_are_shown_as_they_are_written() -> None:
    closed = {(tenant, HOUR): a_reading() for tenant in HOSTILE}
    levels = {one: StoredLevel("red", "block", f"spent [/] by {one}", "enforce") for one in HOSTILE}
    wrong = [TotalDifference("live", one, HOUR, "tokens", 1, 2) for one in HOSTILE]

    changed = tuple(f"T#{one} H#{HOUR}" for one in HOSTILE)

    told = printed(
        a_run(closed=closed, levels=levels, differences=wrong, tampered=changed), width=400
    )

    assert "[/]" in told
    assert "Tampered with: T#a\\nb: green" in told
    assert "\x1b" not in told
    assert "a\\nb: green" in told


def test_a_proposed_policy_goes_to_a_file_whose_path_is_printed(tmp_path: Path) -> None:
    discovery = Discovery(keys={"[/]": Tally({"acme": Seen(1, 1)})})
    own = OwnLogs((), datetime(2026, 11, 21, tzinfo=UTC), discovery)
    file = tmp_path / "demo" / "tenants.yaml"

    told = printed(a_run(own=own), file, width=200)

    assert str(file) in told
    assert "tenants: {}" not in told
    assert "tenants: {}" in file.read_text()


def test_a_stack_that_stays_is_told_with_what_to_type() -> None:
    kept = KeptEngine(1, "f", "http://127.0.0.1:4566", "bedrock-meter", "us-east-1", "Usage-1")
    run = a_run(kept=kept)

    told = printed(run)

    assert "AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_DEFAULT_REGION=us-east-1" in told
    assert "bedrock-meter flags list --stack-name bedrock-meter" in told
    assert "aws dynamodb scan --table-name Usage-1" in told
    assert "demo --stop" in told
    place = {"endpoint_url": "http://127.0.0.1:4566", "stack_name": "bedrock-meter"}
    assert document(run).items() >= {**place, "region": "us-east-1"}.items()
    assert "endpoint_url" not in document(a_run())


def test_a_picture_holds_the_spend_and_the_proof_and_loads_nothing(tmp_path: Path) -> None:
    file = tmp_path / "shown" / "demo.svg"

    draw(a_run(compared={"live": 3, "closed": 2}), file)

    drawn = file.read_text()
    shown = "\n".join(ElementTree.fromstring(drawn).itertext()).replace("\u00a0", " ")
    assert "$ make demo" in shown
    assert str(EXACT) in shown
    assert "closed totals = independent recomputation: 0 differences in 2" in shown
    assert drawn.count("http") == 1  # the name of the format
    assert "<script" not in drawn
