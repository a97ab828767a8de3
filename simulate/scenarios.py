"""A few workers at a time, small enough that every order of their steps can be tried."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bedrock_meter.domain.spend import Spend
from simulate.actors import (
    BEGINS_AGAIN,
    NOW,
    Actor,
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
from simulate.content import key_of, packed, plain_record
from simulate.eraser import pseudonym_of
from simulate.laws import Sum
from simulate.oracle import Read
from simulate.scene import Decided


@dataclass(frozen=True)
class Scenario:
    """Log objects, what was done `before` in this order, and the `actors` who then take turns.

    At most so many of them die, of those kinds that are `mortal` (of all, where none is named), and
    so many stream records are lost. Where a death `forgets`, nobody begins again after it. `told`
    is what every reader has to be told, for its day and its month. Metering has begun, unless the
    scenario is about that.
    """

    name: str
    objects: Mapping[str, bytes]
    actors: tuple[Actor, ...]
    before: tuple[Actor, ...] = ()
    crashes: int = 0
    losses: int = 0
    told: tuple[Sum, Sum] | None = None
    has_begun: bool = True
    forgets: bool = False
    mortal: tuple[str, ...] = ()

    @property
    def release(self) -> int:
        """The newest meter version that reads anything."""
        everybody = (*self.before, *self.actors)
        return max((one.args[1] for one in everybody if one.kind in _READS), default=1)

    @property
    def closed(self) -> frozenset[str]:
        """The hours that are closed before it begins."""
        return frozenset(hour for one in self.before if "close" in one.kind for hour in one.args)

    def begins_again(self, actor: Actor) -> bool:
        """Tell whether an actor that dies in it begins again."""
        return self.may_die(actor) and not self.forgets and actor.kind in BEGINS_AGAIN

    def outcomes_of(self, key: str) -> list[Read]:
        """Give all that a log object may have been metered as, in the end.

        Once it is settled it keeps its bytes; readings only grow newer. Who may be stopped for good
        may have left no trace, and what was given up need not be metered.
        """
        readers = [
            one for one in (*self.before, *self.actors) if one.kind in _READS and one.args[0] == key
        ]
        surely = [one for one in readers if not (self.forgets and self.may_die(one))]
        least = max((one.args[1] for one in surely), default=1)
        versions = {one.args[1] for one in readers if one.args[1] >= least} or {1}
        is_settled = any(one in self.before for one in readers)
        bodies = [self.objects[key]] if is_settled else self.contents_of(key)
        found = [Read(self.renamed(body), version) for body in bodies for version in versions]
        return [*found, Read(None, 0)] if give_up(key) in self.actors else found

    def renamed(self, body: bytes) -> bytes:
        """Give a content under the names that it has when all is over."""
        text = gzip.decompress(body)
        for tenant in self.erased():
            text = text.replace(_quoted(tenant), _quoted(pseudonym_of(tenant)))
        return packed(text.splitlines())

    def erased(self) -> list[str]:
        """Name the tenants that are erased in it."""
        return [actor.args[0] for actor in self.actors if actor.kind == "erase"]

    def may_die(self, actor: Actor) -> bool:
        """Tell whether an actor may die in it."""
        return self.crashes > 0 and (not self.mortal or actor.kind in self.mortal)

    def contents_of(self, key: str) -> Iterator[bytes]:
        """Give every content that a log object ever has."""
        yield self.objects[key]
        yield from (one.args[1] for one in self.actors if one.kind == "overwrite")


def _quoted(tenant: str) -> bytes:
    return f'"{tenant}"'.encode()


_READS = ("ingest", "replay")


def sums_of(spend: Spend) -> tuple[Sum, Sum]:
    """Give what was spent in the day and in the month."""
    return (
        Sum(spend.requests_day, spend.tokens_day, spend.day),
        Sum(spend.requests_month, spend.tokens_month, spend.month),
    )


FIRST, SECOND = "2026-11-21T09", "2026-11-21T10"
_DAY = datetime(2026, 11, 21, tzinfo=UTC)
_ONE, _TWO = (key_of(_DAY.replace(hour=11, minute=1, second=n), n) for n in (0, 1))


def _call(
    number: int,
    tenant: str,
    *,
    day: int = 21,
    hour: int = 9,
    minute: int = 30,
    more: Mapping[str, str] | None = None,
    request: int | None = None,
    anew: Mapping[str, Any] | None = None,
) -> bytes:
    """Give a log object of one call; `anew` is what a newer reading finds."""
    record = plain_record(number, _DAY.replace(day=day, hour=hour, minute=minute))
    record["requestMetadata"] = {"tenantId": tenant, **(more or {})}
    if request is not None:
        record["requestId"] = f"r{request}"
    if anew:
        record["x2"] = anew
    return packed([json.dumps(record).encode()])


_TWO_CALLS = {_ONE: _call(0, "acme"), _TWO: _call(1, "acme")}
_OTHER_TENANT = {_ONE: _call(0, "acme", anew={"requestMetadata": {"tenantId": "globex"}})}
_OTHER_HOUR = {_ONE: _call(0, "acme", anew={"timestamp": "2026-11-21T10:30:00Z"})}
_TWINS = {_ONE: _call(0, "acme"), _TWO: _call(1, "globex", request=0)}
_OVER_THE_EDGE = {
    _ONE: _call(0, "acme", minute=58),
    _TWO: _call(1, "acme", hour=10, minute=3, request=0),
}
_SALES_ANEW = {
    _ONE: _call(
        0, "acme", more={"department": "sales"}, anew={"requestMetadata": {"tenantId": "globex"}}
    )
}
_SALES = {_ONE: _call(0, "acme", more={"department": "sales"})}
_TWO_HOURS = {_ONE: _call(0, "acme"), _TWO: _call(1, "acme", hour=10)}
_BOTH = (ingest(_ONE), ingest(_TWO))
_REPLAYS = (ingest(_ONE, is_live=False), ingest(_TWO, is_live=False))
_OTHER_DAY = {_ONE: _call(0, "acme"), _TWO: _call(1, "acme", day=20)}
_OTHER_BYTES = _call(1, "globex", hour=10)
_REPLAYED = ingest(_ONE, 2, is_live=False)
_CLOSE = close(FIRST)


def _late(name: str, closes: int, **more: Any) -> Scenario:
    """An object that comes while the hour of another one is closed."""
    actors = (ingest(_TWO), *(closes * [_CLOSE]))
    return Scenario(name, _TWO_CALLS, actors, (ingest(_ONE),), **more)


SCENARIOS = (
    Scenario("two ingests, their folds", _TWO_CALLS, _BOTH),
    Scenario("two ingests, their folds, one crash", _TWO_CALLS, _BOTH, crashes=1),
    Scenario("two ingests, their folds, one record lost", _TWO_CALLS, _BOTH, losses=1),
    Scenario(
        "a call taken from a tenant, folds, one crash",
        {_ONE: _call(0, "acme", minute=50, anew={"requestMetadata": {"tenantId": "globex"}})},
        (ingest(_ONE, 2),),
        before=(ingest(_ONE),),
        crashes=1,
    ),
    _late("a late object, one close", 1),
    _late("a late object, one close, one crash", 1, crashes=1),
    _late("a late object, one close, one record lost", 1, losses=1),
    _late("a late object, two closes", 2),
    _late("a late object, two closes, one crash", 2, crashes=1),
    Scenario(
        "one request logged twice, one close, one crash",
        _TWINS,
        (*_REPLAYS, _CLOSE),
        crashes=1,
    ),
    Scenario(
        "a closed hour, a replay moves a call to another tenant, one close, one crash",
        _OTHER_TENANT,
        (_REPLAYED, _CLOSE),
        before=(ingest(_ONE), _CLOSE),
        crashes=1,
    ),
    Scenario(
        "a replay moves a call to another tenant, two closes",
        _OTHER_TENANT,
        (_REPLAYED, _CLOSE, _CLOSE),
        before=(ingest(_ONE),),
    ),
    Scenario(
        "a replay moves a call to another tenant, two closes, one crash",
        _OTHER_TENANT,
        (_REPLAYED, _CLOSE, _CLOSE),
        before=(ingest(_ONE),),
        crashes=1,
    ),
    Scenario(
        "a slow first ingest against a replay, one close",
        _OTHER_TENANT,
        (ingest(_ONE), _REPLAYED, _CLOSE),
    ),
    Scenario(
        "a slow first replay against a newer one, one close, one message lost",
        _OTHER_TENANT,
        (_REPLAYS[0], _REPLAYED, _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "a replay moves a call to the next hour, both close",
        _OTHER_HOUR,
        (_REPLAYED, _CLOSE, close(SECOND)),
        before=(ingest(_ONE), _CLOSE),
    ),
    Scenario(
        "one request over the edge of two hours, both close",
        _OVER_THE_EDGE,
        (ingest(_TWO), _CLOSE, close(SECOND)),
        before=(ingest(_ONE),),
    ),
    Scenario(
        "an operator decides on a policy while two closes run",
        _SALES,
        (decide(Decided(NOW, 1, None)), _CLOSE, _CLOSE),
        before=(ingest(_ONE),),
    ),
    Scenario(
        "a reader among two closes",
        _TWO_HOURS,
        (read("acme"), _CLOSE, _CLOSE),
        before=_BOTH,
        told=2 * (Sum(2, 3, 3 * 10**12),),
    ),
    Scenario(
        "metering begins while an object comes",
        _OVER_THE_EDGE,
        (ingest(_ONE, is_live=False), plan()),
        before=(ingest(_TWO),),
        has_begun=False,
    ),
    Scenario(
        "two ingests, their folds, one close, one record lost",
        _TWO_CALLS,
        (*_BOTH, _CLOSE),
        losses=1,
    ),
    Scenario("two replays, two closes", _TWO_CALLS, (*_REPLAYS, _CLOSE, _CLOSE)),
    Scenario(
        "two days of one month, a worker each, one crash",
        _OTHER_DAY,
        (_CLOSE, close("2026-11-20T09")),
        before=_BOTH,
        crashes=1,
    ),
    Scenario(
        "two hours of one day, one worker, a late object, one crash",
        _TWO_HOURS,
        (close(FIRST, SECOND), _REPLAYS[1]),
        before=(ingest(_ONE),),
        crashes=1,
    ),
    Scenario("two runs", _TWO_CALLS, (run(), run()), before=_BOTH),
    Scenario("a run beside a close", _TWO_CALLS, (run(), _CLOSE), before=_BOTH),
    Scenario(
        "a run beside a late object",
        _TWO_CALLS,
        (run(), _REPLAYS[1]),
        before=(ingest(_ONE),),
    ),
    Scenario(
        "a close outlives its time, a run takes its hour",
        _TWO_CALLS,
        (run(timedelta(minutes=17)), _CLOSE),
        before=_BOTH,
        crashes=1,
        mortal=("close",),
    ),
    Scenario(
        "a reader while a close dies and a run takes its hours",
        _TWO_HOURS,
        (read("acme"), close(FIRST, SECOND), run(timedelta(minutes=17))),
        before=_BOTH,
        crashes=1,
        mortal=("close two",),
        told=2 * (Sum(2, 3, 3 * 10**12),),
    ),
    Scenario(
        "a close dies, a replay and a decision",
        _SALES_ANEW,
        (_CLOSE, _REPLAYED, decide(Decided(NOW, 1, None))),
        before=(ingest(_ONE), _CLOSE),
        crashes=1,
        mortal=("close",),
    ),
    Scenario(
        "nobody was told of an object, a run, one crash",
        {_ONE: _call(0, "acme")},
        (run(),),
        crashes=1,
    ),
    Scenario(
        "an ingest dies, other bytes take the object over",
        {_ONE: _call(0, "acme", minute=46)},
        (ingest(_ONE), overwrite(_ONE, _call(1, "globex", minute=51))),
        crashes=1,
        mortal=("ingest",),
    ),
    Scenario(
        "other bytes take an object over, one message lost",
        {_ONE: _call(0, "acme")},
        (_REPLAYS[0], overwrite(_ONE, _OTHER_BYTES), _REPLAYS[0]),
        crashes=1,
        forgets=True,
    ),
    Scenario(
        "other bytes come too late",
        {_ONE: _call(0, "acme")},
        (overwrite(_ONE, _OTHER_BYTES), ingest(_ONE), ingest(_ONE, 2, is_live=False), _CLOSE),
        before=(ingest(_ONE),),
    ),
    Scenario(
        "a reading anew dies and its message is lost, one close",
        _OTHER_HOUR,
        (_REPLAYED, _CLOSE),
        before=(ingest(_ONE), _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "what was metered is replayed by the same release, its message is lost",
        {_ONE: _call(0, "acme")},
        (_REPLAYS[0], ingest(_ONE)),
        before=(ingest(_ONE), _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "two replays of what was metered, copies end, one message lost",
        {_ONE: _call(0, "acme")},
        (_REPLAYS[0], _REPLAYED, expire(_ONE)),
        before=(ingest(_ONE), _CLOSE),
        crashes=1,
        forgets=True,
    ),
    Scenario(
        "set aside while it is metered, one message lost",
        {_ONE: _call(0, "acme")},
        (give_up(_ONE), ingest(_ONE, is_live=False), _CLOSE),
        crashes=1,
        forgets=True,
        mortal=("replay",),
    ),
    Scenario(
        "copies expire while a plan sweeps and a message comes again",
        _TWO_CALLS,
        (expire(_ONE), expire(_ONE), plan(), ingest(_ONE)),
        before=(*_BOTH, _CLOSE),
    ),
    Scenario(
        "a tenant is erased, a message comes again",
        {_ONE: _call(0, "acme")},
        (erase("acme"), ingest(_ONE), expire(_ONE)),
        before=(ingest(_ONE), _CLOSE),
    ),
    Scenario(
        "a tenant is erased while a newer release reads",
        {_ONE: _call(0, "acme")},
        (erase("acme"), ingest(_ONE, 2)),
        before=(ingest(_ONE), _CLOSE),
    ),
    Scenario(
        "a tenant is erased while the object is replayed",
        {_ONE: _call(0, "acme")},
        (erase("acme"), ingest(_ONE, is_live=False)),
        before=(ingest(_ONE), _CLOSE),
    ),
    Scenario(
        "a tenant is erased beside a run, one crash",
        _TWO_CALLS,
        (erase("acme"), run()),
        before=(*_BOTH, _CLOSE),
        crashes=1,
    ),
    Scenario(
        "a tenant is erased while somebody asks for a close, a run",
        _TWO_CALLS,
        (erase("acme"), ask(FIRST), run()),
        before=(*_BOTH, _CLOSE),
    ),
    Scenario(
        "a reader while a run closes",
        _TWO_HOURS,
        (read("acme"), run()),
        before=_BOTH,
        told=2 * (Sum(2, 3, 3 * 10**12),),
    ),
)
