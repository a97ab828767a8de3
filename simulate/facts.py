"""What happened in a history, as an observer outside the meter notes it.

Nothing here is read from what the meter stores: log objects came, workers were started and ended
well or not, operators did this or that. The right end follows from these facts.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from simulate.scenario import POLICIES

UNKNOWN = 1 << 60
"""Of something that did not end."""


class _Work:
    """What was begun at a call and ended, well or not, at another one."""

    def end(self, now: int, *, is_well: bool) -> None:
        """Note how it ended."""
        self.ended, self.is_well = now, is_well


@dataclass
class Attempt(_Work):
    """One worker that was to meter a log object.

    `begun` and `ended` count the calls of all workers. `body` is what it read, None if it read
    nothing. `is_well`: it ended without an error.
    """

    key: str
    version: int
    is_live: bool
    begun: int
    body: bytes | None = None
    ended: int = UNKNOWN
    is_well: bool = False

    def saw(self, body: bytes) -> None:
        """Note what it read."""
        self.body = body


@dataclass
class GiveUp(_Work):
    """One attempt of an operator to give a log object up."""

    key: str
    begun: int
    ended: int = UNKNOWN
    is_well: bool = False


@dataclass
class Erasure(_Work):
    """One attempt of an operator to erase a tenant."""

    tenant: str
    pseudonym: str
    begun: int
    ended: int = UNKNOWN
    is_well: bool = False


class HistoryFacts:
    """The log objects of a history, and what was done with them."""

    def __init__(self) -> None:
        self.arrived: dict[str, int] = {}
        """Keys of log objects, and at which call they came."""
        self.bodies: dict[str, bytes] = {}
        """What each log object was when it came."""
        self.out_of_reach: set[str] = set()
        """Keys that no sweep has to find: they came too late, or before metering began."""
        self.replaced: set[str] = set()
        """Keys whose bytes were replaced by others."""
        self.gone: set[str] = set()
        """Keys that were deleted."""
        self.attempts: dict[str, list[Attempt]] = defaultdict(list)
        self.givings: dict[str, list[GiveUp]] = defaultdict(list)
        self.answered: dict[str, int] = {}
        """By ARN: the call that first wrote down an inference profile."""
        self.erasures: list[Erasure] = []
        self.named: dict[str, list[tuple[int, frozenset[str | None]]]] = defaultdict(list)
        """By hour: the calls that announced a closing, and its tenants."""
        self.published: dict[str, list[int]] = defaultdict(list)
        """By hour: the calls that published it."""
        self.decided: list[tuple[int, Any]] = []
        """Decisions, each with the call at which it was begun."""
        self.sealing: list[tuple[int, str]] = []
        """Calls, each with the hour before which nothing more was to be taken from then on."""
        self.sealed: list[tuple[int, str]] = []
        """Calls, each with the hour before which all were final from then on."""
        self.ended = 0
        """Records whose evidence has expired."""

    def arrive(self, key: str, body: bytes, now: int) -> None:
        """Note that a log object came."""
        self.arrived.setdefault(key, now)
        self.bodies.setdefault(key, body)

    def is_nobodys(self, key: str) -> bool:
        """Return whether a log object never had to be found."""
        return key in self.out_of_reach or key in self.gone

    def sealed_at(self, call: int) -> str:
        """Return the hour before which nothing was taken any more at a call; empty if none."""
        return max((hour for at, hour in self.sealing if at <= call), default="")

    def decided_for(self, hour: str, before: int = UNKNOWN) -> list[Any]:
        """Return the decisions; for an hour that is final, those made before it was."""
        final = min((at for at, sealed in self.sealed if hour < sealed), default=UNKNOWN)
        return [
            self._renamed(decided, at) for at, decided in self.decided if at < min(final, before)
        ]

    def is_witness_only(self, tenant: str, before: int) -> bool:
        """Return whether a policy decided before a call has a tenant as witness-only."""
        policies = [one.number for at, one in self.decided if at < before and not one.is_book]
        return any(tenant in POLICIES[number].guard.witness_only for number in policies)

    def _renamed(self, decided: Any, at: int) -> Any:
        erased = [one for one in self.erasures if one.is_well and at < one.begun]
        return decided._replace(renamed=tuple((one.tenant, one.pseudonym) for one in erased))

    def unfinished(self) -> set[str]:
        """Return the tenants whose erasing was begun and never finished."""
        done = {one.tenant for one in self.erasures if one.is_well}
        return {one.tenant for one in self.erasures} - done

    def well(self, key: str) -> list[Attempt]:
        """Return the attempts at a log object that ended well, in that order."""
        found = [one for one in self.attempts[key] if one.is_well]
        return sorted(found, key=lambda one: one.ended)
