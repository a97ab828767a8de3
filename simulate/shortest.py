"""Where a shortest way leads from a bug to the damage: a scenario of the explorer for each bug.

Where a bug has none, no scenario has what it needs, such as days that go by, records that tie,
callers that are not believed, an error of a store, or a memory beside the stores: histories tell.
"""

from typing import NamedTuple

from simulate.explorer import Code


class Shown(NamedTuple):
    """A scenario that shows a bug, and a few words of the complaint; where the bug is."""

    scenario: str
    says: str
    bug_in: Code = "jobs"


_LATE = "a late object, one close"
_TWO_CLOSES = "a late object, two closes"
_FOLDS = "two ingests, their folds"
_NEXT_HOUR = "a replay moves a call to the next hour, both close"
_LEAVES = "a newer reading leaves the edge of two hours, both are closed"
_NEWER = "two replays, one by a newer release"
_DECIDES = "an operator decides on a policy while two closes run"
_READER = "a reader among two closes"
_MESSAGE_LOST = "what was metered is replayed by the same release, its message is lost"
_GIVEN_UP = "set aside while it is metered, one message lost"

SHOWN = {
    "finish sets cleaned to dirty": Shown(_LATE, "requests 1, right is 2"),
    "Parquet by plain put": Shown(_TWO_CLOSES, "its Parquet is not its closing", "stores"),
    "names from the current evidence only": Shown(
        "a closed hour, a replay moves a call to another tenant, one close, one crash",
        "requests 1, right is 0",
    ),
    "the mask left out": Shown(_READER, "a reader was told"),
    "pick instead of merge": Shown(_LEAVES, "right is 1"),
    "evidence put without generation": Shown(_NEWER, "is not there", "stores"),
    "slot totals put without version": Shown(_FOLDS, "of slot totals", "stores"),
    "live hour put without version": Shown(_FOLDS, "of slot totals", "stores"),
    "day put without version": Shown(_NEXT_HOUR, "not part of the day", "stores"),
    "month put without version": Shown(
        "two days of one month, a worker each, one crash", "not part of the day", "stores"
    ),
    "hours put without epoch": Shown(_TWO_CLOSES, "is clean, its totals", "stores"),
    "finish without looking at the epoch": Shown(_TWO_CLOSES, "a correction of acme", "stores"),
    "older reading announced after newer": Shown(_NEWER, "requests 1, right is 0"),
    "no empty evidence": Shown(_NEXT_HOUR, "is not there"),
    "edges ask for no neighbour": Shown(_LEAVES, "requests 0, right is 1"),
    "tenants that decreased forgotten": Shown(
        "a call taken from a tenant, folds, one crash", "of slot totals"
    ),
    "first stays unsettled": Shown(
        "an ingest dies, other bytes take the object over", "not settled"
    ),
    "no re-check of the epoch": Shown(_DECIDES, "is clean, its totals", "stores"),
    "edges now": Shown(_LEAVES, "requests 0, right is 1"),
    "item read before the published hours": Shown(_READER, "a reader was told"),
    "the question asked before the evidence": Shown(_LATE, "requests 1, right is 2"),
    "partial before evidence": Shown(_LATE, "requests 1, right is 2"),
    "the stream asks instead of the ingest": Shown(_LATE, "requests 1, right is 2"),
    "policy read before the mark": Shown(_DECIDES, "requests 1, right is 0"),
    "decision written after the hours were asked for": Shown(_DECIDES, "requests 1, right is 0"),
    "publish before the month": Shown(_LATE, "not part of the day and the month"),
    "publish before the day": Shown(_LATE, "not part of the day and the month"),
    "a closing lost, and not read back": Shown(_LATE, "is clean, its totals"),
    "manifest after evidence": Shown(
        "other bytes take an object over, one message lost", "right is 0"
    ),
    "settle without looking at the tag": Shown(_GIVEN_UP, "follows", "stores"),
    "copy kept before settling": Shown(_MESSAGE_LOST, "not settled"),
    "who has finished clears the list": Shown(
        "two replays of what was metered, copies end, one message lost", "not settled"
    ),
    "a reading anew waits on no list": Shown(
        "a reading anew dies and its message is lost, one close", "not settled"
    ),
    "the sweep copies no unfinished manifest": Shown(_MESSAGE_LOST, "not settled"),
    "only the copy says that all is done": Shown(
        "a tenant is erased, a message comes again", "is back in the evidence"
    ),
    "what is given up is not taken back": Shown(_GIVEN_UP, "requests 0, right is 1"),
}
"""By the name of the bug, of `MUTATIONS` or `DISORDER`."""

TELLS_NOTHING = {
    "a plan takes hours that are being closed": ("a run beside a close", "two runs"),
    "a copy of what was not put": (
        _NEWER,
        _MESSAGE_LOST,
        "other bytes take an object over, one message lost",
        "two replays of what was metered, copies end, one message lost",
    ),
}
"""Scenarios in which no order of steps makes a difference of what is `HARMLESS`."""
