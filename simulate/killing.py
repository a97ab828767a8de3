"""How soon each mutation is caught."""

from collections.abc import Iterable
from typing import NamedTuple

from simulate.history import History
from simulate.mutations import MUTATIONS

MOST_SEEDS = 1_000

FIRST_KILLS = {
    "finish sets cleaned to dirty": 35,
    "Parquet by plain put": 125,
    "names from the current evidence only": 11,
    "the mask left out": 13,
    "pick instead of merge": 9,
    "tie broken by arrival": 6,
    "evidence put without generation": 118,
    "partials put without generation": 502,
    "slot totals put without version": 181,
    "live hour put without version": 13,
    "day put without version": 55,
    "month put without version": 9,
    "hours put without epoch": 25,
    "finish without looking at the epoch": 90,
    "older reading announced after newer": 101,
    "no empty evidence": 1,
    "edges ask for no neighbour": 16,
    "tenants that decreased forgotten": 81,
    "nothing holds data up to back": 10,
    "cursor 48 h": 204,
    "hours final before a reading that died": 404,
    "first stays unsettled": 96,
    "anybody is believed": 47,
    "ids that nobody listed name tenants": 47,
    "no re-check of the epoch": 18,
    "finish all or nothing": 52,
    "edges now": 16,
    "item read before the published hours": 29,
    "the question asked before the evidence": 229,
    "partial before evidence": 0,
    "the stream asks instead of the ingest": 1,
    "corrections from totals": 6,
    "pooled calls counted nowhere": 59,
    "policy read before the mark": 59,
    "decision written after the hours were asked for": 260,
    "409 is there": 139,
    "evidence by policy": 2,
}
"""The first seed that notices each mutation, to save the search."""


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
