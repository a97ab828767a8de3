"""What a history is about, drawn from its seed: which events happen, and how much goes wrong."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from simulate.wire import Dials


class Event(NamedTuple):
    """Something from outside: `what` names a method of `History`, with its arguments."""

    at: datetime
    what: str
    args: tuple[object, ...] = ()


class PolicyPlan(NamedTuple):
    """A policy in a few words: which metadata keys name a tenant, and who pays half of list."""

    tenant_keys: tuple[str, ...]
    half_price: tuple[str, ...]


POLICIES = (
    PolicyPlan(("tenantId",), ()),
    PolicyPlan(("department", "tenantId"), ()),
    PolicyPlan(("tenantId",), ("acme",)),
)


class Decided(NamedTuple):
    """A decision in a few words: from when on which of the policies holds, and for which hours."""

    at: datetime
    policy: int
    since: str | None


@dataclass
class Scene:
    """Everything drawn from a seed before a history begins."""

    begin: datetime
    hours: list[datetime]
    dials: Dials
    events: list[Event] = field(default_factory=list)
    stalling: float = 0.0
    """How often a worker stalls in the middle, while others go on."""
    stalls: str = ""
    """Only workers with this word in their name do."""
    haste: float = 0.1
    """How readily the next event happens while work is under way."""
    again: float = 0.0
    """How often a message or a stream record is delivered once more."""
    loses_records: float = 0.0
    drops_messages: float = 0.0
    impatient: float = 0.0
    """How often the state machine gives up on a worker that is still at work."""
