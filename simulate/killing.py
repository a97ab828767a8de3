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
    "board put without version": 181,
    "pulse put without version": 13,
    "day put without version": 271,
    "month put without version": 23,
    "hours put without epoch": 25,
    "finish without looking at the epoch": 90,
    "older reading announced after newer": 101,
    "no empty evidence": 1,
    "edges ask for no neighbour": 16,
    "tenants that shrank forgotten": 19,
    "nothing holds data up to back": 10,
    "cursor 48 h": 204,
    "first stays unsettled": 96,
    "anybody is believed": 47,
    "ids that nobody listed name tenants": 47,
    "no re-check of the epoch": 18,
    "finish all or nothing": 175,
    "edges now": 16,
    "item read before the published hours": 29,
    "the question asked before the evidence": 130,
    "partial before evidence": 0,
    "the stream asks instead of the ingest": 1,
    "corrections from totals": 40,
    "pooled calls counted nowhere": 59,
    "policy read before the mark": 59,
    "decision written after the hours were asked for": 260,
    "409 is there": 139,
    "evidence by policy": 2,
}
"""The first seed that notices each mutation, to save the search."""

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

ORDERS_THAT_BITE = {
    "publish before the month": "a late object, one close, one crash",
    "publish before the day": "a late object, one close, one crash",
    "a closing lost, and not read back": "a late object, one close",
    "manifest after evidence": "a reading anew dies and its message is lost, one close",
    "settle without looking at the tag": "a slow first ingest against a replay, one close",
    "copy kept before settling": "other bytes take an object over, one message lost",
    "who has finished clears the list": (
        "two replays of what was metered, copies end, one message lost"
    ),
    "a reading anew waits on no list": "a reading anew dies and its message is lost, one close",
    "the sweep copies no unfinished manifest": (
        "what was metered is replayed by the same release, its message is lost"
    ),
    "only the copy says that all is done": "a tenant is erased, a message comes again",
    "what is given up is not taken back": "set aside while it is metered, one message lost",
}
"""Scenarios in which some order of steps shows a bug in the order of calls (`disorder`)."""

ORDERS_WITHOUT_HARM = {
    "a plan takes hours that are being closed": "a run beside a close",
    "a copy of what was not put": (
        "what was metered is replayed by the same release, its message is lost"
    ),
}
"""Scenarios in which no order of steps makes a difference of what only costs work."""


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
