"""The policy: how tenants are recognised, what they have agreed, and how the meter reacts.

A person writes it as one YAML file; the meter keeps it as a JSON document whose hash is its id.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bedrock_meter.domain.levels.plan import Plan
from bedrock_meter.domain.policy.document import PolicyError, Problem, Section, plain
from bedrock_meter.domain.policy.principal import PrincipalRules
from bedrock_meter.domain.policy.recognition import Recognition, recognition_of
from bedrock_meter.domain.policy.terms import DEFAULT_TERMS, PLAN_KEYS, Terms, terms_of
from bedrock_meter.domain.records.aliases import RIGHT_ID, AliasIndex, usable
from bedrock_meter.domain.records.tenant import Tenant

VERSION = "1"
TENANT_KEYS = ("plan", "attributes", "recognised_by", "witness_only", *PLAN_KEYS)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything decided about tenants. `id` is the SHA-256 of the canonical document."""

    id: str
    document: Mapping[str, object] = field(repr=False, compare=False)
    recognition: Recognition = field(repr=False, compare=False)
    defaults: Terms = field(repr=False, compare=False)
    plans: Mapping[str, Terms] = field(repr=False, compare=False)
    tenants: Mapping[str, Terms] = field(repr=False, compare=False)

    @staticmethod
    def from_document(document: Mapping[str, object]) -> "Policy":
        """Read a document strictly; PolicyError tells everything that is wrong with it."""
        problems: list[Problem] = []
        entries = plain(document, (), problems)
        root = Section(entries if isinstance(entries, dict) else {}, (), problems)
        policy = _policy_of(root)
        if problems:
            raise PolicyError(problems)
        return policy

    def to_document(self) -> dict[str, object]:
        """Return the document back; reading it again gives an equal policy."""
        return dict(self.document)

    def canonical(self) -> bytes:
        """Return the document as the bytes that `id` is the hash of."""
        return canonical_bytes(self.document)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of attribution, in order."""
        return self.recognition.sources

    @property
    def tenant_aliases(self) -> tuple[str, ...]:
        """The keys that name a tenant, in order."""
        return self.recognition.tenant_aliases

    @property
    def index(self) -> AliasIndex:
        """The spellings of all keys that this policy reads."""
        return self.recognition.index

    @property
    def principals(self) -> PrincipalRules:
        """Who claims which identity."""
        return self.recognition.principals

    @property
    def dimensions(self) -> Mapping[str, tuple[str, ...]]:
        """The aliases of each dimension."""
        return self.recognition.dimensions

    def kept(self, metadata: Mapping[str, str] | None) -> dict[str, str] | None:
        """Keep the entries of request metadata that this policy reads; None when there are none."""
        return (self.recognition.index.kept(metadata) or None) if metadata else None

    def terms_for(self, tenant: Tenant) -> Terms:
        """Return what is agreed with a tenant; who is not listed has the defaults."""
        return self.defaults if tenant is None else self.tenants.get(tenant, self.defaults)

    def plan_for(self, tenant: Tenant) -> Plan:
        """Return a tenant's plan, its own overrides applied."""
        return self.terms_for(tenant).plan

    def contract_for(self, tenant: Tenant) -> Mapping[str, object] | None:
        """Return the document of a tenant's contract; None is the public list."""
        return self.terms_for(tenant).contract

    def attributes_of(self, tenant: Tenant) -> Mapping[str, str]:
        """Return the fixed dimensions that the policy lists for a tenant."""
        return self.terms_for(tenant).attributes


def canonical_bytes(document: Mapping[str, object]) -> bytes:
    """Write a document so that equal documents are equal bytes."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _policy_of(root: Section) -> Policy:
    root.only("version", "attribution", "defaults", "plans", "tenants")
    root.word("version", (VERSION,), VERSION)
    sections = dict(root.section("tenants").sections())
    recognition = recognition_of(root.section("attribution"), sections)
    defaults = _terms_of(root.section("defaults"), DEFAULT_TERMS, "default")
    plans = {
        name: _terms_of(section, defaults, name)
        for name, section in root.section("plans").sections()
    }
    return Policy(
        id=hashlib.sha256(canonical_bytes(root.entries)).hexdigest(),
        document=root.entries,
        recognition=recognition,
        defaults=defaults,
        plans=plans,
        tenants={
            tenant: _tenant_of(tenant, section, plans, defaults, recognition)
            for tenant, section in sections.items()
        },
    )


def _terms_of(section: Section, base: Terms, name: str) -> Terms:
    section.only(*PLAN_KEYS)
    return terms_of(section, base, name=name)


def _tenant_of(
    tenant: str,
    section: Section,
    plans: Mapping[str, Terms],
    defaults: Terms,
    recognition: Recognition,
) -> Terms:
    section.only(*TENANT_KEYS)
    if not usable(tenant):
        section.complain(None, "cannot be the id of a tenant", RIGHT_ID)
    plan = section.text("plan")
    if plan is not None and plan not in plans:
        known = f"one of: {', '.join(plans)}" if plans else "describe it under plans"
        section.complain("plan", f"{plan!r} is not a plan", known)
    base = plans.get(plan, defaults) if plan else defaults
    terms = terms_of(section, base)
    return replace(
        terms,
        plan=replace(terms.plan, is_listed=True),
        attributes=_attributes_of(section, recognition),
    )


def _attributes_of(section: Section, recognition: Recognition) -> Mapping[str, str]:
    attributes = section.section("attributes")
    attributes.only(*recognition.dimensions)
    values = {name: attributes.text(name) for name in attributes.entries}
    return {name: value for name, value in values.items() if value is not None}


DEFAULT_POLICY = Policy.from_document({})
"""What holds without a file."""
