"""The application inference profiles that the traffic calls through.

Whoever uploads the traffic creates them first and passes their ARNs in, because only the service
decides the opaque id at the end of an ARN.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SONNET = "anthropic.claude-sonnet-4-6"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "amazon.nova-pro-v1:0"


@dataclass(frozen=True, slots=True)
class ProfileWish:
    """A profile to create: a copy of a model, or of a system profile such as `us.…`, with tags."""

    name: str
    copy_from: str
    tags: Mapping[str, str]

    def source_arn(self, region: str, account: str) -> str:
        """Return what the profile is copied from, as CreateInferenceProfile wants it."""
        if self.copy_from.startswith("us."):
            return f"arn:aws:bedrock:{region}:{account}:inference-profile/{self.copy_from}"
        return f"arn:aws:bedrock:{region}::foundation-model/{self.copy_from}"


PROFILES = (
    ProfileWish("orchard chat", SONNET, {"tenant_id": "orchard", "application": "chat"}),
    ProfileWish("saltmarsh search", HAIKU, {"TenantId": "saltmarsh", "environment": "prod"}),
    ProfileWish("tidemill agents", NOVA, {"tenant": "tidemill", "company": "Tidemill Ltd"}),
    ProfileWish("shared sandbox", HAIKU, {"environment": "dev"}),
)
"""The last one names no tenant: its callers are named by metadata, or not at all."""
