"""The starting points: which workers take turns, on which log objects, after what."""

from datetime import timedelta
from typing import Any

from simulate.actors import NOW, close, decide, ingest, plan, read, run
from simulate.interventions import INTERVENTIONS
from simulate.scenario import DecisionPlan
from simulate.start import StartingPoint
from simulate.start_objects import (
    BOTH,
    CLOSE,
    DUPLICATES,
    FIRST,
    LEAVES_THE_EDGE,
    ONE,
    OTHER_DAY,
    OTHER_HOUR,
    OTHER_TENANT,
    OVER_THE_EDGE,
    REPLAYED,
    REPLAYS,
    SALES,
    SALES_ANEW,
    SECOND,
    TWO,
    TWO_CALLS,
    TWO_HOURS,
    call_of,
)
from simulate.sums import UsageSum


def _late(name: str, closes: int, **more: Any) -> StartingPoint:
    """An object that comes while the hour of another one is closed."""
    actors = (ingest(TWO), *(closes * [CLOSE]))
    return StartingPoint(name, TWO_CALLS, actors, (ingest(ONE),), **more)


STARTING_POINTS = (
    StartingPoint("two ingests, their folds", TWO_CALLS, BOTH),
    StartingPoint("two ingests, their folds, one crash", TWO_CALLS, BOTH, crashes=1),
    StartingPoint("two ingests, their folds, one record lost", TWO_CALLS, BOTH, losses=1),
    StartingPoint(
        "a call taken from a tenant, folds, one crash",
        {ONE: call_of(0, "acme", minute=50, anew={"requestMetadata": {"tenantId": "globex"}})},
        (ingest(ONE, 2),),
        before=(ingest(ONE),),
        crashes=1,
    ),
    _late("a late object, one close", 1),
    _late("a late object, one close, one crash", 1, crashes=1),
    _late("a late object, one close, one record lost", 1, losses=1),
    _late("a late object, two closes", 2),
    _late("a late object, two closes, one crash", 2, crashes=1),
    StartingPoint(
        "one request logged twice, one close, one crash", DUPLICATES, (*REPLAYS, CLOSE), crashes=1
    ),
    StartingPoint(
        "a closed hour, a replay moves a call to another tenant, one close, one crash",
        OTHER_TENANT,
        (REPLAYED, CLOSE),
        before=(ingest(ONE), CLOSE),
        crashes=1,
    ),
    StartingPoint(
        "a replay moves a call to another tenant, two closes",
        OTHER_TENANT,
        (REPLAYED, CLOSE, CLOSE),
        before=(ingest(ONE),),
    ),
    StartingPoint(
        "a replay moves a call to another tenant, two closes, one crash",
        OTHER_TENANT,
        (REPLAYED, CLOSE, CLOSE),
        before=(ingest(ONE),),
        crashes=1,
    ),
    StartingPoint(
        "a slow first ingest against a replay, one close",
        OTHER_TENANT,
        (ingest(ONE), REPLAYED, CLOSE),
    ),
    StartingPoint("two replays, one by a newer release", OTHER_TENANT, (REPLAYS[0], REPLAYED)),
    StartingPoint(
        "a slow first replay against a newer one, one close, one message lost",
        OTHER_TENANT,
        (REPLAYS[0], REPLAYED, CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    StartingPoint(
        "a replay moves a call to the next hour, both close",
        OTHER_HOUR,
        (REPLAYED, CLOSE, close(SECOND)),
        before=(ingest(ONE), CLOSE),
    ),
    StartingPoint(
        "one request over the edge of two hours, both close",
        OVER_THE_EDGE,
        (ingest(TWO), CLOSE, close(SECOND)),
        before=(ingest(ONE),),
    ),
    StartingPoint(
        "a newer reading leaves the edge of two hours, both are closed",
        LEAVES_THE_EDGE,
        (ingest(TWO, 2, is_live=False), CLOSE, close(SECOND)),
        before=(*BOTH, CLOSE, close(SECOND)),
    ),
    StartingPoint(
        "an operator decides on a policy while two closes run",
        SALES,
        (decide(DecisionPlan(NOW, 1, None)), CLOSE, CLOSE),
        before=(ingest(ONE),),
    ),
    StartingPoint(
        "a reader among two closes",
        TWO_HOURS,
        (read("acme"), CLOSE, CLOSE),
        before=BOTH,
        expected=2 * (UsageSum(2, 3, 3 * 10**12),),
    ),
    StartingPoint(
        "metering begins while an object comes",
        OVER_THE_EDGE,
        (ingest(ONE, is_live=False), plan()),
        before=(ingest(TWO),),
        has_begun=False,
    ),
    StartingPoint(
        "two ingests, their folds, one close, one record lost", TWO_CALLS, (*BOTH, CLOSE), losses=1
    ),
    StartingPoint("two replays, two closes", TWO_CALLS, (*REPLAYS, CLOSE, CLOSE)),
    StartingPoint(
        "two days of one month, a worker each, one crash",
        OTHER_DAY,
        (CLOSE, close("2026-11-20T09")),
        before=BOTH,
        crashes=1,
    ),
    StartingPoint(
        "two hours of one day, one worker, a late object, one crash",
        TWO_HOURS,
        (close(FIRST, SECOND), REPLAYS[1]),
        before=(ingest(ONE),),
        crashes=1,
    ),
    StartingPoint("two runs", TWO_CALLS, (run(), run()), before=BOTH),
    StartingPoint("a run beside a close", TWO_CALLS, (run(), CLOSE), before=BOTH),
    StartingPoint(
        "a run beside a late object", TWO_CALLS, (run(), REPLAYS[1]), before=(ingest(ONE),)
    ),
    StartingPoint(
        "a close outlives its time, a run takes its hour",
        TWO_CALLS,
        (run(timedelta(minutes=17)), CLOSE),
        before=BOTH,
        crashes=1,
        mortal=("close",),
    ),
    StartingPoint(
        "a reader while a close dies and a run takes its hours",
        TWO_HOURS,
        (read("acme"), close(FIRST, SECOND), run(timedelta(minutes=17))),
        before=BOTH,
        crashes=1,
        mortal=("close two",),
        expected=2 * (UsageSum(2, 3, 3 * 10**12),),
    ),
    StartingPoint(
        "a close dies, a replay and a decision",
        SALES_ANEW,
        (CLOSE, REPLAYED, decide(DecisionPlan(NOW, 1, None))),
        before=(ingest(ONE), CLOSE),
        crashes=1,
        mortal=("close",),
    ),
    StartingPoint(
        "an object is never announced, a run, one crash",
        {ONE: call_of(0, "acme")},
        (run(),),
        crashes=1,
    ),
    StartingPoint(
        "a reader while a run closes",
        TWO_HOURS,
        (read("acme"), run()),
        before=BOTH,
        expected=2 * (UsageSum(2, 3, 3 * 10**12),),
    ),
    *INTERVENTIONS,
)
