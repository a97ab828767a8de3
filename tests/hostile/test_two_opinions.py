"""Whose a call is, said twice: by the meter and by rules written for tests alone."""

from itertools import product
from typing import Any

import pytest

from bedrock_meter.domain.policy.attribution import attribution_for
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from tests.builders import at
from tests.oracle.naming import name_of

PROFILE = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
TENANTS = {
    "globex": {"recognised_by": {"roles": ["of-globex"]}},
    "acme": {"witness_only": True},
}
ATTRIBUTIONS = (
    {},
    {"may_state": {"roles": ["backend"]}},
    {"unlisted": "unattributed"},
    {"may_state": {"roles": ["backend", "of-globex"]}, "unlisted": "unattributed"},
    {"may_state": {"sessions": ["back*/session"]}, "when_sources_disagree": "first_source_wins"},
    {"sources": ["principal", "profile_tags", "request_metadata"]},
    {"sources": ["profile_tags", "principal"], "unlisted": "unattributed"},
)
STATED = (None, "acme", "globex", "evil ", "GLOBEX")


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_the_meter_and_the_oracle_name_the_same_tenant(attribution: dict[str, Any]) -> None:
    policy = {"attribution": attribution, "tenants": TENANTS}
    known = Policy.from_document(policy)

    for role, stated, tag in product(("backend", "of-globex", "intruder"), STATED, STATED):
        arn = f"arn:aws:sts::111122223333:assumed-role/{role}/session"
        metadata, tags = ({"tenantId": name} if name else {} for name in (stated, tag))
        fact = ProfileFact(PROFILE, (), None, tags, at("08:00"), True) if tags else None

        name = name_of({"requestMetadata": metadata, "identity": {"arn": arn}}, tags, policy)
        found = attribution_for(known, metadata=metadata, profile=fact, principal=arn)

        assert (found.tenant, found.rule, found.conflict) == name, (role, stated, tag)
