"""Starting points with an intervention: objects are read anew, overwritten, given up, erased."""

from simulate.actors import ask, erase, expire, give_up, ingest, overwrite, plan, run
from simulate.start import StartingPoint
from simulate.start_objects import (
    BOTH,
    CLOSE,
    FIRST,
    ONE,
    OTHER_BYTES,
    OTHER_HOUR,
    REPLAYED,
    REPLAYS,
    TWO_CALLS,
    call_of,
)

INTERVENTIONS = (
    StartingPoint(
        "an ingest dies, other bytes take the object over",
        {ONE: call_of(0, "acme", minute=46)},
        (ingest(ONE), overwrite(ONE, call_of(1, "globex", minute=51))),
        crashes=1,
        mortal=("ingest",),
    ),
    StartingPoint(
        "other bytes take an object over, one message lost",
        {ONE: call_of(0, "acme")},
        (REPLAYS[0], overwrite(ONE, OTHER_BYTES), REPLAYS[0]),
        crashes=1,
        forgets=True,
    ),
    StartingPoint(
        "other bytes come too late",
        {ONE: call_of(0, "acme")},
        (overwrite(ONE, OTHER_BYTES), ingest(ONE), ingest(ONE, 2, is_live=False), CLOSE),
        before=(ingest(ONE),),
    ),
    StartingPoint(
        "a second reading dies and its message is lost, one close",
        OTHER_HOUR,
        (REPLAYED, CLOSE),
        before=(ingest(ONE), CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    StartingPoint(
        "what was metered is replayed by the same release, its message is lost",
        {ONE: call_of(0, "acme")},
        (REPLAYS[0], ingest(ONE)),
        before=(ingest(ONE), CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    StartingPoint(
        "two replays of what was metered, copies end, one message lost",
        {ONE: call_of(0, "acme")},
        (REPLAYS[0], REPLAYED, expire(ONE)),
        before=(ingest(ONE), CLOSE),
        crashes=1,
        forgets=True,
    ),
    StartingPoint(
        "set aside while it is metered, one message lost",
        {ONE: call_of(0, "acme")},
        (give_up(ONE), ingest(ONE, is_live=False), CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    StartingPoint(
        "set aside while it is read again, other bytes are in its place",
        {ONE: call_of(0, "acme")},
        (REPLAYS[0], overwrite(ONE, OTHER_BYTES), give_up(ONE)),
        before=(ingest(ONE), CLOSE),
        crashes=1,
        mortal=("replay",),
    ),
    StartingPoint(
        "copies expire while a plan sweeps and a message comes again",
        TWO_CALLS,
        (expire(ONE), expire(ONE), plan(), ingest(ONE)),
        before=(*BOTH, CLOSE),
    ),
    StartingPoint(
        "a tenant is erased, a message comes again",
        {ONE: call_of(0, "acme")},
        (erase("acme"), ingest(ONE), expire(ONE)),
        before=(ingest(ONE), CLOSE),
    ),
    StartingPoint(
        "a tenant is erased while a newer release reads",
        {ONE: call_of(0, "acme")},
        (erase("acme"), ingest(ONE, 2)),
        before=(ingest(ONE), CLOSE),
    ),
    StartingPoint(
        "a tenant is erased while the object is replayed",
        {ONE: call_of(0, "acme")},
        (erase("acme"), ingest(ONE, is_live=False)),
        before=(ingest(ONE), CLOSE),
    ),
    StartingPoint(
        "a tenant is erased beside a run, one crash",
        TWO_CALLS,
        (erase("acme"), run()),
        before=(*BOTH, CLOSE),
        crashes=1,
    ),
    StartingPoint(
        "a tenant is erased while somebody asks for a close, a run",
        TWO_CALLS,
        (erase("acme"), ask(FIRST), run()),
        before=(*BOTH, CLOSE),
    ),
)
