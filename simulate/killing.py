"""How soon each mutation is caught."""

from collections.abc import Iterable
from typing import NamedTuple

from simulate.history import History
from simulate.mutations import MUTATIONS

MOST_SEEDS = 1_000

FIRST_KILLS = {
    "finish sets cleaned to dirty": 51,
    "names from the current evidence only": 1,
    "the mask left out": 29,
    "pick instead of merge": 0,
    "tie broken by arrival": 48,
    "board put without version": 194,
    "pulse put without version": 0,
    "day put without version": 181,
    "month put without version": 23,
    "older reading announced after newer": 211,
    "no empty evidence": 8,
    "edges ask for no neighbour": 80,
    "nothing holds data up to back": 10,
    "cursor 48 h": 163,
    "no re-check of the epoch": 7,
    "finish all or nothing": 784,
    "partial before evidence": 0,
    "the stream asks instead of the ingest": 7,
    "corrections from totals": 7,
    "anybody is believed": 3,
    "ids that nobody listed name tenants": 6,
    "pooled calls counted nowhere": 18,
}
"""The first seed that notices each mutation, to save the search."""

NOT_IN_HISTORIES = {
    "Parquet by plain put",
    "evidence put without generation",
    "partials put without generation",
    "hours put without epoch",
    "finish without looking at the epoch",
    "tenants that shrank forgotten",
    "first stays unsettled",
    "edges now",
    "item read before the published hours",
    "the question asked before the evidence",
    "policy read before the mark",
    "decision written after the hours were asked for",
}
"""Mutations that no history below `MOST_SEEDS` notices."""

SCENARIOS_THAT_BITE = {
    "finish sets cleaned to dirty": "a late object, one close",
    "the question asked before the evidence": "a late object, one close",
    "names from the current evidence only": (
        "a closed hour, a replay moves a call to another tenant, one close, one crash"
    ),
    "no re-check of the epoch": "a replay moves a call to another tenant, two closes",
    "Parquet by plain put": "a late object, two closes",
    "board put without version": "two ingests, their folds",
    "pulse put without version": "two ingests, their folds",
    "tenants that shrank forgotten": "a call taken from a tenant, folds, one crash",
    "no empty evidence": "a replay moves a call to the next hour, both close",
    "edges ask for no neighbour": "one request over the edge of two hours, both close",
    "policy read before the mark": "an operator decides on a policy while two closes run",
    "decision written after the hours were asked for": (
        "an operator decides on a policy while two closes run"
    ),
    "the mask left out": "a reader among two closes",
    "item read before the published hours": "a reader among two closes",
}
"""Scenarios of the explorer in which some order of steps shows the mutation."""


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
