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
from bedrock_meter.domain.model import ModelRef, model_of
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.price_book import PriceBook
from bedrock_meter.domain.profile import ProfileFact, profile_arn_for
from bedrock_meter.domain.sheet import Sheet

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
        self._keys_read: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._general = Tariff(book, None)
        self._tariffs: dict[str | None, Tariff] = {}

    def of(self, evidence: Evidence) -> tuple[Attribution, Charge]:
        """Give the tenant of a call, and its charge."""
        at = parse_time(evidence.at)
        fact = self.fact_for(evidence.model_id, evidence.account, evidence.region, at)
        attribution = self.attribution_of(evidence.metadata, fact, evidence.principal)
        tariff = self.tariff_of(attribution.tenant)
        charge = charge_for(
            evidence.usage,
            book=tariff.book,
            model=model_of(evidence.model_id, fact),
            region=evidence.region,
            tier=evidence.tier,
            at=at,
            contract=tariff.contract,
            counts=evidence.counts,
            error_code=evidence.error_code,
            assumptions=evidence.assumptions,
        )
        return attribution, charge

    def fact_for(
        self, model_id: str, account: str, region: str, at: datetime
    ) -> ProfileFact | None:
        """Give the fact about the application inference profile a call named, if it named one."""
        arn = profile_arn_for(model_id, account=account, region=region)
        return self._facts(arn, at) if arn else None

    def attribution_of(
        self, metadata: Mapping[str, str] | None, fact: ProfileFact | None, principal: str
    ) -> Attribution:
        """Name the tenant; the same callers come again and again, so answers are remembered.

        By what the policy reads of the metadata: the rest may be another for every call.
        """
        profile = (fact.arn, fact.asked_at, fact.found) if fact else None
        read = self._read_of(metadata) if metadata else ()
        key = (read, profile, principal)
        known = self._attributions.get(key)
        if known is None:
            _forget_if_full(self._attributions)
            known = self._attributions[key] = attribution_for(
                self.policy, metadata=dict(read), profile=fact, principal=principal
            )
        return known

    def _read_of(self, metadata: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Give the entries that the policy reads; few sets of keys occur, so each is planned."""
        names = tuple(metadata)
        read = self._keys_read.get(names)
        if read is None:
            _forget_if_full(self._keys_read)
            read = self._keys_read[names] = tuple(self.policy.kept(metadata) or ())
        return tuple([(name, metadata[name]) for name in read])

    def tariff_of(self, tenant: str | None) -> Tariff:
        """Give the tariff of a tenant; nearly all share one."""
        tariff = self._tariffs.get(tenant)
        if tariff is None:
            _forget_if_full(self._tariffs)
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


def _forget_if_full[Key, Value](memory: dict[Key, Value]) -> None:
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
