"""Who may state a tenant's id: callers who are not believed, ids that name nobody."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.policy.attribution import Attribution, attribution_for
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.totals.valuation import Valuation
from tests.builders import a_record
from tests.log_builders import a_valuation, found_in, metered, text_of, zipped
from tests.unit.test_attribution import a_profile

SESSION = "arn:aws:sts::111122223333:assumed-role/"
BACKEND, VICTIM, OUTSIDER = f"{SESSION}saas/s", f"{SESSION}bolt-app/s", f"{SESSION}evil/s"
BOLT = {"bolt": {"recognised_by": {"roles": ["bolt-*"]}}, "acme": {}}
STATED = {"tenantId": "bolt"}


def a_policy(tenants: Any = BOLT, **attribution: Any) -> Policy:
    return Policy.from_document({"attribution": attribution, "tenants": tenants})


ONLY_BACKEND = a_policy(may_state={"roles": ["saas"]})


def attributed(policy: Policy, metadata: Any, principal: str, **given: Any) -> Attribution:
    return attribution_for(
        policy, metadata=metadata, profile=given.get("profile"), principal=principal
    )


def verdict(policy: Policy, metadata: Any, principal: str, **given: Any) -> tuple[Any, ...]:
    found = attributed(policy, metadata, principal, **given)
    return found.tenant, found.rule, found.conflict


def test_without_may_state_everybody_is_believed():
    assert verdict(a_policy(), STATED, OUTSIDER) == ("bolt", "request_metadata", False)


def test_a_backend_that_may_state_ids_states_them_for_all_its_tenants():
    for tenant in ("bolt", "acme", "nobody-listed"):
        found = verdict(ONLY_BACKEND, {"tenantId": tenant}, BACKEND)
        assert found == (tenant, "request_metadata", False)


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::111122223333:user/:assumed-role/saas/s",
        "arn:aws:iam::111122223333:user/x:assumed-role/saas/s",
        "arn:aws:sts::111122223333:federated-user/x:assumed-role/saas/s",
    ],
)
def test_a_user_whose_path_spells_a_role_is_not_taken_for_it(principal):
    """IAM takes colons in the path of a user, and whoever makes the user chooses the path."""
    by_role = a_policy({"bolt": {"recognised_by": {"roles": ["saas"]}}})
    by_session = a_policy(session_patterns=["saas/{tenant}"])

    assert verdict(ONLY_BACKEND, {"tenantId": "acme"}, principal) == (None, "none", True)
    assert verdict(by_role, None, principal) == (None, "none", False)
    assert verdict(by_session, None, principal) == (None, "none", False)


def test_what_an_outsider_states_is_a_conflict_and_names_nobody():
    assert attributed(ONLY_BACKEND, STATED, OUTSIDER) == Attribution(None, "none", "none", True, {})


def test_an_outsider_who_is_witnessed_counts_as_the_witness_says():
    profile = a_profile({"tenant": "acme"})

    assert verdict(ONLY_BACKEND, {"tenant": "acme"}, VICTIM) == ("bolt", "principal", True)
    assert verdict(ONLY_BACKEND, STATED, OUTSIDER, profile=profile) == (
        "acme",
        "profile_tags",
        True,
    )


def test_a_tenant_that_states_its_own_id_is_witnessed_and_no_conflict():
    found = attributed(ONLY_BACKEND, STATED, VICTIM)

    assert (found.tenant, found.rule, found.trust, found.conflict) == (
        "bolt",
        "principal",
        "aws_witnessed",
        False,
    )


def test_a_caller_whose_identity_is_not_logged_may_state_nothing():
    assert verdict(ONLY_BACKEND, STATED, "") == (None, "none", True)
    any_role = a_policy(may_state={"roles": ["*"], "sessions": ["*/*"]})
    assert verdict(any_role, STATED, "") == (None, "none", True)


@pytest.mark.parametrize(
    "matchers",
    [
        {"roles": ["sa*"]},
        {"sessions": ["saas/*"]},
        {"principals": [BACKEND]},
    ],
)
def test_those_who_may_are_named_like_any_identity(matchers):
    policy = a_policy(may_state=matchers)

    assert verdict(policy, STATED, BACKEND)[0] == "bolt"
    assert verdict(policy, STATED, OUTSIDER)[0] is None


def test_dimensions_are_read_of_everybody():
    assert attributed(ONLY_BACKEND, {**STATED, "env": "prod"}, OUTSIDER).dimensions == {
        "environment": "prod"
    }


def test_a_witness_only_tenant_is_never_named_by_what_callers_state():
    tenants = {"bolt": {**BOLT["bolt"], "witness_only": True, "recognised_by":
               {"roles": ["bolt-*"], "names": ["Bolt Ltd"]}}}  # fmt: skip
    policy = a_policy(tenants)

    assert verdict(policy, STATED, BACKEND) == (None, "none", True)
    assert verdict(policy, {"tenant": "Bolt Ltd"}, BACKEND) == (None, "none", True)
    assert verdict(policy, STATED, VICTIM) == ("bolt", "principal", False)
    assert verdict(policy, {"tenant": "acme"}, BACKEND)[0] == "acme"


def test_the_order_of_sources_does_not_make_an_outsider_believed():
    policy = a_policy(may_state={"roles": ["saas"]}, when_sources_disagree="first_source_wins")

    assert verdict(policy, {"tenant": "acme"}, VICTIM) == ("bolt", "principal", True)
    assert verdict(policy, {"tenant": "acme"}, BACKEND)[0] == "acme"


def test_unlisted_ids_name_a_tenant_unless_the_policy_says_otherwise():
    strict = a_policy(unlisted="unattributed", session_patterns=["saas/{tenant}"])

    assert verdict(a_policy(), {"tenant": "Bolt "}, OUTSIDER)[0] == "Bolt "
    assert verdict(strict, {"tenant": "Bolt "}, OUTSIDER) == (None, "none", False)
    assert verdict(strict, {"tenant": "Bolt "}, VICTIM) == ("bolt", "principal", True)
    assert verdict(strict, None, f"{SESSION}saas/fresh") == (None, "none", False)
    assert verdict(strict, None, OUTSIDER, profile=a_profile({"tenant": "fresh"}))[0] is None


principals = st.sampled_from(["", BACKEND, VICTIM, OUTSIDER, "nonsense"])
ids = st.sampled_from(["acme", "bolt", "Bolt", "fresh", " "])
metadata = st.dictionaries(st.sampled_from(["tenantId", "tenant", "env"]), ids, max_size=3)
profiles = st.none() | st.builds(a_profile, st.dictionaries(st.just("tenant"), ids))
policies = st.builds(
    lambda may, unlisted, witness_only, first: a_policy(
        {"bolt": {**BOLT["bolt"], "witness_only": witness_only}, "acme": {}},
        **({"may_state": may} if may else {}),
        unlisted=unlisted,
        when_sources_disagree=first,
    ),
    st.sampled_from([None, {"roles": ["saas"]}, {"sessions": ["saas/s"]}, {"roles": ["bolt-*"]}]),
    st.sampled_from(["tenant", "unattributed"]),
    st.booleans(),
    st.sampled_from(["aws_witnessed_wins", "first_source_wins"]),
)


@given(policies, metadata, profiles, principals)
def test_who_is_not_believed_is_counted_as_if_nothing_were_stated(policy, said, profile, principal):
    silent = {key: value for key, value in said.items() if key == "env"}
    whole = attributed(policy, said, principal, profile=profile)
    unsaid = attributed(policy, silent, principal, profile=profile)

    if not policy.recognition.stating.may_state(principal):
        assert (whole.tenant, whole.rule) == (unsaid.tenant, unsaid.rule)
    if whole.rule == "request_metadata":
        assert policy.recognition.stating.believes(whole.tenant or "", principal)


@given(policies, metadata, profiles, principals)
def test_where_unlisted_ids_name_nobody_every_tenant_is_listed(policy, said, profile, principal):
    found = attributed(policy, said, principal, profile=profile)

    if policy.recognition.stating.listed is not None:
        assert found.tenant is None or found.tenant in policy.tenants


@given(metadata, profiles, principals)
def test_a_policy_that_says_nothing_of_it_decides_as_before(said, profile, principal):
    written = Policy.from_document({"attribution": {"may_state": None, "unlisted": "tenant"}})

    assert attributed(written, said, principal, profile=profile) == attributed(
        DEFAULT_POLICY, said, principal, profile=profile
    )


@given(
    policies,
    st.lists(st.tuples(metadata | st.none(), principals), min_size=1, max_size=6),
)
def test_live_and_closed_totals_agree_on_who_is_believed(policy, calls):
    lines = [a_record(f"r-{n}", requestMetadata=said, identity={"arn": arn} if arn else None)
             for n, (said, arn) in enumerate(calls)]  # fmt: skip
    data = zipped(text_of(*lines))
    valuation = Valuation(policy, a_valuation().book)

    live = metered(data, valuation).partials
    closed = [valuation.of(one)[0].tenant for one in found_in(data).evidence]

    counted = {row.tenant: row.requests for partial in live for row in partial.rows}
    assert counted == {tenant: closed.count(tenant) for tenant in closed}
