"""Valuation: the verdicts on a call (whose it is, what it cost), derived from its evidence.

A valuation holds the decisions in force for one hour: policy, price book, profile facts. Equal
evidence under equal decisions gives equal verdicts, so they are derived again, never stored.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.attribution import Attribution, attribution_for
from bedrock_meter.domain.charge import Charge, charge_for, covers
from bedrock_meter.domain.contract import Contract, contract_of
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import parse_time
from bedrock_meter.domain.input_count import Counted, counted
from bedrock_meter.domain.model import ModelRef, model_of
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.price_book import PriceBook
from bedrock_meter.domain.profile import ProfileFact, profile_arn_for
from bedrock_meter.domain.sheet import Sheet
from bedrock_meter.domain.usage import Usage

_MOST_REMEMBERED = 20_000

type FactSource = Callable[[str, datetime], ProfileFact | None]
"""What is known of a profile (its ARN) for a call made at a time."""


class Tariff(NamedTuple):
    """What a tenant's calls are priced by: a price book, and a contract that changes its prices."""

    book: PriceBook
    contract: Contract | None


def no_facts(_arn: str, _at: datetime) -> ProfileFact | None:
    """Know nothing of any profile."""
    return None


class Valuation:
    """Decisions in force, applied to evidence. `books` are those of single tenants."""

    def __init__(
        self,
        policy: Policy,
        book: PriceBook,
        facts: FactSource = no_facts,
        books: Mapping[str, PriceBook] | None = None,
    ) -> None:
        self.policy = policy
        self.book = book
        self._facts = facts
        self._books = books or {}
        self._attributions: dict[object, Attribution] = {}
        self._general = Tariff(book, None)
        self._tariffs: dict[str | None, Tariff] = {}

    def of(self, evidence: Evidence) -> tuple[Attribution, Charge]:
        """Give the tenant of a call, and its charge."""
        at = parse_time(evidence.at)
        fact = self.fact_for(evidence.model_id, evidence.account, evidence.region, at)
        attribution = self.attribution_of(evidence.metadata, fact, evidence.principal)
        tariff = self.tariff_of(attribution.tenant)
        model = model_of(evidence.model_id, fact, evidence.body_model)
        usage: Usage = evidence.usage
        context: int | None = None
        assumptions = evidence.assumptions
        # Nearly all models count as documented, and this runs once a call.
        if meaning := self.book.input_count_of(model.key, evidence.operation, at):
            usage, context, more = counted(usage, meaning)
            assumptions = [*assumptions, *more]
        charge = charge_for(
            usage,
            book=tariff.book,
            model=model,
            region=evidence.region,
            tier=evidence.tier,
            at=at,
            contract=tariff.contract,
            counts=evidence.counts,
            error_code=evidence.error_code,
            assumptions=assumptions,
            context=context,
        )
        return attribution, charge

    def counted(self, usage: Usage, model: ModelRef, operation: str, at: datetime) -> Counted:
        """Give usage as it is charged: what the logged input count means is the book's to say."""
        meaning = self.book.input_count_of(model.key, operation, at)
        return counted(usage, meaning) if meaning else Counted(usage)

    def fact_for(
        self, model_id: str, account: str, region: str, at: datetime
    ) -> ProfileFact | None:
        """Give the fact about the application inference profile a call named, if it named one."""
        arn = profile_arn_for(model_id, account=account, region=region)
        return self._facts(arn, at) if arn else None

    def attribution_of(
        self, metadata: Mapping[str, str] | None, fact: ProfileFact | None, principal: str
    ) -> Attribution:
        """Name the tenant; the same callers come again and again, so answers are remembered."""
        profile = (fact.arn, fact.asked_at, fact.found) if fact else None
        key = (tuple(metadata.items()) if metadata else (), profile, principal)
        known = self._attributions.get(key)
        if known is None:
            if len(self._attributions) >= _MOST_REMEMBERED:
                self._attributions.clear()
            known = self._attributions[key] = attribution_for(
                self.policy, metadata=metadata, profile=fact, principal=principal
            )
        return known

    def tariff_of(self, tenant: str | None) -> Tariff:
        """Give the tariff of a tenant; nearly all share one."""
        tariff = self._tariffs.get(tenant)
        if tariff is None:
            if len(self._tariffs) >= _MOST_REMEMBERED:
                self._tariffs.clear()
            tariff = self._tariffs[tenant] = self._tariff_for(tenant)
        return tariff

    def _tariff_for(self, tenant: str | None) -> Tariff:
        document = self.policy.contract_for(tenant)
        book = self.book if tenant is None else self._books.get(tenant, self.book)
        if document is None and book is self.book:
            return self._general
        return Tariff(book, contract_of(document) if document else None)

    def at_book(self, book: PriceBook) -> "Valuation":
        """Give the same valuation at another price book, for all tenants."""
        return Valuation(self.policy, book, self._facts)

    def sheet_for(
        self, model: ModelRef, region: str, tier: str, at: datetime, tenant: str | None
    ) -> Sheet:
        """Give the rates a tenant's calls to a model are priced at."""
        book, contract = self.tariff_of(tenant)
        sheet = book.sheet_for(model, region, tier, at)
        if contract and covers(contract, book, model, at):
            return contract.sheet_for(sheet)
        return sheet
