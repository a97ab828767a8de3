"""Plans: what a tenant has agreed, where each level begins, and what happens then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bedrock_meter.domain.levels.level import NO_THRESHOLDS, Level, Thresholds

NOTICE, SLOW, BLOCK, NONE = "notice", "slow", "block", "none"
"""What a level asks of applications: nothing but a notice to people, to slow down, to stop."""
OPEN, CLOSED = "open", "closed"
"""What an application does when it cannot read its flag: call on, or stop."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limit of one period; attodollars, tokens, requests. None: not limited; 0 is a limit."""

    cost: int | None = None
    tokens: int | None = None
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast a slowed tenant may call; None: not limited."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Response:
    """What a level means for a tenant's applications. `deny` are patterns of model ids."""

    action: str
    limits: Limits = NO_LIMITS
    deny: tuple[str, ...] = ()
    advice: str = ""


DEFAULT_RESPONSES: Mapping[Level, Response] = {
    Level.YELLOW: Response(NOTICE),
    Level.ORANGE: Response(SLOW, Limits(requests_per_minute=30, tokens_per_minute=20_000)),
    Level.RED: Response(BLOCK),
}
SHARES = Thresholds(500, 800, 1000)
DEVIATIONS = Thresholds(4_000, 10_000, None)
ERRORS = Thresholds(500, None, None)


@dataclass(frozen=True, slots=True)
class Plan:
    """One tenant's plan, overrides of the tenant already applied.

    Units: `share` per mille of the budget; `cost_5m` attodollars in one 5-minute slot; rates per
    minute; `deviation` per mille of what is usual for the tenant; `errors` per mille of the
    requests; `margin` percent; `assume_rate` attodollars per token without a rate, for levels
    only, never for the bill. `is_listed`: the policy lists the tenant.
    """

    name: str = "default"
    day: Budget = Budget()
    month: Budget = Budget()
    share: Thresholds = SHARES
    cost_5m: Thresholds = NO_THRESHOLDS
    tokens_per_minute: Thresholds = NO_THRESHOLDS
    requests_per_minute: Thresholds = NO_THRESHOLDS
    forecast: bool = True
    deviation: Thresholds = DEVIATIONS
    errors: Thresholds = ERRORS
    margin: int = 10
    dwell: timedelta = timedelta(minutes=60)
    responses: Mapping[Level, Response] = field(default_factory=lambda: DEFAULT_RESPONSES)
    assume_rate: int | None = None
    stale_rule: str = OPEN
    time_zone: str = "UTC"
    contact: str = ""
    is_listed: bool = field(default=False, compare=False)

    def has_budget(self) -> bool:
        """Return whether a day or a month has a budget."""
        return self.day != Budget() or self.month != Budget()

    def has_rates(self) -> bool:
        """Return whether any rate is limited."""
        rates = (self.cost_5m, self.tokens_per_minute, self.requests_per_minute)
        return rates != (NO_THRESHOLDS,) * 3

    def response_at(self, level: Level) -> Response:
        """Return what a level means for applications; green means nothing."""
        return self.responses.get(level, Response(NONE))


DEFAULT_PLAN = Plan()
