"""Every case recovers, played small; the report says so when one does not."""

import json

import pytest

from simulate import backlog_report
from simulate.backlog import BacklogResult, play
from simulate.backlog_cases import CASES
from simulate.backlog_report import report
from simulate.mutations import MUTATIONS

FEW = 60
"""Log objects an hour."""
CASE = {case.name: case for case in CASES}
DEADLY = CASE["an hour takes more memory than any worker has"]
GOOD = BacklogResult(CASES[0].name, FEW, 2, 1.5, "", 0.1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_backlog_is_gone_within_the_runs_that_are_allowed(case) -> None:
    result = play(case, FEW)

    assert not result.wrong
    assert result.runs is not None
    assert result.runs <= case.most_runs


def test_a_day_that_is_finished_all_or_nothing_never_gets_past_a_deadly_hour() -> None:
    with MUTATIONS["finish all or nothing"]():
        result = play(DEADLY, FEW)

    assert result.runs is None
    assert result.wrong == "not closed within 48 hours"
    assert report([GOOD, result], {}, lambda line: None) == 1


def test_the_last_line_counts_cases_and_names_the_memory_of_functions() -> None:
    lines: list[str] = []

    status = report([GOOD], {"CloseDay": 1_000}, lines.append)

    assert status == 0
    assert json.loads(lines[-1]) == {
        "cases": 1,
        "recovered": 1,
        "worst_runs": 2,
        "peak_mb": {"CloseDay": 1_000},
        "memory_mb": {"CloseDay": 3_008},
    }


def test_a_function_that_needs_more_than_it_has_is_an_error() -> None:
    lines: list[str] = []

    status = report([GOOD], {"FoldSlot": 513}, lines.append)

    assert status == 1
    assert "WRONG: FoldSlot needs 513 MB, and has 512" in lines


def test_a_case_that_did_not_recover_is_not_counted_as_recovered() -> None:
    lines: list[str] = []
    lost = GOOD._replace(runs=None, wrong="not closed within 48 hours")

    status = report([GOOD, lost], {}, lines.append)

    assert status == 1
    assert json.loads(lines[-1])["recovered"] == 1


def test_the_command_line_plays_the_cases_that_are_named(monkeypatch) -> None:
    quick = CASE["nothing runs for 11 hours"]._replace(rates=(FEW,))
    monkeypatch.setattr(backlog_report, "RATES", (FEW,))
    monkeypatch.setattr(backlog_report, "CASES", (quick, DEADLY))
    lines: list[str] = []

    status = backlog_report.main(["nothing runs"], lines.append)

    assert status == 0
    assert json.loads(lines[-1])["cases"] == 1
