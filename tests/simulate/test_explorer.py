"""In every order of the steps of a few workers the end is as the log says; bugs are found."""

import re
from pathlib import Path

import pytest

from simulate.call_order_bugs import CALL_ORDER_BUGS, HARMLESS, first_closing_lost
from simulate.counterexamples import COUNTEREXAMPLES, MAKES_NO_DIFFERENCE
from simulate.explorer import Code, Exploration, Explorer
from simulate.mutations import MUTATIONS
from simulate.starting_points import STARTING_POINTS

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulation.md"
BUGS = {**MUTATIONS, **CALL_ORDER_BUGS}
BY_NAME = {start.name: start for start in STARTING_POINTS}
LARGE = {
    "a late object, two closes, one crash",
    "a replay moves a call to another tenant, two closes, one crash",
    "two replays, two closes",
    "a reader while a close dies and a run takes its hours",
}
"""Starting points that take too long for every run of the tests: more than 100,000 states each."""

ROWS = re.findall(
    r"^\| ([^|]+) \| ([\d,]+) \| (\d+) \|$",
    DOCUMENT.read_text().split("## Planted bugs")[0],
    re.MULTILINE,
)
STATES = {name: int(states.replace(",", "")) for name, states, _ in ROWS}
"""By starting point: how many states the document says were explored."""


def found_in(name: str, bug_in: Code = "nothing") -> Exploration:
    return Explorer(BY_NAME[name], bug_in=bug_in).explore()


@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in LARGE])
def test_every_order_ends_as_the_log_says(name: str) -> None:
    found = found_in(name)

    print(f"{name}: {found.states} states")
    assert found.wrong == "", "\n".join(found.trace)
    assert found.states >= STATES[name] * 9 // 10, "and the document says how many"
    assert found.ends > 0


@pytest.mark.parametrize("bug", COUNTEREXAMPLES)
def test_a_bug_has_a_shortest_counterexample(bug: str) -> None:
    start, says, bug_in = COUNTEREXAMPLES[bug]

    with BUGS[bug]():
        found = found_in(start, bug_in)

    print(f"{bug}: {len(found.trace)} steps, {found.states} states: {found.wrong}")
    assert says in found.wrong
    assert found.trace


def test_every_bug_of_the_explorer_has_a_starting_point() -> None:
    assert CALL_ORDER_BUGS.keys() <= COUNTEREXAMPLES.keys() <= BUGS.keys()
    assert MAKES_NO_DIFFERENCE.keys() == HARMLESS.keys()


@pytest.mark.parametrize(
    ("change", "name"),
    [(change, name) for change, names in MAKES_NO_DIFFERENCE.items() for name in names],
)
def test_what_only_costs_work_makes_no_difference(change: str, name: str) -> None:
    with HARMLESS[change]():
        found = found_in(name, "jobs")

    assert found.wrong == "", "\n".join(found.trace)
    assert found.ends > 0


def test_a_closing_that_a_store_loses_is_noticed_when_it_is_read_back() -> None:
    with first_closing_lost():
        found = found_in("a late object, one close", "jobs")

    assert found.wrong == "", "\n".join(found.trace)


def test_orders_left_out_lead_to_the_same_ends() -> None:
    for name in ("two ingests, their folds", "a late object, one close"):
        some, all_of_them = found_in(name), found_in(name, "jobs")

        assert some.states < all_of_them.states
        assert (some.ends, some.wrong) == (all_of_them.ends, "")


def test_a_counterexample_names_every_step() -> None:
    with MUTATIONS["tenants whose totals decreased are forgotten"]():
        found = found_in("a call taken from a tenant, folds, one crash", "jobs")

    assert any("live.put_slot_totals(" in line for line in found.trace)
    assert sum(line.endswith("and dies") for line in found.trace) == 1
    assert found.trace[-1].startswith("fold 2026-11-21T09:")


def test_the_document_lists_every_starting_point() -> None:
    assert [name for name, _, _ in ROWS] == list(BY_NAME)


def test_the_document_lists_every_bug_that_has_a_counterexample() -> None:
    table = DOCUMENT.read_text().split("## Planted bugs")[1]
    rows = re.findall(r"^\| ([^|]+) \| (?:\d+ \| )?([^|]+) \| (?:\d+|–) \|$", table, re.MULTILINE)

    listed = {name: start for name, start in rows if start != "–"}
    assert listed == {name: shown.start for name, shown in COUNTEREXAMPLES.items()}
