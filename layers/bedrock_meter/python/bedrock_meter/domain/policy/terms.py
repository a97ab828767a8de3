"""Terms: everything agreed with a tenant, read from its plan's section and its own.

A section is read over a base: a key that it does not have is as in the base. Plans are read over
the file's `defaults`, tenants over their plan.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bedrock_meter.domain.levels.level import level_named
from bedrock_meter.domain.levels.plan import (
    BLOCK,
    CLOSED,
    DEFAULT_PLAN,
    NONE,
    NOTICE,
    OPEN,
    SLOW,
    Budget,
    Limits,
    Plan,
    Response,
)
from bedrock_meter.domain.policy.document import Section
from bedrock_meter.domain.policy.thresholds import LEVEL_WORDS, limit_thresholds_of, thresholds_of
from bedrock_meter.domain.pricing.contract import BadContract, contract_of
from bedrock_meter.domain.time.time_zone import zone_of

ACTIONS = (NONE, NOTICE, SLOW, BLOCK)

MOST_MARGIN = 90
MOST_DWELL = 7 * 24 * 60

CONTRACT_FORMS = (
    "{kind: percent, off: 12.5}, {kind: markup, percent: 20} or {kind: fixed, rates: …}"
)
_DOLLARS = 'dollars such as "250.00"'


@dataclass(frozen=True, slots=True)
class Terms:
    """A tenant's plan, its contract on rates, and its fixed dimensions.

    `contract` is a document that `contract_of` reads; None means public prices.
    """

    plan: Plan = DEFAULT_PLAN
    contract: Mapping[str, object] | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


DEFAULT_TERMS = Terms()


def terms_of(section: Section, base: Terms, *, name: str | None = None) -> Terms:
    """Read plan keys over a base; other keys of the section are ignored."""
    plan = replace(base.plan, name=name) if name else base.plan
    for key in section.entries:
        if key in _READERS:
            plan = _READERS[key](section, plan)
    return replace(base, plan=plan, contract=_contract_of(section, base.contract))


def _with_budgets(section: Section, plan: Plan) -> Plan:
    budgets = section.section("budgets")
    budgets.only("day", "month")
    day, month = _budget_of(budgets, "day", plan.day), _budget_of(budgets, "month", plan.month)
    return replace(plan, day=day, month=month)


def _budget_of(budgets: Section, period: str, base: Budget) -> Budget:
    if budgets.has(period) and budgets.entries[period] is None:
        return Budget()
    section = budgets.section(period)
    section.only("usd", "tokens", "requests")
    return Budget(
        cost=section.number("usd", base.cost, 18, _DOLLARS),
        tokens=section.count("tokens", base.tokens),
        requests=section.count("requests", base.requests),
    )


def _with_rates(section: Section, plan: Plan) -> Plan:
    rates = section.section("rates")
    rates.only("usd_per_5_minutes", "tokens_per_minute", "requests_per_minute")
    cost = rates, "usd_per_5_minutes", plan.cost_5m
    tokens = rates, "tokens_per_minute", plan.tokens_per_minute
    requests = rates, "requests_per_minute", plan.requests_per_minute
    return replace(
        plan,
        cost_5m=limit_thresholds_of(*cost, places=18, example='"5.00"'),
        tokens_per_minute=limit_thresholds_of(*tokens, places=0, example="100000"),
        requests_per_minute=limit_thresholds_of(*requests, places=0, example="600"),
    )


def _with_thresholds(section: Section, plan: Plan) -> Plan:
    """Read shares in percent with at most one decimal (per mille), deviations with three."""
    thresholds = section.section("thresholds")
    thresholds.only("budget", "deviation", "error_share")
    return replace(
        plan,
        share=thresholds_of(thresholds, "budget", plan.share, places=1, example="80"),
        deviation=thresholds_of(thresholds, "deviation", plan.deviation, places=3, example="4"),
        errors=thresholds_of(thresholds, "error_share", plan.errors, places=1, example="50"),
    )


def _with_hysteresis(section: Section, plan: Plan) -> Plan:
    hysteresis = section.section("hysteresis")
    hysteresis.only("margin_percent", "dwell_minutes")
    margin = hysteresis.count("margin_percent", plan.margin)
    if margin is None or margin > MOST_MARGIN:
        right = f"write percent from 0 to {MOST_MARGIN}, such as 10"
        hysteresis.complain("margin_percent", "is not a margin", right)
    minutes = hysteresis.count("dwell_minutes", None)
    if minutes is not None and minutes > MOST_DWELL:
        hysteresis.complain("dwell_minutes", "is longer than a week", "write minutes such as 60")
    dwell = plan.dwell if minutes is None else timedelta(minutes=min(minutes, MOST_DWELL))
    return replace(plan, margin=plan.margin if margin is None else margin, dwell=dwell)


def _with_forecast(section: Section, plan: Plan) -> Plan:
    return replace(plan, forecast=section.truth("forecast", plan.forecast))


def _with_stale_rule(section: Section, plan: Plan) -> Plan:
    return replace(plan, stale_rule=section.word("stale_rule", (OPEN, CLOSED), plan.stale_rule))


def _with_responses(section: Section, plan: Plan) -> Plan:
    """Read responses; a level that is written is replaced whole."""
    responses = section.section("responses")
    responses.only(*LEVEL_WORDS)
    written = {
        level_named(word): _response_of(below)
        for word, below in responses.sections()
        if word in LEVEL_WORDS
    }
    return replace(plan, responses={**plan.responses, **written})


def _response_of(section: Section) -> Response:
    section.only("action", "limits", "deny_models", "advice")
    action = section.word("action", ACTIONS, NOTICE)
    if not section.has("action"):
        section.complain(None, "says no action", f"action: one of: {', '.join(ACTIONS)}")
    for key in ("limits", "deny_models"):
        if section.has(key) and action in (NONE, NOTICE, BLOCK):
            section.complain(key, f"has no effect with action {action}", f"write action: {SLOW}")
    return Response(
        action=action,
        limits=_limits_of(section.section("limits")),
        deny=section.texts("deny_models"),
        advice=section.text("advice") or "",
    )


def _limits_of(section: Section) -> Limits:
    section.only("requests_per_minute", "tokens_per_minute")
    return Limits(section.count("requests_per_minute"), section.count("tokens_per_minute"))


def _with_assumed_rate(section: Section, plan: Plan) -> Plan:
    """Read dollars per million tokens into attodollars per token."""
    right = 'dollars per million tokens, at most 12 decimals, such as "15"'
    return replace(plan, assume_rate=section.number("assume_rate", plan.assume_rate, 12, right))


def _with_time_zone(section: Section, plan: Plan) -> Plan:
    name = section.text("time_zone", plan.time_zone) or plan.time_zone
    try:
        zone_of(name)
    except ValueError as error:
        section.complain("time_zone", str(error), "write UTC, Europe/Berlin or +05:30")
        return plan
    return replace(plan, time_zone=name)


def _with_contact(section: Section, plan: Plan) -> Plan:
    contact = section.text("contact", plan.contact) or ""
    if contact and not (contact.startswith("arn:") and ":sns:" in contact):
        right = "write the ARN of an SNS topic that the customer subscribed to"
        section.complain("contact", f"{contact!r} is not an SNS topic", right)
    return replace(plan, contact=contact)


def _contract_of(
    section: Section, base: Mapping[str, object] | None
) -> Mapping[str, object] | None:
    """Read a contract; without an id of its own it has its plan's or tenant's name."""
    if not section.has("contract"):
        return base
    if section.entries["contract"] is None:
        return None
    contract = {"id": str(section.path[-1]), **section.section("contract").entries}
    try:
        contract_of(contract)
    except BadContract as error:
        section.complain("contract", str(error).removeprefix("contract: "), CONTRACT_FORMS)
        return base
    return contract


_READERS: Mapping[str, Callable[[Section, Plan], Plan]] = {
    "budgets": _with_budgets,
    "rates": _with_rates,
    "thresholds": _with_thresholds,
    "forecast": _with_forecast,
    "hysteresis": _with_hysteresis,
    "responses": _with_responses,
    "assume_rate": _with_assumed_rate,
    "stale_rule": _with_stale_rule,
    "time_zone": _with_time_zone,
    "contact": _with_contact,
}
PLAN_KEYS = (*_READERS, "contract")
