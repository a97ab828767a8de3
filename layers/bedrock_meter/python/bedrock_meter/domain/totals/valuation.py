"""Valuation: the verdicts on a call (whose it is, what it cost), derived from its evidence.

A valuation holds the decisions in force for one hour: policy, price book, profile facts. Equal
evidence under equal decisions gives equal verdicts, so they are derived again, never stored.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.policy.attribution import Attribution, attribution_for
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.profile import ProfileFact, missing_profile, profile_arn_for
from bedrock_meter.domain.pricing.charge import Charge, charge_for, covers
from bedrock_meter.domain.pricing.contract import Contract, contract_of
from bedrock_meter.domain.pricing.input_count import Counted, counted
from bedrock_meter.domain.pricing.model import ModelRef, model_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate_card import RateCard
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.memory import forget_if_full
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.records.usage import Usage
from bedrock_meter.domain.time.hours import parse_time

type FactSource = Callable[[str, datetime], ProfileFact | None]
"""What is known of a profile (its ARN) for a call made at a time; AWS is not asked."""

type Learning = Callable[[Mapping[str, bool]], None]
"""Finds out about profiles, all together; about those it knows, nothing more.

Given are their ARNs, and whether any call that succeeded names them: if not, AWS is not asked.
"""


class Tariff(NamedTuple):
    """What a tenant's calls are priced by: a price book, and a contract that changes its prices."""

    book: PriceBook
    contract: Contract | None


class Named(NamedTuple):
    """A model id that calls name, with the account and Region they were made in."""

    model_id: str
    account: str
    region: str
    succeeded: bool


def no_facts(_arn: str, _at: datetime) -> ProfileFact | None:
    """Know nothing of any profile."""
    return None


def no_learning(_named: Mapping[str, bool]) -> None:
    """Find out about no profile."""


class Valuation:
    """Decisions in force, applied to evidence. `books` are those of single tenants.

    Profiles are learnt about when a call names them; `learn` does it for many calls at once.
    """

    def __init__(
        self,
        policy: Policy,
        book: PriceBook,
        facts: FactSource = no_facts,
        books: Mapping[str, PriceBook] | None = None,
        learning: Learning = no_learning,
    ) -> None:
        self.policy = policy
        self.book = book
        self._facts = facts
        self._books = books or {}
        self._learning = learning
        self._attributions: dict[object, Attribution] = {}
        self._keys_read: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._general = Tariff(book, None)
        self._tariffs: dict[str | None, Tariff] = {}
        self._contracts: dict[int, Contract] = {}

    def learn(self, calls: Iterable[Evidence]) -> None:
        """Find out about every profile that these calls name, together, before they are valued."""
        self.learn_named({named_by(call) for call in calls})

    def learn_named(self, named: Iterable[Named]) -> None:
        """Find out about every profile among these model ids, together."""
        found: dict[str, bool] = {}
        for model_id, account, region, succeeded in named:
            arn = profile_arn_for(model_id, account=account, region=region)
            if arn:
                found[arn] = succeeded or found.get(arn, False)
        if found:
            self._learning(found)

    def of(self, evidence: Evidence) -> tuple[Attribution, Charge]:
        """Return the tenant of a call, and its charge."""
        at = parse_time(evidence.at)
        fact = self.fact_for(named_by(evidence), at)
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
        """Return usage as it is charged: the book says what the logged input count means."""
        meaning = self.book.input_count_of(model.key, operation, at)
        return counted(usage, meaning) if meaning else Counted(usage)

    def fact_for(self, named: Named, at: datetime) -> ProfileFact | None:
        """Return the fact about the application inference profile a call named, if it named one.

        Where nothing is known it still names the profile: the policy may know whose it is. For
        a failed call AWS is not asked: it cost nothing, and its id may be made up.
        """
        arn = profile_arn_for(named.model_id, account=named.account, region=named.region)
        if arn is None:
            return None
        self._learning({arn: named.succeeded})
        return self._facts(arn, at) or missing_profile(arn, at, "nothing is known")

    def attribution_of(
        self, metadata: Mapping[str, str] | None, fact: ProfileFact | None, principal: str
    ) -> Attribution:
        """Return the tenant; the same callers come again and again, so answers are remembered.

        By what the policy reads of the metadata: the rest may be another for every call.
        """
        profile = (fact.arn, fact.asked_at if fact.found else None) if fact else None
        read = self.read_of(metadata)
        key = (read, profile, principal)
        known = self._attributions.get(key)
        if known is None:
            forget_if_full(self._attributions)
            known = self._attributions[key] = attribution_for(
                self.policy, metadata=dict(read), profile=fact, principal=principal
            )
        return known

    def read_of(self, metadata: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
        """Return the entries that the policy reads; few sets of keys occur, so each is planned."""
        if not metadata:
            return ()
        names = tuple(metadata)
        read = self._keys_read.get(names)
        if read is None:
            forget_if_full(self._keys_read)
            read = self._keys_read[names] = tuple(self.policy.kept(metadata) or ())
        return tuple([(name, metadata[name]) for name in read])

    def tariff_of(self, tenant: Tenant) -> Tariff:
        """Return the tariff of a tenant; nearly all share one."""
        tariff = self._tariffs.get(tenant)
        if tariff is None:
            forget_if_full(self._tariffs)
            tariff = self._tariffs[tenant] = self._tariff_for(tenant)
        return tariff

    def _tariff_for(self, tenant: Tenant) -> Tariff:
        document = self.policy.contract_for(tenant)
        book = self.book if tenant is None else self._books.get(tenant, self.book)
        if document is None and book is self.book:
            return self._general
        return Tariff(book, self._contract_of(document) if document else None)

    def _contract_of(self, document: Mapping[str, object]) -> Contract:
        """Return a contract; tenants of one plan share its document, and so the contract."""
        contract = self._contracts.get(id(document))
        if contract is None:
            contract = self._contracts[id(document)] = contract_of(document)
        return contract

    def at_book(self, book: PriceBook) -> "Valuation":
        """Return the same valuation at another price book, for all tenants."""
        return Valuation(self.policy, book, self._facts, learning=self._learning)

    def under(self, policy: Policy) -> "Valuation":
        """Return the same valuation under another policy."""
        return Valuation(policy, self.book, self._facts, self._books, self._learning)

    def rate_card_for(
        self, model: ModelRef, region: str, tier: str, at: datetime, tenant: Tenant
    ) -> RateCard:
        """Return the rates a tenant's calls to a model are priced at."""
        book, contract = self.tariff_of(tenant)
        rate_card = book.rate_card_for(model, region, tier, at)
        if contract and covers(contract, book, model, at):
            return contract.rate_card_for(rate_card)
        return rate_card


def named_by(call: Evidence) -> Named:
    """Return the model id that a call names."""
    return Named(call.model_id, call.account, call.region, call.error_code is None)
