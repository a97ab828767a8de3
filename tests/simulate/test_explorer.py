"""In every order of the steps of a few workers the end is as the log says; bugs are found."""

import re
from pathlib import Path

import pytest

from simulate.explorer import Explorer, Found
from simulate.killing import SCENARIOS_THAT_BITE
from simulate.mutations import MUTATIONS
from simulate.scenarios import SCENARIOS

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulation.md"
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
QUICK = {
    "two ingests, their folds": 400,
    "two ingests, their folds, one record lost": 400,
    "a call taken from a tenant, folds, one crash": 100,
    "a late object, one close": 200,
    "a late object, one close, one crash": 2_000,
    "a late object, two closes": 10_000,
    "a closed hour, a replay moves a call to another tenant, one close, one crash": 500,
    "a replay moves a call to another tenant, two closes": 5_000,
    "an operator decides on a policy while two closes run": 5_000,
    "a reader among two closes": 3_000,
}
"""Scenarios that take a few seconds, and how many states each has at the very least."""


def found_in(name: str, *, is_shipped: bool = True) -> Found:
    return Explorer(BY_NAME[name], is_shipped=is_shipped).explore()


@pytest.mark.parametrize("name", QUICK)
def test_every_order_ends_as_the_log_says(name: str) -> None:
    found = found_in(name)

    print(f"{name}: {found.states} states")
    assert found.wrong == "", "\n".join(found.trace)
    assert found.states >= QUICK[name]
    assert found.ends > 0


@pytest.mark.parametrize("mutation", SCENARIOS_THAT_BITE)
def test_a_mutation_has_a_counterexample(mutation: str) -> None:
    with MUTATIONS[mutation]():
        found = found_in(SCENARIOS_THAT_BITE[mutation], is_shipped=False)

    print(f"{mutation}: {len(found.trace)} steps, {found.states} states: {found.wrong}")
    assert found.wrong
    assert found.trace


def test_orders_left_out_lead_to_the_same_ends() -> None:
    for name in ("two ingests, their folds", "a late object, one close"):
        some, all_of_them = found_in(name), found_in(name, is_shipped=False)

        assert some.states < all_of_them.states
        assert (some.ends, some.wrong) == (all_of_them.ends, "")


def test_a_counterexample_names_every_step() -> None:
    with MUTATIONS["tenants that shrank forgotten"]():
        found = found_in("a call taken from a tenant, folds, one crash", is_shipped=False)

    assert any("live.put_board(" in line for line in found.trace)
    assert sum(line.endswith("and dies") for line in found.trace) == 1
    assert found.trace[-1].startswith("fold 2026-11-21T09:")


def test_the_document_lists_every_scenario() -> None:
    table = DOCUMENT.read_text().split("## It bites")[0]

    assert re.findall(r"^\| ([^|]+) \| (?:[\d,]+|–) \| (?:\d+|–) \|$", table, re.MULTILINE) == list(
        BY_NAME
    )
