"""The scenario of a history: its events, and how often calls fail."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from simulate.content import CHEAP, DEAR
from simulate.fault_rates import FaultRates
from simulate.profile_service import ProfilePlan
from simulate.scheduler import FOREVER


class ScenarioEvent(NamedTuple):
    """An event from outside: `what` names a method of `EventHandlers`, with its arguments."""

    at: datetime
    what: str
    args: tuple[object, ...] = ()


class Guard(NamedTuple):
    """What a policy does against hostile callers.

    Roles that may state ids (None: all), and the tenants that own other roles; tenants who are
    `witness_only`; whether unlisted ids name no tenant; how many of them an hour keeps apart.
    """

    may_state: tuple[str, ...] | None = None
    owners: tuple[tuple[str, str], ...] = ()
    witness_only: tuple[str, ...] = ()
    only_listed: bool = False
    most_unlisted: int = 50_000


class PolicyPlan(NamedTuple):
    """A policy in short: which metadata keys name a tenant, and who pays half of list."""

    tenant_keys: tuple[str, ...]
    half_price: tuple[str, ...]
    guard: Guard = Guard()

    def listed(self) -> tuple[str, ...]:
        """Return the tenants that the policy lists."""
        owners = (tenant for _, tenant in self.guard.owners)
        return tuple(dict.fromkeys((*self.half_price, *owners, *self.guard.witness_only)))


_PLAIN = (
    PolicyPlan(("tenantId",), ()),
    PolicyPlan(("department", "tenantId"), ()),
    PolicyPlan(("tenantId",), ("acme",)),
    PolicyPlan(("customer",), ()),
    PolicyPlan(("department",), ("sales",)),
    PolicyPlan(("customer", "tenantId"), ("globex",)),
)
_GUARDS = (
    Guard(),
    Guard(most_unlisted=1),
    Guard(may_state=("app",), owners=(("guest", "globex"),)),
    Guard(("app",), witness_only=("acme",), only_listed=True, most_unlisted=1),
)
POLICIES = tuple(plan._replace(guard=guard) for guard in _GUARDS for plan in _PLAIN)
"""The first is that of a meter without any decision."""
PLAIN_POLICIES = len(_PLAIN)
"""After so many policies the same ones come again with the next guard."""

BOOKS = ({CHEAP: 1, DEAR: 3}, {CHEAP: 2, DEAR: 6}, {CHEAP: 5})
"""Price books: dollars per million input tokens; the first is the shipped one."""


class DecisionPlan(NamedTuple):
    """A decision in short: which of the policies, or of the books, holds for which hours."""

    at: datetime
    number: int
    since: str | None = None
    until: str | None = None
    is_book: bool = False
    tenant: str | None = None
    renamed: tuple[tuple[str, str], ...] = ()
    """Tenants that were erased since, and their pseudonyms."""

    def covers(self, hour: str) -> bool:
        """Return whether the decision is about an hour."""
        return (self.since or "") <= hour and (self.until is None or hour < self.until)


class WorkerLimits(NamedTuple):
    """Time-outs of workers in milliseconds; memory of a close, in records and in totals."""

    ingest: int = 300_000
    plan: int = 300_000
    close: int = 900_000
    machine: int = 10_800_000
    room: int = FOREVER
    totals: int = FOREVER


@dataclass
class Scenario:
    """Everything drawn from a seed before a history begins."""

    begin: datetime
    hours: list[datetime]
    fault_rates: FaultRates
    events: list[ScenarioEvent] = field(default_factory=list)
    limits: WorkerLimits = field(default_factory=WorkerLimits)
    calm_ms: int = 20
    """How long a call takes after the faults have stopped."""
    constants: dict[str, Any] = field(default_factory=dict)
    """Other values for constants of the jobs, by the names in `history.CONSTANTS`."""
    keep_open: timedelta | None = None
    """How old hours are when they become final."""
    stalling: float = 0.0
    """How often a worker stalls half-way, while others go on."""
    stalls: str = ""
    """Only workers with this word in their name do."""
    stalls_before: str = ""
    """The call before which they do; any call, if none is named."""
    stall_ms: tuple[int, ...] = (20_000, 200_000, 700_000, 5_000_000)
    """How long they stall: one of these."""
    again: float = 0.0
    """How often a message or a stream record is delivered once more."""
    hidden_ms: int = 1_800_000
    """How long a message that was not processed stays hidden."""
    loses_records: float = 0.0
    drops_messages: float = 0.0
    impatient: float = 0.0
    """How often the state machine gives up on a worker that is still at work."""
    patience_ms: tuple[int, ...] = (1_000, 60_000, 900_000)
    """After how long it gives up: one of these."""
    profiles: dict[str, ProfilePlan] = field(default_factory=dict)
    """Inference profiles, by ARN."""
    poisoned: dict[str, datetime | None] = field(default_factory=dict)
    """Keys of unreadable log objects, each with the time until which they are (None: for good)."""

    def add(self, at: datetime, what: str, args: tuple[object, ...] = ()) -> None:
        """Add an event."""
        self.events.append(ScenarioEvent(at, what, args))

    def add_runs(self, *times: datetime) -> None:
        """Start the state machine at these times."""
        self.events += [ScenarioEvent(at, "run") for at in times]

    def set_rates(self, **rates: Any) -> None:
        """Change some of the fault rates."""
        self.fault_rates = self.fault_rates._replace(**rates)
