"""The scenarios: which workers take turns, on which log objects, after what."""

from datetime import timedelta
from typing import Any

from simulate.actors import (
    NOW,
    ask,
    close,
    decide,
    erase,
    expire,
    give_up,
    ingest,
    overwrite,
    plan,
    read,
    run,
)
from simulate.scenario import Scenario
from simulate.scenario_logs import (
    FIRST,
    ONE,
    OTHER_BYTES,
    OTHER_DAY,
    OTHER_HOUR,
    OTHER_TENANT,
    OVER_THE_EDGE,
    SALES,
    SALES_ANEW,
    SECOND,
    TWINS,
    TWO,
    TWO_CALLS,
    TWO_HOURS,
    call_of,
)
from simulate.scene import Decided
from simulate.sums import Sum

_BOTH = (ingest(ONE), ingest(TWO))
_REPLAYS = (ingest(ONE, is_live=False), ingest(TWO, is_live=False))
_REPLAYED = ingest(ONE, 2, is_live=False)
_CLOSE = close(FIRST)


def _late(name: str, closes: int, **more: Any) -> Scenario:
    """An object that comes while the hour of another one is closed."""
    actors = (ingest(TWO), *(closes * [_CLOSE]))
    return Scenario(name, TWO_CALLS, actors, (ingest(ONE),), **more)


SCENARIOS = (
    Scenario("two ingests, their folds", TWO_CALLS, _BOTH),
    Scenario("two ingests, their folds, one crash", TWO_CALLS, _BOTH, crashes=1),
    Scenario("two ingests, their folds, one record lost", TWO_CALLS, _BOTH, losses=1),
    Scenario(
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
    Scenario(
        "one request logged twice, one close, one crash",
        TWINS,
        (*_REPLAYS, _CLOSE),
        crashes=1,
    ),
    Scenario(
        "a closed hour, a replay moves a call to another tenant, one close, one crash",
        OTHER_TENANT,
        (_REPLAYED, _CLOSE),
        before=(ingest(ONE), _CLOSE),
        crashes=1,
    ),
    Scenario(
        "a replay moves a call to another tenant, two closes",
        OTHER_TENANT,
        (_REPLAYED, _CLOSE, _CLOSE),
        before=(ingest(ONE),),
    ),
    Scenario(
        "a replay moves a call to another tenant, two closes, one crash",
        OTHER_TENANT,
        (_REPLAYED, _CLOSE, _CLOSE),
        before=(ingest(ONE),),
        crashes=1,
    ),
    Scenario(
        "a slow first ingest against a replay, one close",
        OTHER_TENANT,
        (ingest(ONE), _REPLAYED, _CLOSE),
    ),
    Scenario(
        "a slow first replay against a newer one, one close, one message lost",
        OTHER_TENANT,
        (_REPLAYS[0], _REPLAYED, _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "a replay moves a call to the next hour, both close",
        OTHER_HOUR,
        (_REPLAYED, _CLOSE, close(SECOND)),
        before=(ingest(ONE), _CLOSE),
    ),
    Scenario(
        "one request over the edge of two hours, both close",
        OVER_THE_EDGE,
        (ingest(TWO), _CLOSE, close(SECOND)),
        before=(ingest(ONE),),
    ),
    Scenario(
        "an operator decides on a policy while two closes run",
        SALES,
        (decide(Decided(NOW, 1, None)), _CLOSE, _CLOSE),
        before=(ingest(ONE),),
    ),
    Scenario(
        "a reader among two closes",
        TWO_HOURS,
        (read("acme"), _CLOSE, _CLOSE),
        before=_BOTH,
        told=2 * (Sum(2, 3, 3 * 10**12),),
    ),
    Scenario(
        "metering begins while an object comes",
        OVER_THE_EDGE,
        (ingest(ONE, is_live=False), plan()),
        before=(ingest(TWO),),
        has_begun=False,
    ),
    Scenario(
        "two ingests, their folds, one close, one record lost",
        TWO_CALLS,
        (*_BOTH, _CLOSE),
        losses=1,
    ),
    Scenario("two replays, two closes", TWO_CALLS, (*_REPLAYS, _CLOSE, _CLOSE)),
    Scenario(
        "two days of one month, a worker each, one crash",
        OTHER_DAY,
        (_CLOSE, close("2026-11-20T09")),
        before=_BOTH,
        crashes=1,
    ),
    Scenario(
        "two hours of one day, one worker, a late object, one crash",
        TWO_HOURS,
        (close(FIRST, SECOND), _REPLAYS[1]),
        before=(ingest(ONE),),
        crashes=1,
    ),
    Scenario("two runs", TWO_CALLS, (run(), run()), before=_BOTH),
    Scenario("a run beside a close", TWO_CALLS, (run(), _CLOSE), before=_BOTH),
    Scenario(
        "a run beside a late object",
        TWO_CALLS,
        (run(), _REPLAYS[1]),
        before=(ingest(ONE),),
    ),
    Scenario(
        "a close outlives its time, a run takes its hour",
        TWO_CALLS,
        (run(timedelta(minutes=17)), _CLOSE),
        before=_BOTH,
        crashes=1,
        mortal=("close",),
    ),
    Scenario(
        "a reader while a close dies and a run takes its hours",
        TWO_HOURS,
        (read("acme"), close(FIRST, SECOND), run(timedelta(minutes=17))),
        before=_BOTH,
        crashes=1,
        mortal=("close two",),
        told=2 * (Sum(2, 3, 3 * 10**12),),
    ),
    Scenario(
        "a close dies, a replay and a decision",
        SALES_ANEW,
        (_CLOSE, _REPLAYED, decide(Decided(NOW, 1, None))),
        before=(ingest(ONE), _CLOSE),
        crashes=1,
        mortal=("close",),
    ),
    Scenario(
        "nobody was told of an object, a run, one crash",
        {ONE: call_of(0, "acme")},
        (run(),),
        crashes=1,
    ),
    Scenario(
        "an ingest dies, other bytes take the object over",
        {ONE: call_of(0, "acme", minute=46)},
        (ingest(ONE), overwrite(ONE, call_of(1, "globex", minute=51))),
        crashes=1,
        mortal=("ingest",),
    ),
    Scenario(
        "other bytes take an object over, one message lost",
        {ONE: call_of(0, "acme")},
        (_REPLAYS[0], overwrite(ONE, OTHER_BYTES), _REPLAYS[0]),
        crashes=1,
        forgets=True,
    ),
    Scenario(
        "other bytes come too late",
        {ONE: call_of(0, "acme")},
        (overwrite(ONE, OTHER_BYTES), ingest(ONE), ingest(ONE, 2, is_live=False), _CLOSE),
        before=(ingest(ONE),),
    ),
    Scenario(
        "a reading anew dies and its message is lost, one close",
        OTHER_HOUR,
        (_REPLAYED, _CLOSE),
        before=(ingest(ONE), _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "what was metered is replayed by the same release, its message is lost",
        {ONE: call_of(0, "acme")},
        (_REPLAYS[0], ingest(ONE)),
        before=(ingest(ONE), _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "two replays of what was metered, copies end, one message lost",
        {ONE: call_of(0, "acme")},
        (_REPLAYS[0], _REPLAYED, expire(ONE)),
        before=(ingest(ONE), _CLOSE),
        crashes=1,
        forgets=True,
    ),
    Scenario(
        "set aside while it is metered, one message lost",
        {ONE: call_of(0, "acme")},
        (give_up(ONE), ingest(ONE, is_live=False), _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "copies expire while a plan sweeps and a message comes again",
        TWO_CALLS,
        (expire(ONE), expire(ONE), plan(), ingest(ONE)),
        before=(*_BOTH, _CLOSE),
    ),
    Scenario(
        "a tenant is erased, a message comes again",
        {ONE: call_of(0, "acme")},
        (erase("acme"), ingest(ONE), expire(ONE)),
        before=(ingest(ONE), _CLOSE),
    ),
    Scenario(
        "a tenant is erased while a newer release reads",
        {ONE: call_of(0, "acme")},
        (erase("acme"), ingest(ONE, 2)),
        before=(ingest(ONE), _CLOSE),
    ),
    Scenario(
        "a tenant is erased while the object is replayed",
        {ONE: call_of(0, "acme")},
        (erase("acme"), ingest(ONE, is_live=False)),
        before=(ingest(ONE), _CLOSE),
    ),
    Scenario(
        "a tenant is erased beside a run, one crash",
        TWO_CALLS,
        (erase("acme"), run()),
        before=(*_BOTH, _CLOSE),
        crashes=1,
    ),
    Scenario(
        "a tenant is erased while somebody asks for a close, a run",
        TWO_CALLS,
        (erase("acme"), ask(FIRST), run()),
        before=(*_BOTH, _CLOSE),
    ),
    Scenario(
        "a reader while a run closes",
        TWO_HOURS,
        (read("acme"), run()),
        before=_BOTH,
        told=2 * (Sum(2, 3, 3 * 10**12),),
    ),
)
