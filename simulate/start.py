"""Starting points of the explorer: so few workers that every order of their calls can be tried."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bedrock_meter.domain.levels.spend import Spend
from simulate.actors import BEGINS_AGAIN, Actor, give_up
from simulate.content import packed
from simulate.eraser import pseudonym_of
from simulate.lines import MeteredAs
from simulate.sums import UsageSum


@dataclass(frozen=True)
class StartingPoint:
    """Log objects, what was done `before` in this order, and the `actors` that then take turns.

    At most `crashes` of them die, of the kinds that are `mortal` (of all, where none is named), and
    at most `losses` stream records are lost. Where a death `forgets`, nothing begins again after
    it. `expected` is what every reader must get, for its day and its month. `has_begun`: metering.
    """

    name: str
    objects: Mapping[str, bytes]
    actors: tuple[Actor, ...]
    before: tuple[Actor, ...] = ()
    crashes: int = 0
    losses: int = 0
    expected: tuple[UsageSum, UsageSum] | None = None
    has_begun: bool = True
    forgets: bool = False
    mortal: tuple[str, ...] = ()

    @property
    def release(self) -> int:
        """The newest meter version of its readers."""
        everybody = (*self.before, *self.actors)
        return max((one.args[1] for one in everybody if one.kind in _READS), default=1)

    @property
    def closed(self) -> frozenset[str]:
        """The hours that were closed before."""
        return frozenset(hour for one in self.before if "close" in one.kind for hour in one.args)

    def begins_again(self, actor: Actor) -> bool:
        """Return whether an actor begins again after it died."""
        return self.may_die(actor) and not self.forgets and actor.kind in BEGINS_AGAIN

    def outcomes_of(self, key: str) -> list[MeteredAs]:
        """Return all that a log object may have been metered as, in the end.

        Once it is settled it keeps its bytes, unless an operator gives it up while it is read anew:
        then nothing is left of it, and the next reading takes the bytes that it finds. Readings
        only grow newer. An actor that may die for good may have left no trace, and what was given
        up need not be metered.
        """
        readers = [
            one for one in (*self.before, *self.actors) if one.kind in _READS and one.args[0] == key
        ]
        surely = [one for one in readers if not (self.forgets and self.may_die(one))]
        least = max((one.args[1] for one in surely), default=1)
        versions = {one.args[1] for one in readers if one.args[1] >= least} or {1}
        is_given_up = give_up(key) in self.actors
        keeps_bytes = any(one in self.before for one in readers) and not is_given_up
        bodies = [self.objects[key]] if keeps_bytes else self.contents_of(key)
        found = [MeteredAs(self.renamed(body), version) for body in bodies for version in versions]
        return [*found, MeteredAs(None, 0)] if is_given_up else found

    def renamed(self, body: bytes) -> bytes:
        """Return a content with the names that it has in the end."""
        text = gzip.decompress(body)
        for tenant in self.erased():
            text = text.replace(_quoted(tenant), _quoted(pseudonym_of(tenant)))
        return packed(text.splitlines())

    def erased(self) -> list[str]:
        """Return the tenants that its actors erase."""
        return [actor.args[0] for actor in self.actors if actor.kind == "erase"]

    def may_die(self, actor: Actor) -> bool:
        """Return whether an actor may die."""
        return self.crashes > 0 and (not self.mortal or actor.kind in self.mortal)

    def contents_of(self, key: str) -> Iterator[bytes]:
        """Return every content of a log object."""
        yield self.objects[key]
        yield from (one.args[1] for one in self.actors if one.kind == "overwrite")


def _quoted(tenant: str) -> bytes:
    return f'"{tenant}"'.encode()


_READS = ("ingest", "replay")


def sums_of(spend: Spend) -> tuple[UsageSum, UsageSum]:
    """Return what was spent in the day and in the month."""
    return (
        UsageSum(spend.requests_day, spend.tokens_day, spend.day),
        UsageSum(spend.requests_month, spend.tokens_month, spend.month),
    )
