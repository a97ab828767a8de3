"""Each planted bug is noticed: the seed that kills it first is pinned."""

import re
from itertools import chain
from pathlib import Path

import pytest

from simulate.history import History
from simulate.killing import FIRST_KILLS, MOST_SEEDS, first_kill
from simulate.mutations import MUTATIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulation.md"


@pytest.mark.parametrize("mutation", FIRST_KILLS)
def test_a_mutation_is_noticed(mutation: str) -> None:
    killed = first_kill(mutation, chain([FIRST_KILLS[mutation]], range(MOST_SEEDS)))

    print(f"{mutation}: seed {killed.seed}: {killed.violation}")
    assert killed.seed is not None, f"nobody noticed: {mutation}"
    assert killed.seed == FIRST_KILLS[mutation], "name this seed in killing.py and the document"
    assert killed.seed < MOST_SEEDS
    assert History(killed.seed).play() == [], "and without the mutation all is well"


def test_the_document_names_the_first_seed_of_every_mutation() -> None:
    table = DOCUMENT.read_text().split("## Planted bugs")[1]
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| [^|]* \| [^|]* \|$", table, re.MULTILINE)

    assert {name: int(seed) for name, seed in rows} == FIRST_KILLS
    assert set(FIRST_KILLS) == set(MUTATIONS)
