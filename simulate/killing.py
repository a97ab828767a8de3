"""How soon each mutation is caught."""

from collections.abc import Iterable
from typing import NamedTuple

from simulate.history import History
from simulate.mutations import MUTATIONS

MOST_SEEDS = 1_000


class Kill(NamedTuple):
    """A mutation, the first seed that catches it (None: none of them does), and what it says."""

    mutation: str
    seed: int | None
    complaint: str


def first_kill(mutation: str, seeds: Iterable[int]) -> Kill:
    """Search seeds in order for one that notices a mutation."""
    with MUTATIONS[mutation]():
        for seed in seeds:
            wrong = History(seed).play()
            if wrong:
                return Kill(mutation, seed, wrong[0])
    return Kill(mutation, None, "")


def kills_among(mutation: str, seeds: Iterable[int]) -> int:
    """Count the seeds that notice a mutation."""
    with MUTATIONS[mutation]():
        return sum(bool(History(seed).play()) for seed in seeds)
