"""The simulation of months: its truth does not come from the meter, and its account is honest."""

import json
import random
import re
import sys
from array import array
from pathlib import Path

import pytest

from bedrock_meter.domain.levels.level import Level
from engine.simulate_levels import __main__ as simulation
from engine.simulate_levels.account import goals_missed, line_of, summary
from engine.simulate_levels.cast import KINDS, tenant_of
from engine.simulate_levels.month import Month
from engine.simulate_levels.picture import Drawn, chosen, draw
from engine.simulate_levels.run import Changes
from engine.simulate_levels.series import BadSeries, series_in
from engine.simulate_levels.truth import truth_of

ROOT = Path(__file__).parents[2]


def a_month(costs, **more):
    return Month("acme", "steady", array("d", costs), **{"budget_month": 100.0, **more})


def test_the_truth_adds_up_what_was_used():
    truth = truth_of(a_month([1.0] * 120, runaway_from=50))

    assert (truth.over_by_tenth, truth.month_over) == (110, 100)


def test_an_alarm_is_justified_only_when_a_budget_really_falls():
    within = truth_of(a_month([0.0099] * 10_000))
    over = truth_of(a_month([0.0] * 20_000 + [1.0] * 120))
    day = truth_of(a_month([0.0] * 1440 + [1.0] * 50, budget_day=40.0))

    assert not within.justified(9_999)  # 99 % used, and never more
    assert [over.justified(at) for at in (20_099 - 7 * 1440, 20_101 - 7 * 1440)] == [False, True]
    assert [day.justified(at) for at in (1439, 1440, 1490)] == [False, True, True]


def test_red_counts_only_before_the_budget_is_exceeded_by_a_tenth():
    month = a_month([1.0] * 1440, runaway_from=50)

    in_time = line_of(Changes(month, [(109, Level.RED, "month_cost")]))
    too_late = line_of(Changes(month, [(111, Level.RED, "month_cost")]))

    assert (in_time.red_in_time, too_late.red_in_time) == (True, False)


def test_a_rise_above_yellow_without_a_reason_is_a_false_alarm():
    month = a_month([0.01] * 1440)
    steps = [(10, Level.YELLOW, "x"), (20, Level.ORANGE, "x"), (90, Level.YELLOW, "x")]

    line = line_of(Changes(month, steps))

    assert line.false_alarms == ((20, "x"),)
    assert summary([line])["false_alarms_per_tenant_month"] == 30
    assert summary([line])["level_changes_per_tenant_day"] == 3


def test_the_cast_is_the_same_for_the_same_seed_and_not_gentle():
    months = [tenant_of(7, number) for number in range(len(KINDS))]

    assert [month.kind for month in months] == list(KINDS)
    assert tenant_of(7, 5).cost == months[5].cost
    runaway = months[5]
    before = sorted(cost for cost in runaway.cost[: runaway.runaway_from] if cost)
    after = sorted(runaway.cost[runaway.runaway_from :])
    assert after[len(after) // 2] >= 15 * before[len(before) // 2]


def test_the_months_in_the_documents_reach_the_goals():
    told = re.findall(r"^SEED=\d+ (.+)$", (ROOT / "docs/levels.md").read_text(), re.M)

    assert len(told) >= 2
    for line in told:
        numbers = json.loads(line)
        assert numbers.keys() == summary([]).keys()
        assert goals_missed(numbers) == []


def test_one_tenant_of_each_kind_is_drawn_and_only_one_that_shows_what_it_is_about():
    dull = Drawn("growing-001", "growing", [0.5, 0.9], [], 120, None)
    telling = Drawn("growing-009", "growing", [0.5, 1.2], [], 120, None)
    runaway = Drawn("runaway-005", "runaway", [0.5, 2.0], [(9, Level.RED, "month_cost")], 120, 5)

    assert chosen([dull, telling, runaway]) == [telling, runaway]
    assert "here it runs away" in draw([runaway])
    assert "red: 50% of the budget is used (after 0.1 h)" in draw([runaway])


def write_series(path, *, budgets="month=120;day=60", minutes=2 * 1440):
    rng = random.Random(1)
    lines = ["tenant,minute,cost,tokens,requests,budgets"]
    for minute in range(0, minutes, 5):
        usual = 0.02 * rng.uniform(0.5, 1.5)
        wild = usual * (40 if minute >= 2000 else 1)
        lines.append(f"calm,{minute},{usual},100,1,{budgets}")
        lines.append(f"wild,{minute},{wild},100,1,{budgets}")
    path.write_text("\n".join(lines))
    return path


def test_somebody_elses_month_runs_through_the_same_code(tmp_path, monkeypatch, capsys):
    path = write_series(tmp_path / "month.csv", budgets="month=60")
    picture = tmp_path / "levels.svg"
    arguments = ["simulate_levels", "--series", str(path), "--picture", str(picture)]
    monkeypatch.setattr(sys, "argv", arguments)

    assert simulation.main() == 0

    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["runaways"], told["red_before_110_percent"]) == (1, 1)
    assert told["median_hours_to_orange"] < 2
    assert told["false_alarms_per_tenant_month"] == 0
    assert picture.read_text().count("<polyline") == 2


def test_budgets_are_read_in_both_forms(tmp_path):
    both = next(series_in(write_series(tmp_path / "a.csv", minutes=10)))
    one = next(series_in(write_series(tmp_path / "b.csv", budgets="250", minutes=10)))

    assert (both.budget_month, both.budget_day) == (120.0, 60.0)
    assert (one.budget_month, one.budget_day) == (250.0, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tenant,cost\n", "no column minute"),
        ("tenant,minute,cost\nacme,0,much\n", "line 2: could not convert"),
    ],
)
def test_a_series_that_cannot_be_read_is_refused_in_one_line(tmp_path, text, problem):
    path = tmp_path / "bad.csv"
    path.write_text(text)

    with pytest.raises(BadSeries, match=problem):
        list(series_in(path))
