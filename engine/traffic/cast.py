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
class Application:
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
    Application("acme", 120, "metadata", (*CLAUDE, *OPUS), "tenantId"),
    Application("northwind", 90, "metadata", CLAUDE, "TenantID"),
    Application("globex", 70, "metadata", (*CLAUDE, *NOVA), "tenant_id"),
    Application("initech", 55, "metadata", NOVA, "TENANT_ID"),
    Application("umbra", 45, "metadata", (*CLAUDE, *EMBED), "tenant-id"),
    Application("hooli", 40, "metadata", (*OPEN, *NOVA), "tenant"),
    Application("vandelay", 34, "metadata", (*EMBED, *TITAN), "Tenant"),
    Application("wayfarer", 30, "metadata", LONG, "tenantId"),
    Application("bluebird", 26, "metadata", (*LONG, *CLAUDE), "tenant_id"),
    Application("cardinal", 24, "metadata", TITAN, "tenantId"),
    Application("driftwood", 22, "metadata", OPEN, "TenantID"),
    Application("evergreen", 20, "metadata", (*NOVA, *EMBED), "tenant"),
    Application("foxglove", 18, "metadata", CLAUDE, "tenant-id"),
    Application("greenfinch", 16, "metadata", IMAGE, "tenantId"),
    Application("north/wind #2", 14, "metadata", NOVA, "tenantId"),
    Application("Hazel + Sons", 12, "metadata", CLAUDE, "tenant_id"),
    Application("acme:emea@eu", 11, "metadata", OPEN, "TENANT_ID"),
    Application("ACME", 9, "metadata", NOVA, "tenantId"),
    Application("kestrel", 8, "metadata", OPUS, "Tenant"),
    Application(RUNAWAY, 14, "metadata", CLAUDE, "tenantId", role="agent-runner"),
    Application("orchard", 60, "profile", (), profile="orchard chat"),
    Application("saltmarsh", 40, "profile", (), profile="saltmarsh search"),
    Application("tidemill", 30, "profile", (), profile="tidemill agents"),
    Application("lighthouse", 26, "principal", CLAUDE, role="lighthouse-prod"),
    Application("quarry", 22, "principal", NOVA, role="quarry-batch"),
    Application("pilot", 12, "metadata", (), "tenantId", profile="shared sandbox"),
    Application("somebody", 10, "nobody", (), profile="shared sandbox", role="notebooks"),
    Application("somebody", 18, "nobody", (*CLAUDE, *TITAN), role="notebooks"),
    Application("yonder", 6, "metadata", EMBED, "tenantId"),
)
