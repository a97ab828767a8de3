"""Choose what calls are valued with: the policy, the price book and the profile facts in force."""

from collections.abc import Callable
from datetime import datetime

from bedrock_meter.domain.policy.decisions import BOOK, POLICY, decision_for
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact, missing_profile
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.time.hours import Hour, hour_of, start_of
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.resolve_profiles import ClosingProfiles, LiveProfiles
from bedrock_meter.ports.decisions import DecisionLog, PolicyStore
from bedrock_meter.ports.profiles import ProfileFacts, ProfileSource

type Books = Callable[[str | None], PriceBook]
"""The price book of an id; None: the one that holds where nothing was decided."""


def policy_for(hour: Hour, decisions: DecisionLog, policies: PolicyStore) -> Policy:
    """Return the policy that was decided for an hour; the default one when none was."""
    decision = decision_for(decisions.decisions(POLICY), hour)
    return policies.policy(decision.id) if decision else DEFAULT_POLICY


def books_for(
    hour: Hour, decisions: DecisionLog, books: Books
) -> tuple[PriceBook, dict[str, PriceBook]]:
    """Return the price book that was decided for an hour, and those decided for single tenants."""
    decided = decisions.decisions(BOOK)
    general = decision_for(decided, hour)
    tenants = {one.tenant for one in decided if one.tenant and one.covers(hour, one.tenant)}
    chosen = {tenant: decision_for(decided, hour, tenant) for tenant in tenants}
    own = {tenant: books(one.id) for tenant, one in chosen.items() if one and one != general}
    return books(general.id if general else None), own


def closing_valuation(
    hour: Hour,
    *,
    now: datetime,
    decisions: DecisionLog,
    policies: PolicyStore,
    books: Books,
    source: ProfileSource,
    facts: ProfileFacts,
) -> Valuation:
    """Value an hour's calls by what was decided for it, and by profiles as they were at each call.

    Let it `learn` all calls of the hour first. AWS is asked then about
    profiles that are not known yet; `learn` and `of` raise `ProfilesUnavailable` when it does not
    answer: the hour waits rather than guesses.
    """
    profiles = ClosingProfiles(hour, source=source, facts=facts, now=now)
    book, own = books_for(hour, decisions, books)
    policy = policy_for(hour, decisions, policies)
    return Valuation(policy, book, profiles.fact_for, own, profiles.learn)


def remembered_valuation(
    hour: Hour,
    *,
    decisions: DecisionLog,
    policies: PolicyStore,
    books: Books,
    facts: ProfileFacts,
) -> Valuation:
    """Value calls as a close of the hour does, by what is remembered of profiles; AWS is not asked.

    For comparisons: a look must not change what the next close will see.
    """
    return closing_valuation(
        hour,
        now=start_of(hour),
        decisions=decisions,
        policies=policies,
        books=books,
        source=_Nobody(),
        facts=facts,
    )


class _Nobody:
    """`ProfileSource` that knows nothing, so that nothing new is remembered."""

    def is_ours(self, _arn: str) -> bool:
        return False

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        return missing_profile(arn, at, "nobody was asked")


def live_valuation(
    now: datetime,
    *,
    decisions: DecisionLog,
    policies: PolicyStore,
    books: Books,
    profiles: LiveProfiles,
) -> Valuation:
    """Value calls for the live preview of one log object, by what is known now."""
    known = profiles.at(now)
    hour = hour_of(now)
    book, own = books_for(hour, decisions, books)
    policy = policy_for(hour, decisions, policies)
    return Valuation(policy, book, known.fact_for, own, known.learn)
