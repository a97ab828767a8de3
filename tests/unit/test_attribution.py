"""Who a call belongs to: aliases, sources, trust, conflicts, dimensions."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.policy.attribution import TRUST, Attribution, attribution_for
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact, missing_profile

ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USER = "arn:aws:iam::111122223333:user/x/bot"
APP_ROLE = "arn:aws:sts::111122223333:assumed-role/acme-app/i-0123"


def a_profile(tags: Mapping[str, str] | None = None, arn: str = ARN) -> ProfileFact:
    return ProfileFact(arn, (MODEL,), "in_region", tags or {}, NOON, found=True)


def a_policy(**attribution: object) -> Policy:
    tenants = attribution.pop("tenants", {})
    return Policy.from_document({"attribution": attribution, "tenants": tenants})


def attributed(
    metadata: Mapping[str, str] | None = None,
    *,
    policy: Policy = DEFAULT_POLICY,
    profile: ProfileFact | None = None,
    principal: str = "",
) -> Attribution:
    return attribution_for(policy, metadata=metadata, profile=profile, principal=principal)


def by_metadata(**metadata: str) -> tuple[str | None, bool]:
    attribution = attributed(metadata)
    return attribution.tenant, attribution.conflict


@pytest.mark.parametrize("key", ["tenantId", "TENANTID", "tenant_id", "Tenant-Id", "tenant"])
def test_a_tenant_is_named_under_any_alias_in_any_case(key):
    assert attributed({key: "acme"}) == Attribution(
        "acme", "request_metadata", "caller_stated", False, {}
    )


def test_a_call_that_says_nothing_is_unattributed():
    assert attributed() == Attribution(None, "none", "none", False, {})


def test_the_order_of_aliases_decides_and_different_values_are_a_conflict():
    assert by_metadata(tenant="d", tenant_id="b", tenantId="a") == ("a", True)
    assert by_metadata(tenant="d", tenant_id="b") == ("b", True)


def test_equal_values_under_two_aliases_are_no_conflict():
    assert by_metadata(tenant="acme", TenantID="acme") == ("acme", False)


def test_within_an_alias_the_exact_case_comes_first_then_byte_order():
    assert by_metadata(TENANTID="upper", tenantId="exact") == ("exact", True)
    assert by_metadata(tenantid="lower", TENANTID="upper", TenantId="title") == ("upper", True)


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0"])
def test_a_blank_value_is_as_absent(blank):
    assert by_metadata(tenantId=blank) == (None, False)
    assert by_metadata(tenantId=blank, tenant="acme") == ("acme", False)


@pytest.mark.parametrize(
    "tenant", ["a#b", "a/b", 'say "hi"', "two\nlines", "x" * 256, "'; --", "T#acme", "Größe", "0"]
)
def test_a_tenant_id_is_kept_as_it_came(tenant):
    assert by_metadata(tenantId=tenant) == (tenant, False)


def test_what_bedrock_would_not_accept_and_nothing_could_store_names_no_tenant():
    assert by_metadata(tenantId="x" * 257) == (None, False)
    assert by_metadata(tenantId="\ud800") == (None, False)


def test_metadata_is_searched_among_sixteen_odd_keys():
    odd = {f"key {n}:@$#=/+,-." * 3: "tenant" for n in range(15)}

    assert attributed({**odd, "tenant-id": "acme"}).tenant == "acme"


def test_tags_of_the_profile_name_a_tenant_that_aws_witnessed():
    attribution = attributed(profile=a_profile({"TenantID": "acme", "Env": "prod"}))

    assert attribution == Attribution(
        "acme", "profile_tags", "aws_witnessed", False, {"environment": "prod"}
    )


def test_a_profile_nobody_knows_names_no_tenant():
    assert attributed(profile=missing_profile(ARN, NOON, "no such profile")).rule == "none"


def test_a_forged_tenant_loses_against_the_tag_and_is_a_conflict():
    attribution = attributed({"tenantId": "victim"}, profile=a_profile({"tenant": "acme"}))

    assert (attribution.tenant, attribution.rule, attribution.conflict) == (
        "acme",
        "profile_tags",
        True,
    )


def test_sources_that_agree_are_stamped_with_the_first_one():
    attribution = attributed({"tenantId": "acme"}, profile=a_profile({"tenant": "acme"}))

    assert (attribution.rule, attribution.trust, attribution.conflict) == (
        "request_metadata",
        "caller_stated",
        False,
    )


def test_the_policy_may_let_the_first_source_win_but_the_conflict_stays():
    policy = a_policy(when_sources_disagree="first_source_wins")

    attribution = attributed({"tenantId": "a"}, policy=policy, profile=a_profile({"tenant": "b"}))

    assert (attribution.tenant, attribution.conflict) == ("a", True)


def test_a_source_that_the_policy_leaves_out_says_nothing():
    policy = a_policy(sources=["profile_tags"])

    attribution = attributed({"tenantId": "a"}, policy=policy, profile=a_profile({"tenant": "b"}))

    assert (attribution.tenant, attribution.conflict) == ("b", False)


def test_sources_count_in_the_order_of_the_policy():
    policy = a_policy(
        sources=["principal", "profile_tags"],
        tenants={"by-role": {"recognised_by": {"roles": ["acme-app"]}}},
    )

    attribution = attributed(policy=policy, profile=a_profile({"tenant": "t"}), principal=APP_ROLE)

    assert (attribution.tenant, attribution.rule) == ("by-role", "principal")


@pytest.mark.parametrize(
    ("matchers", "principal"),
    [
        ({"principals": [USER]}, USER),
        ({"principals": [APP_ROLE]}, APP_ROLE),
        ({"roles": ["acme-app"]}, APP_ROLE),
        ({"roles": ["acme-*"]}, APP_ROLE),
        ({"sessions": ["acme-app/i-0123"]}, APP_ROLE),
        ({"sessions": ["*/i-0123"]}, APP_ROLE),
        ({"sessions": ["acme-app/i-*"]}, APP_ROLE),
    ],
)
def test_the_policy_recognises_identities(matchers, principal):
    policy = a_policy(tenants={"acme": {"recognised_by": matchers}})

    attribution = attributed(policy=policy, principal=principal)

    assert (attribution.tenant, attribution.rule, attribution.trust) == (
        "acme",
        "principal",
        "aws_witnessed",
    )


@pytest.mark.parametrize(
    "principal",
    [
        "",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/acme-app",
        "arn:aws:sts::111122223333:assumed-role/other/acme-app",
        "arn:aws:sts::111122223333:federated-user/acme-app",
        "acme-app",
        "arn:aws:sts::111122223333:assumed-role/xacme-app/s",
    ],
)
def test_an_identity_that_only_looks_alike_is_nobody(principal):
    policy = a_policy(tenants={"acme": {"recognised_by": {"roles": ["acme-app"]}}})

    assert attributed(policy=policy, principal=principal).tenant is None


def test_a_session_says_more_than_a_role_and_a_longer_pattern_more_than_a_shorter():
    policy = a_policy(
        tenants={
            "role": {"recognised_by": {"roles": ["shared-app"]}},
            "wide": {"recognised_by": {"sessions": ["shared-*/ab*"]}},
            "narrow": {"recognised_by": {"sessions": ["shared-app/abc*"]}},
            "exact": {"recognised_by": {"sessions": ["shared-app/abcd"]}},
        }
    )
    sessions = {"abcd": "exact", "abcx": "narrow", "abx": "wide", "x": "role"}

    for session, tenant in sessions.items():
        arn = f"arn:aws:sts::111122223333:assumed-role/shared-app/{session}"
        assert attributed(policy=policy, principal=arn).tenant == tenant


def test_a_session_pattern_reads_the_tenant_out_of_the_session():
    policy = a_policy(session_patterns=["app-*/tenant-{tenant}@prod"])
    arn = "arn:aws:sts::111122223333:assumed-role/app-eu/tenant-acme@prod"

    assert attributed(policy=policy, principal=arn).tenant == "acme"
    assert attributed(policy=policy, principal=arn + "x").tenant is None


def test_a_name_of_the_policy_means_the_tenant_wherever_it_is_read():
    policy = a_policy(
        session_patterns=["app/{tenant}"],
        tenants={"acme": {"recognised_by": {"names": ["ACME Corp"]}}},
    )
    arn = "arn:aws:sts::111122223333:assumed-role/app/ACME Corp"

    assert attributed({"tenant": "ACME Corp"}, policy=policy).tenant == "acme"
    assert attributed(policy=policy, profile=a_profile({"tenant": "ACME Corp"})).tenant == "acme"
    assert attributed({"tenant": "acme"}, policy=policy, principal=arn).conflict is False


def test_a_profile_given_to_a_tenant_needs_no_tags_and_may_be_gone():
    policy = a_policy(tenants={"acme": {"recognised_by": {"profiles": [ARN]}}})

    for fact in (a_profile(), missing_profile(ARN, NOON, "no such profile")):
        attribution = attributed(policy=policy, profile=fact)
        assert (attribution.tenant, attribution.rule) == ("acme", "profile_tags")
    contradicted = attributed(policy=policy, profile=a_profile({"tenant": "other"}))
    assert (contradicted.tenant, contradicted.conflict) == ("acme", True)


def test_dimensions_come_from_metadata_tags_and_the_tenants_attributes():
    policy = a_policy(tenants={"acme": {"attributes": {"company": "Acme", "department": "R&D"}}})

    attribution = attributed(
        {"tenantId": "acme", "App": "chat", "costCenter": "42", "colour": "red"},
        policy=policy,
        profile=a_profile({"Environment": "prod", "dept": "Sales"}),
    )

    assert attribution.dimensions == {
        "application": "chat",
        "environment": "prod",
        "department": "Sales",
        "company": "Acme",
        "cost_center": "42",
    }


def test_where_sources_differ_a_dimension_goes_by_the_same_rule_and_is_no_conflict():
    attribution = attributed({"tenantId": "a", "env": "dev"}, profile=a_profile({"env": "prod"}))

    assert (attribution.dimensions, attribution.conflict) == ({"environment": "prod"}, False)


def test_only_what_the_policy_reads_is_kept_of_metadata_and_spelled_as_logged():
    kept = DEFAULT_POLICY.kept({"TENANTID": "a", "Env": "", "prompt": "secret"})

    assert kept == {"TENANTID": "a", "Env": ""}
    assert DEFAULT_POLICY.kept({"prompt": "secret"}) is None
    assert DEFAULT_POLICY.kept({}) is None
    assert DEFAULT_POLICY.kept(None) is None


keys = st.sampled_from(["tenantId", "TenantId", "tenant_id", "tenant", "TENANT", "env", "x", ""])
values = st.text(max_size=5) | st.sampled_from(["a", "b", ""])
metadata_maps = st.dictionaries(keys, values, max_size=6)
facts = st.none() | st.builds(a_profile, metadata_maps)


@given(metadata_maps, facts, st.sampled_from(["", APP_ROLE, "nonsense"]))
def test_what_is_dropped_from_metadata_never_changes_the_attribution(metadata, fact, principal):
    policy = a_policy(tenants={"acme": {"recognised_by": {"roles": ["acme-app"]}}})

    whole = attributed(metadata, policy=policy, profile=fact, principal=principal)
    kept = attributed(policy.kept(metadata), policy=policy, profile=fact, principal=principal)

    assert kept == whole


@given(metadata_maps, facts)
def test_the_order_of_entries_never_matters(metadata, fact):
    backwards = dict(reversed(metadata.items()))

    assert attributed(backwards, profile=fact) == attributed(metadata, profile=fact)


@given(metadata_maps, facts)
def test_rule_trust_and_tenant_belong_together(metadata, fact):
    attribution = attributed(metadata, profile=fact)

    assert attribution.trust == TRUST[attribution.rule]
    assert (attribution.tenant is None) == (attribution.rule == "none")
    assert attribution.tenant is None or attribution.tenant.strip()


@given(metadata_maps, metadata_maps)
def test_what_the_caller_states_never_wins_against_what_aws_witnessed(metadata, tags):
    witnessed = attributed(None, profile=a_profile(tags))

    both = attributed(metadata, profile=a_profile(tags))

    assert witnessed.tenant in (None, both.tenant)
