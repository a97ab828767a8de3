"""The oracle reads a policy by itself, and names the same tenants as the meter does."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
import yaml

from bedrock_meter.domain.policy.attribution import attribution_for
from bedrock_meter.domain.policy.profile import missing_profile, profile_arn_for
from bedrock_meter.policy_file import policy_of_text
from tests.oracle.naming import name_of

PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3d4e5f6"
SIGNS = """
attribution:
  tenant_keys: [customer, tenantId]
  session_patterns: ["saas-*/tenant-{tenant}"]
tenants:
  acme:
    recognised_by:
      names: ["ACME Corp"]
      roles: ["acme-*", "app"]
      sessions: ["shared/acme-nightly", "saas-api/tenant-special*"]
      principals: ["arn:aws:iam::111122223333:user/bot"]
  globex:
    recognised_by: {roles: ["acme-eu-*"], profiles: ["%s"]}
"""
FIRST = SIGNS.replace("attribution:", "attribution:\n  when_sources_disagree: first_source_wins")
PRINCIPAL_FIRST = FIRST.replace("attribution:", "attribution:\n  sources: [principal]")
ROLES = (
    "acme-web/x", "acme-eu-1/x", "app/y", "shared/acme-nightly", "shared/else",
    "saas-1/tenant-zeta",
    "saas-api/tenant-special-1", "nobody/z",
)  # fmt: skip
CALLERS = (
    "", "arn:aws:iam::111122223333:user/bot", "arn:aws:iam::111122223333:user/jo",
    *(f"arn:aws:sts::111122223333:assumed-role/{role}" for role in ROLES),
)  # fmt: skip
METADATA = (
    None, {"customer": "ACME Corp"}, {"CUSTOMER": "zeta", "tenantId": "acme"}, {"tenantId": " "},
)  # fmt: skip
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODELS = ("amazon.nova-lite-v1:0", PROFILE, "a1b2c3d4e5f6")


@pytest.mark.parametrize("text", [SIGNS % PROFILE, FIRST % PROFILE, PRINCIPAL_FIRST % PROFILE])
def test_both_name_the_same_tenant_by_the_same_rule(text: str) -> None:
    policy = policy_of_text(text, "tenants.yaml")
    document = yaml.safe_load(text)
    for caller, metadata, model in product(CALLERS, METADATA, MODELS):
        record: dict[str, Any] = {
            "requestMetadata": metadata,
            "identity": {"arn": caller},
            "modelId": model,
            "region": "us-east-1",
            "accountId": "111122223333",
        }
        arn = profile_arn_for(model, account="111122223333", region="us-east-1")

        mine = attribution_for(
            policy,
            metadata=metadata,
            profile=missing_profile(arn, NOON, "not asked") if arn else None,
            principal=caller,
        )
        named = name_of(record, None, document)

        assert (named.tenant, named.rule) == (mine.tenant, mine.rule), (caller, metadata, model)
        assert named.conflict == mine.conflict, (caller, metadata, model)
