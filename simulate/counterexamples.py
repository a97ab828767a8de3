"""The starting point from which the explorer finds a shortest counterexample of each bug.

Where a bug has none, no starting point has what it needs, such as days that go by, records that
tie, callers that are not believed, an error of a store, or memory beside the stores: such bugs are
left to histories.
"""

from typing import NamedTuple

from simulate.explorer import Code


class Counterexample(NamedTuple):
    """A starting point that shows a bug, a part of the violation, and where the bug is."""

    start: str
    message: str
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

COUNTEREXAMPLES = {
    "finish sets cleaned to dirty": Counterexample(_LATE, "requests 1, right is 2"),
    "Parquet by plain put": Counterexample(_TWO_CLOSES, "its Parquet is not its closing", "stores"),
    "names from the current evidence only": Counterexample(
        "a closed hour, a replay moves a call to another tenant, one close, one crash",
        "requests 1, right is 0",
    ),
    "the mask ignored": Counterexample(_READER, "a reader got"),
    "one record picked instead of merging": Counterexample(_LEAVES, "right is 1"),
    "evidence put without generation": Counterexample(_NEWER, "is not there", "stores"),
    "slot totals put without version": Counterexample(_FOLDS, "of slot totals", "stores"),
    "slot totals take what is in them already": Counterexample(
        "two ingests, their folds, one crash", "of partials"
    ),
    "live page put without version": Counterexample(_FOLDS, "of slot totals", "stores"),
    "day put without version": Counterexample(_NEXT_HOUR, "not part of the day", "stores"),
    "month put without version": Counterexample(
        "two days of one month, a worker each, one crash", "not part of the day", "stores"
    ),
    "hours put without epoch": Counterexample(_TWO_CLOSES, "is clean, its totals", "stores"),
    "finish without checking the epoch": Counterexample(
        _TWO_CLOSES, "a correction of acme", "stores"
    ),
    "older reading announced after newer": Counterexample(_NEWER, "requests 1, right is 0"),
    "no empty evidence": Counterexample(_NEXT_HOUR, "is not there"),
    "edges ask for no neighbour": Counterexample(_LEAVES, "requests 0, right is 1"),
    "tenants whose totals decreased are forgotten": Counterexample(
        "a call taken from a tenant, folds, one crash", "of slot totals"
    ),
    "the first bytes win, settled or not": Counterexample(
        "an ingest dies, other bytes take the object over", "not settled"
    ),
    "epoch not checked again": Counterexample(_DECIDES, "is clean, its totals", "stores"),
    "edges of the current evidence alone": Counterexample(_LEAVES, "requests 0, right is 1"),
    "item read before the published hours": Counterexample(_READER, "a reader got"),
    "hours asked for before the evidence": Counterexample(_LATE, "requests 1, right is 2"),
    "partial before evidence": Counterexample(_LATE, "requests 1, right is 2"),
    "the stream asks instead of the ingest": Counterexample(_LATE, "requests 1, right is 2"),
    "policy read before the mark": Counterexample(_DECIDES, "requests 1, right is 0"),
    "decision written after the hours were asked for": Counterexample(
        _DECIDES, "requests 1, right is 0"
    ),
    "publish before the month": Counterexample(_LATE, "not part of the day and the month"),
    "publish before the day": Counterexample(_LATE, "not part of the day and the month"),
    "a closing lost, and not read back": Counterexample(_LATE, "is clean, its totals"),
    "manifest after evidence": Counterexample(
        "other bytes take an object over, one message lost", "right is 0"
    ),
    "settle without checking the tag": Counterexample(_GIVEN_UP, "follows", "stores"),
    "copy kept before settling": Counterexample(_MESSAGE_LOST, "not settled"),
    "whoever finishes clears the list": Counterexample(
        "two replays of what was metered, copies end, one message lost", "not settled"
    ),
    "a second reading waits on no list": Counterexample(
        "a second reading dies and its message is lost, one close", "not settled"
    ),
    "the sweep copies no unfinished manifest": Counterexample(_MESSAGE_LOST, "not settled"),
    "only the copy is checked for being done": Counterexample(
        "a tenant is erased, a message comes again", "is back in the evidence"
    ),
    "an object given up is not taken back": Counterexample(_GIVEN_UP, "requests 0, right is 1"),
}
"""By the name of the bug, of `MUTATIONS` or `CALL_ORDER_BUGS`."""

MAKES_NO_DIFFERENCE = {
    "a plan takes hours that are being closed": ("a run beside a close", "two runs"),
    "a copy of what was not put": (
        _NEWER,
        _MESSAGE_LOST,
        "other bytes take an object over, one message lost",
        "two replays of what was metered, copies end, one message lost",
    ),
}
"""Starting points from which no order of calls shows a difference of what is `HARMLESS`."""
