"""The first seed that kills each mutation."""

from collections.abc import Iterable
from typing import NamedTuple

from simulate.history import History
from simulate.mutations import MUTATIONS

MOST_SEEDS = 1_000

FIRST_KILLS = {
    "finish sets cleaned to dirty": 47,
    "Parquet by plain put": 125,
    "names from the current evidence only": 11,
    "the mask ignored": 13,
    "one record picked instead of merging": 9,
    "tie broken by arrival": 6,
    "evidence put without generation": 188,
    "partials put without generation": 428,
    "slot totals put without version": 36,
    "slot totals take what is in them already": 2,
    "live page put without version": 2,
    "day put without version": 55,
    "month put without version": 23,
    "hours put without epoch": 86,
    "finish without checking the epoch": 90,
    "older reading announced after newer": 197,
    "no empty evidence": 1,
    "edges ask for no neighbour": 16,
    "tenants whose totals decreased are forgotten": 83,
    "nothing holds data up to back": 151,
    "cursor 48 h": 204,
    "hours final before a reading that died": 19,
    "the first bytes win, settled or not": 96,
    "any caller is believed": 47,
    "unlisted ids name tenants": 47,
    "epoch not checked again": 18,
    "finish all or nothing": 175,
    "edges of the current evidence alone": 16,
    "item read before the published hours": 29,
    "hours asked for before the evidence": 243,
    "partial before evidence": 0,
    "the stream asks instead of the ingest": 1,
    "corrections from totals": 6,
    "pooled calls counted nowhere": 59,
    "policy read before the mark": 59,
    "decision written after the hours were asked for": 260,
    "a 409 taken for written": 211,
    "evidence by policy": 2,
}
"""The first seed that notices each mutation, to save the search."""


class Kill(NamedTuple):
    """A mutation, the first seed that kills it (None: none does), and the violation it finds."""

    mutation: str
    seed: int | None
    violation: str


def first_kill(mutation: str, seeds: Iterable[int]) -> Kill:
    """Search seeds in order for one that notices a mutation."""
    with MUTATIONS[mutation]():
        for seed in seeds:
            wrong = History(seed).play()
            if wrong:
                return Kill(mutation, seed, wrong[0])
    return Kill(mutation, None, "")
