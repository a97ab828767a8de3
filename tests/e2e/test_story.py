"""Upload, slot totals, live hour, close, level, flag: the numbers of `story.py`, by hand."""

import gzip
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from engine.waiting import until
from tests.e2e import shapes
from tests.e2e.listening import heard
from tests.e2e.meter import DAY, PATIENCE, Meter
from tests.e2e.story import NINE, NO_RATE, TEN, Story, played, runs_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

HAIKU = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
MONTH = DAY[:7]


@pytest.fixture(scope="module")
def story(meter: Meter) -> Story:
    """The day, played once; the tests look at what could be read."""
    return played(meter)


def numbers(item: dict[str, Any]) -> tuple[Any, ...]:
    """Requests, errors, tokens, dollars, unpriced requests, unpriced tokens."""
    names = ("requests", "errors", "tokens", "cost_usd", "unpriced_requests", "unpriced_tokens")
    return tuple(item[name] for name in names)


def test_live_totals_are_there_before_any_hour_is_closed(story: Story) -> None:
    assert {key: numbers(item) for key, item in story.live.items()} == {
        ("acme", NINE): (5, 1, 4_400, Decimal("0.0045"), 1, 1_100),
        ("acme", TEN): (1, 0, 1_100, Decimal("0.0015"), 0, 0),
        ("globex", NINE): (1, 0, 2_000_100, Decimal("2.0005"), 0, 0),
        ("initech", TEN): (1, 0, 3_001_000, Decimal("15.001"), 0, 0),
        (None, NINE): (1, 0, 1_100, Decimal("0.0015"), 0, 0),
    }


def test_an_object_announced_three_times_is_metered_three_times_and_counts_once(
    story: Story,
) -> None:
    assert len(set(runs_of(story.meter, story.first))) == 3
    for name in ("acme", "globex", None):
        live = numbers(story.live[name, NINE])
        assert numbers(story.meter.live_hour(name, NINE)) == live
        assert numbers(story.closed[name, f"H#{NINE}"]) == live


def test_a_closed_hour_says_what_was_used_of_which_model_and_how_the_tenant_was_found(
    story: Story,
) -> None:
    acme = story.closed["acme", f"H#{NINE}"]

    assert acme["usage"] == {"input_tokens": 4_000, "output_tokens": 400}
    assert acme["models"] == {
        HAIKU: {"requests": 4, "tokens": 3_300, "cost_usd": Decimal("0.0045")},
        NO_RATE: {"requests": 1, "tokens": 1_100, "cost_usd": 0},
    }
    assert acme["rules"] == {"request_metadata": 5}


def test_calls_without_a_rate_and_calls_of_nobody_are_seen_not_lost(story: Story) -> None:
    acme, nobody = story.closed["acme", f"H#{NINE}"], story.closed[None, f"H#{NINE}"]

    assert acme["unpriced"] == {"input_tokens": 1_000, "output_tokens": 100}
    assert (nobody["requests"], nobody["rules"]) == (1, {"none": 1})


def test_an_hour_that_is_open_has_no_closed_total(story: Story) -> None:
    assert {sk for _, sk in story.closed if sk.startswith("H#")} == {f"H#{NINE}"}
    assert ("initech", f"D#{DAY}") not in story.closed


def test_a_line_that_cannot_be_metered_is_kept_with_its_reason_and_place(story: Story) -> None:
    kept = story.meter.objects(f"quarantine/{DAY}/{story.meter.object_id(story.first)}")

    (body,) = kept.values()
    _, reject = map(json.loads, gzip.decompress(body).splitlines())  # first, the object's name
    assert (reject["object_id"], reject["line"], reject["reason"]) == (
        story.meter.object_id(story.first),
        8,
        "not_json",
    )


def test_a_late_object_closes_its_hour_again(story: Story) -> None:
    before, after = story.published

    assert before["published"] == before["epoch"] < after["epoch"] == after["published"]
    assert {
        key: numbers(item) for key, item in story.corrected.items() if key[1].startswith("H#")
    } == {
        ("acme", f"H#{NINE}"): (6, 1, 5_500, Decimal("0.006"), 1, 1_100),
        ("globex", f"H#{NINE}"): (1, 0, 2_000_100, Decimal("2.0005"), 0, 0),
        ("hooli", f"H#{NINE}"): (1, 0, 1_100, Decimal("0.0015"), 0, 0),
        (None, f"H#{NINE}"): (1, 0, 1_100, Decimal("0.0015"), 0, 0),
    }


@pytest.mark.parametrize("period", [f"D#{DAY}", f"M#{MONTH}"])
def test_the_day_and_the_month_follow_the_hours_they_name(story: Story, period: str) -> None:
    nine = 1 << 9
    contents = {"mask": nine} if period.startswith("D") else {"masks": {DAY: nine}}
    for told in (story.closed, story.corrected):
        hours = {name: item for (name, sk), item in told.items() if sk == f"H#{NINE}"}
        sums = {name: item for (name, sk), item in told.items() if sk == period}
        assert {name: numbers(item) for name, item in sums.items()} == {
            name: numbers(item) for name, item in hours.items()
        }
        assert all(contents.items() <= item.items() for item in sums.values())


def test_the_correction_names_old_and_new_and_nobody_whose_numbers_stayed(story: Story) -> None:
    old, new = (row["published"] for row in story.published)
    body = story.meter.objects(f"corrections/{NINE}/0/{new}.parquet").popitem()[1]

    rows = pq.read_table(io.BytesIO(body)).to_pylist()

    names = ("tenant", "old_requests", "new_requests", "difference_usd", "charge_class")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("T#acme", 5, 6, Decimal("0.0015"), "Correction"),
        ("T#hooli", 0, 1, Decimal("0.0015"), "Correction"),
    ]
    assert {(row["old_epoch"], row["new_epoch"]) for row in rows} == {(old, new)}


@pytest.mark.parametrize("period", [DAY, MONTH])
def test_the_largest_tenants_of_a_period_are_listed_largest_first(
    story: Story, period: str
) -> None:
    listed = story.meter.item("Usage", pk=f"TOP#{period}", sk="COSTS")["tenants"]

    ours = ("T#globex", "T#acme", "T#hooli", "UNATTRIBUTED")
    assert [[name, cost] for name, cost, _ in listed if name in ours] == [
        ["T#globex", Decimal("2.0005")],
        ["T#acme", Decimal("0.006")],
        ["UNATTRIBUTED", Decimal("0.0015")],
        ["T#hooli", Decimal("0.0015")],
    ]


def test_a_runaway_tenant_is_flagged_within_the_hour_by_the_live_lane(story: Story) -> None:
    flag = dict(story.raised)
    version, since = int(flag.pop("version")), flag.pop("since")

    assert flag == {
        "tenant": "initech",
        "tenant_id": "initech",
        "level": "red",
        "action": "slow",
        "limits": {"requests_per_minute": 30, "tokens_per_minute": 20_000},
        "models": {"deny": ["anthropic.claude-opus-*"]},
        "reason": "150 % of the daily budget (15.00 USD of 10.00 USD)",
        "expires_at": "2031-11-22T00:00:00Z",
        "resume_at": "2031-11-22T00:00:58Z",
        "stale_rule": "open",
        "source": "assess",
        "mode": "observe",
    }
    assert f"{DAY}T10:30:00" < since < f"{DAY}T11:30:00"
    assert version > 1_900_000_000_000  # milliseconds: it grows whoever writes the next one


def test_level_and_flag_stay_as_they_are_while_nothing_changes(story: Story) -> None:
    assert story.meter.item("Flags", tenant="initech") == story.raised
    level = story.meter.item("Tenants", pk="T#initech", sk="LEVEL")
    assert (level["level"], level["since"]) == ("red", story.raised["since"])


def test_a_change_of_level_is_told_once(story: Story) -> None:
    told: list[str] = []

    def received() -> bool:
        told.extend(message["Subject"] for message in heard(story.meter, story.notices))
        return "Bedrock Meter: acme green -> yellow" in told

    # Acme's change came last, in the second of three chances to tell of the first one again.
    assert until(received, seconds=PATIENCE), told
    assert told.count("Bedrock Meter: initech green -> red") == 1
    assert told.count("Bedrock Meter: acme green -> yellow") == 1


@pytest.mark.parametrize("kind", sorted(shapes.documented()))
def test_items_have_the_shape_that_readers_are_told(story: Story, kind: str) -> None:
    found = shapes.found(story.meter)[kind]

    assert found == shapes.documented()[kind]


@pytest.fixture(scope="module")
def rollup(story: Story, tmp_path_factory: Any) -> Path:
    """The Parquet file of nine o'clock, downloaded."""
    year, month, day = DAY.split("-")
    key = f"rollups/year={year}/month={month}/day={day}/hour=09/shard-0.parquet"
    file: Path = tmp_path_factory.mktemp("rollup") / "nine.parquet"
    file.write_bytes(story.meter.objects(key)[key])
    return file


def test_the_parquet_of_an_hour_adds_up_to_its_totals_in_duckdb(story: Story, rollup: Path) -> None:
    sums = duckdb.sql(
        "select tenant, count(*), count(*) filter (status = 'failed_call'), sum(priced_usd), "
        "sum(input_tokens) filter (status <> 'failed_call'), "  # those are information, no usage
        "sum(output_tokens) filter (status <> 'failed_call') "
        f"from '{rollup}' group by tenant"
    ).fetchall()

    assert {row[0]: row[1:] for row in sums} == _totals(story)


def test_the_parquet_of_an_hour_adds_up_to_its_totals_in_pyarrow(
    story: Story, rollup: Path
) -> None:
    sums: dict[Any, tuple[Any, ...]] = {}
    for row in pq.read_table(rollup).to_pylist():
        failed = row["status"] == "failed_call"
        tokens = (0, 0) if failed else (row["input_tokens"], row["output_tokens"])
        mine = (1, failed, row["priced_usd"], *tokens)
        before = sums.get(row["tenant"], (0, 0, Decimal(0), 0, 0))
        sums[row["tenant"]] = tuple(one + other for one, other in zip(before, mine, strict=True))

    assert sums == _totals(story)


def _totals(story: Story) -> dict[Any, tuple[Any, ...]]:
    """What DynamoDB holds for the hour, in the order of the queries above."""
    return {
        name: (
            item["requests"],
            item["errors"],
            item["cost_usd"],
            item["usage"].get("input_tokens", 0),
            item["usage"].get("output_tokens", 0),
        )
        for (name, sk), item in story.corrected.items()
        if sk == f"H#{NINE}"
    }
