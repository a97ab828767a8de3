"""The simulation bites: each bug, put into the shipped functions, is noticed within 1,000 seeds."""

from itertools import chain

import pytest

from simulate.history import History
from simulate.killing import MOST_SEEDS, first_kill
from simulate.mutations import MUTATIONS

KNOWN: dict[str, int] = {}
"""A seed that is known to notice the mutation, to save the search from 0 in most runs."""


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutation_is_noticed(mutation: str) -> None:
    first = KNOWN.get(mutation)
    seeds = range(MOST_SEEDS) if first is None else chain([first], range(MOST_SEEDS))

    killed = first_kill(mutation, seeds)

    print(f"{mutation}: seed {killed.seed}: {killed.complaint}")
    assert killed.seed is not None, f"nobody noticed: {mutation}"
    assert History(killed.seed).play() == [], "and without the mutation all is well"
