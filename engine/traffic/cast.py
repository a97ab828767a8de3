"""Who calls: teams of one company, what they run, and how (if at all) each names its tenant."""

from dataclasses import dataclass

ALIASES = ("tenantId", "TenantID", "tenant_id", "TENANT_ID", "tenant-id", "tenant", "Tenant")
"""Spellings met in the wild; every one of them names the same thing."""

CLAUDE = (
    "global.anthropic.claude-sonnet-4-6",
    "us.anthropic.claude-sonnet-4-6",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic.claude-haiku-4-5-20251001-v1:0",
)
OPUS = ("global.anthropic.claude-opus-4-7", "us.anthropic.claude-opus-4-7")
LONG = ("us.anthropic.claude-haiku-5-5", "global.anthropic.claude-haiku-5-5")
NOVA = ("us.amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0", "us.amazon.nova-micro-v1:0")
OPEN = ("openai.gpt-oss-120b-1:0", "us.meta.llama3-3-70b-instruct-v1:0")
TITAN = ("amazon.titan-text-express-v1", "amazon.titan-text-lite-v1")
EMBED = ("amazon.titan-embed-text-v2:0", "cohere.embed-english-v3")
IMAGE = ("amazon.nova-canvas-v1:0", "amazon.titan-image-generator-v2:0")


@dataclass(frozen=True, slots=True)
class Caller:
    """One application of one tenant.

    `named_by` says where its tenant can be read: `metadata`, `profile`, `principal` or `nobody`;
    `weight` is its share of the traffic.
    """

    tenant: str
    weight: int
    named_by: str
    models: tuple[str, ...]
    alias: str = "tenantId"
    profile: str | None = None
    role: str = "gateway"


RUNAWAY = "ember-works"
"""The tenant whose agent runs away in the last minutes."""

CALLERS = (
    Caller("acme", 120, "metadata", (*CLAUDE, *OPUS), "tenantId"),
    Caller("northwind", 90, "metadata", CLAUDE, "TenantID"),
    Caller("globex", 70, "metadata", (*CLAUDE, *NOVA), "tenant_id"),
    Caller("initech", 55, "metadata", NOVA, "TENANT_ID"),
    Caller("umbra", 45, "metadata", (*CLAUDE, *EMBED), "tenant-id"),
    Caller("hooli", 40, "metadata", (*OPEN, *NOVA), "tenant"),
    Caller("vandelay", 34, "metadata", (*EMBED, *TITAN), "Tenant"),
    Caller("wayfarer", 30, "metadata", LONG, "tenantId"),
    Caller("bluebird", 26, "metadata", (*LONG, *CLAUDE), "tenant_id"),
    Caller("cardinal", 24, "metadata", TITAN, "tenantId"),
    Caller("driftwood", 22, "metadata", OPEN, "TenantID"),
    Caller("evergreen", 20, "metadata", (*NOVA, *EMBED), "tenant"),
    Caller("foxglove", 18, "metadata", CLAUDE, "tenant-id"),
    Caller("greenfinch", 16, "metadata", IMAGE, "tenantId"),
    Caller("north/wind #2", 14, "metadata", NOVA, "tenantId"),
    Caller("Hazel + Sons", 12, "metadata", CLAUDE, "tenant_id"),
    Caller("acme:emea@eu", 11, "metadata", OPEN, "TENANT_ID"),
    Caller("ACME", 9, "metadata", NOVA, "tenantId"),
    Caller("kestrel", 8, "metadata", OPUS, "Tenant"),
    Caller(RUNAWAY, 14, "metadata", CLAUDE, "tenantId", role="agent-runner"),
    Caller("orchard", 60, "profile", (), profile="orchard chat"),
    Caller("saltmarsh", 40, "profile", (), profile="saltmarsh search"),
    Caller("tidemill", 30, "profile", (), profile="tidemill agents"),
    Caller("lighthouse", 26, "principal", CLAUDE, role="lighthouse-prod"),
    Caller("quarry", 22, "principal", NOVA, role="quarry-batch"),
    Caller("pilot", 12, "metadata", (), "tenantId", profile="shared sandbox"),
    Caller("somebody", 10, "nobody", (), profile="shared sandbox", role="notebooks"),
    Caller("somebody", 18, "nobody", (*CLAUDE, *TITAN), role="notebooks"),
    Caller("yonder", 6, "metadata", EMBED, "tenantId"),
)
