"""The policy document: what it means, what it inherits, and every way in which it is refused."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.levels.level import Level, Thresholds
from bedrock_meter.domain.levels.plan import DEFAULT_PLAN, Budget, Limits, Response
from bedrock_meter.domain.policy.document import PolicyError, scaled, spelled
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.pricing.money import ATTO


def read(**document: object) -> Policy:
    return Policy.from_document(document)


def plan_of(**section: object):
    return read(tenants={"acme": section}).plan_for("acme")


def problems_of(**document: object) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        read(**document)
    return [str(problem) for problem in refused.value.problems]


def test_an_empty_document_is_the_default_policy():
    assert Policy.from_document({}) == DEFAULT_POLICY
    assert DEFAULT_POLICY.plan_for("anybody") == DEFAULT_PLAN
    assert DEFAULT_POLICY.contract_for("anybody") is None


def test_a_plan_in_full():
    plan = plan_of(
        budgets={
            "day": {"usd": "50.5", "tokens": 10, "requests": "1_000"},
            "month": {"usd": "0.000000000000000001"},
        },
        rates={
            "usd_per_5_minutes": "5",
            "tokens_per_minute": {"yellow": 1, "orange": 2, "red": None},
            "requests_per_minute": 601,
        },
        thresholds={
            "budget": {"yellow": "62.5", "orange": 90},
            "deviation": {"yellow": "2.5"},
            "error_share": {"yellow": 20, "orange": 40, "red": 60},
        },
        forecast=False,
        hysteresis={"margin_percent": 20, "dwell_minutes": 15},
        responses={
            "orange": {
                "action": "slow",
                "limits": {"requests_per_minute": 3},
                "deny_models": ["anthropic.claude-opus-*"],
                "advice": "use the small model",
            }
        },
        assume_rate="15",
        stale_rule="closed",
        time_zone="Europe/Berlin",
        contact="arn:aws:sns:eu-central-1:111122223333:acme",
    )

    assert plan.day == Budget(cost=50_500_000_000_000_000_000, tokens=10, requests=1000)
    assert plan.month == Budget(cost=1)
    assert plan.cost_5m == Thresholds(ATTO * 5 // 2, 4 * ATTO, 5 * ATTO)
    assert plan.tokens_per_minute == Thresholds(1, 2, None)
    assert plan.requests_per_minute == Thresholds(301, 481, 601)
    assert plan.share == Thresholds(625, 900, 1000)
    assert plan.deviation == Thresholds(2500, 10_000, None)
    assert plan.errors == Thresholds(200, 400, 600)
    assert (plan.forecast, plan.margin, plan.dwell) == (False, 20, timedelta(minutes=15))
    assert plan.responses[Level.ORANGE] == Response(
        "slow", Limits(requests_per_minute=3), ("anthropic.claude-opus-*",), "use the small model"
    )
    assert plan.responses[Level.RED] == DEFAULT_PLAN.responses[Level.RED]
    assert plan.assume_rate == 15 * ATTO // 1_000_000
    assert (plan.stale_rule, plan.time_zone) == ("closed", "Europe/Berlin")


def test_a_tenant_is_read_over_its_plan_and_a_plan_over_the_defaults():
    policy = read(
        defaults={"budgets": {"month": {"usd": 10}}, "time_zone": "Asia/Tokyo"},
        plans={"gold": {"budgets": {"month": {"tokens": 5}}}},
        tenants={
            "acme": {"plan": "gold", "budgets": {"day": {"usd": 1}}},
            "free": {"plan": "gold", "budgets": {"month": {"usd": None}}},
            "bare": {"budgets": {"month": None}},
        },
    )

    acme, free, bare = (policy.plan_for(name) for name in ("acme", "free", "bare"))
    assert (acme.name, acme.day.cost, acme.month) == ("gold", ATTO, Budget(10 * ATTO, 5))
    assert acme.time_zone == "Asia/Tokyo"
    assert free.month == Budget(None, 5)
    assert (bare.name, bare.month) == ("default", Budget())
    assert policy.plan_for("who?").month == Budget(10 * ATTO)
    assert policy.plan_for(None).name == "default"


def test_null_takes_a_signal_away():
    assert plan_of(thresholds={"error_share": None}).errors == Thresholds()


def test_a_dimension_without_keys_is_found_under_its_own_name():
    policy = read(attribution={"dimensions": {"team": None, "city": []}})

    assert policy.recognition.dimensions == {"team": ("team",), "city": ("city",)}


def test_a_policy_shows_what_it_looks_at_and_the_bytes_it_is_known_by():
    policy = read(attribution={"sources": ["principal"], "tenant_keys": ["org"]})

    assert (policy.recognition.sources, policy.recognition.tenant_aliases) == (
        ("principal",),
        ("org",),
    )
    assert hashlib.sha256(policy.canonical()).hexdigest() == policy.id


def test_a_zero_budget_is_a_budget():
    assert plan_of(budgets={"day": {"usd": 0}}).day.cost == 0


def test_a_contract_is_known_by_the_name_of_its_plan_or_tenant():
    policy = read(
        plans={"gold": {"contract": {"kind": "percent", "off": "12.5"}}},
        tenants={
            "acme": {"plan": "gold"},
            "list": {"plan": "gold", "contract": None},
            "own": {"plan": "gold", "contract": {"kind": "markup", "percent": "20"}},
        },
    )

    assert policy.contract_for("acme") == {"id": "gold", "kind": "percent", "off": "12.5"}
    assert policy.contract_for("list") is None
    assert policy.contract_for("own") == {"id": "own", "kind": "markup", "percent": "20"}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"plan": {}}, "plan: is not known here; did you mean 'plans'?"),
        ({"tenants": {"\ud800": {}}}, "is half a character"),
        ({"version": 2}, "version: '2' is not known; one of: 1"),
        ({"tenants": ["acme"]}, "tenants: a list is not a mapping"),
        ({"tenants": {"a#b": "gold"}}, """tenants["a#b"]: 'gold' is not a mapping"""),
        ({"tenants": {" ": {}}}, 'tenants[" "]: cannot be the id of a tenant'),
        ({"tenants": {"x": {"plan": "gold"}}}, "'gold' is not a plan; describe it under plans"),
        ({"tenants": {"x": {"atributes": {}}}}, "did you mean 'attributes'?"),
        ({"tenants": {"x": {"attributes": {"colour": "red"}}}}, "known keys: application, env"),
        ({"defaults": {"budgets": {"week": {}}}}, "defaults.budgets.week: is not known here"),
        ({"defaults": {"budgets": {"day": {"usd": "-1"}}}}, "'-1' cannot be read; write dollars"),
        ({"defaults": {"budgets": {"day": {"usd": "1e3"}}}}, "'1e3' cannot be read"),
        ({"defaults": {"budgets": {"day": {"usd": "NaN"}}}}, "'NaN' cannot be read"),
        ({"defaults": {"budgets": {"day": {"usd": 0.1}}}}, "0.1 cannot be read exactly"),
        ({"defaults": {"budgets": {"day": {"usd": True}}}}, "true cannot be read"),
        ({"defaults": {"budgets": {"day": {"usd": "0." + "0" * 18 + "1"}}}}, "cannot be read"),
        ({"defaults": {"budgets": {"day": {"tokens": "1.5"}}}}, "write a whole number"),
        ({"defaults": {"rates": {"tokens_per_minute": 0}}}, "0 is always reached"),
        ({"defaults": {"thresholds": {"budget": {"yellow": 90}}}}, "keep yellow < orange < red"),
        ({"defaults": {"thresholds": {"budget": {"yellow": 0}}}}, "0 is always reached"),
        ({"defaults": {"thresholds": {"budget": {"yellow": "1.23"}}}}, "such as 80"),
        ({"defaults": {"thresholds": {"budget": {"purple": 1}}}}, "yellow, orange, red"),
        ({"defaults": {"hysteresis": {"margin_percent": 91}}}, "write percent from 0 to 90"),
        ({"defaults": {"hysteresis": {"dwell_minutes": 99_999}}}, "longer than a week"),
        ({"defaults": {"responses": {"green": {"action": "none"}}}}, "responses.green"),
        ({"defaults": {"responses": {"red": {}}}}, "says no action; action: one of: none, notice"),
        ({"defaults": {"responses": {"red": {"action": "stop"}}}}, "one of: none, notice, slow"),
        (
            {"defaults": {"responses": {"red": {"action": "block", "deny_models": ["a"]}}}},
            "has no effect with action block; write action: slow",
        ),
        ({"defaults": {"forecast": "yes"}}, "'yes' is neither; write true or false"),
        ({"defaults": {"stale_rule": "ajar"}}, "'ajar' is not known; one of: open, closed"),
        ({"defaults": {"time_zone": "Mars/Olympus"}}, "write UTC, Europe/Berlin or +05:30"),
        ({"defaults": {"time_zone": "+05:37"}}, "is not a multiple of 15 minutes"),
        ({"defaults": {"time_zone": "../../etc/passwd"}}, "is not a time zone"),
        ({"defaults": {"time_zone": "+14:15"}}, "is further from UTC than any place"),
        ({"defaults": {"time_zone": ["UTC"]}}, "a list is not text; write some text"),
        ({"defaults": {"rates": {"requests_per_minute": "many"}}}, "'many' cannot be read"),
        ({"attribution": {"sources": {"a": "b"}}}, "a mapping is not a list"),
        ({"defaults": {"contact": "ops@example.com"}}, "write the ARN of an SNS topic"),
        ({"defaults": {"contract": {"kind": "gift"}}}, "none of fixed, percent, markup"),
        ({"attribution": {"sources": ["tags"]}}, "one of: request_metadata, profile_tags"),
        ({"attribution": {"sources": ["principal"] * 2}}, "is given twice"),
        ({"attribution": {"tenant_keys": ["Org", "ORG"]}}, "keys match in any case"),
        ({"attribution": {"dimensions": {"tenant": ["x"]}}}, "cannot be the name of a dimension"),
        ({"attribution": {"dimensions": {"a b": ["x"]}}}, "cannot be the name of a dimension"),
        ({"attribution": {"dimensions": {f"d{n}": None for n in range(9)}}}, "keep at most 8"),
        ({"attribution": {"session_patterns": ["{tenant}/x"]}}, "names no tenant"),
        ({"attribution": {"session_patterns": ["app/*"]}}, "names no tenant"),
    ],
)
def test_every_problem_names_its_place_and_its_remedy(document: Mapping[str, object], problem: str):
    assert problem in "\n".join(problems_of(**document))


@pytest.mark.parametrize(
    ("kind", "value", "remedy"),
    [
        ("principals", "arn:aws:iam::1:role/app", "write its name under roles"),
        ("principals", "app", "write the ARN as logged"),
        ("roles", "path/app", "logs drop its path"),
        ("roles", "app-{tenant}", "belongs under attribution.session_patterns"),
        ("sessions", "alice", "write ROLE/SESSION"),
        ("profiles", "arn:aws:bedrock:us-east-1::inference-profile/us.x", "application inference"),
        ("names", " ", "write 1 to 256 characters"),
    ],
)
def test_a_matcher_that_fits_nothing_in_any_log_is_refused(kind, value, remedy):
    problems = problems_of(tenants={"acme": {"recognised_by": {kind: [value]}}})

    assert len(problems) == 1
    assert remedy in problems[0]


def test_two_tenants_cannot_have_the_same_matcher():
    matchers = {"recognised_by": {"roles": ["app"]}}

    problems = problems_of(tenants={"acme": matchers, "bolt": matchers})

    assert problems == [
        "tenants.bolt.recognised_by.roles: 'app' belongs to 'acme' too; leave it to one of them"
    ]


def test_a_tenants_id_cannot_be_another_tenants_name():
    problems = problems_of(tenants={"acme": {"recognised_by": {"names": ["bolt"]}}, "bolt": {}})

    assert "'bolt' is a tenant itself" in problems[0]


@pytest.mark.parametrize(
    ("attribution", "right"),
    [
        ({"may_state": ["app"]}, "attribution.may_state: a list is not a mapping"),
        ({"may_state": {}}, "attribution.may_state: nobody is named"),
        ({"may_state": {"roles": []}}, "attribution.may_state: nobody is named"),
        ({"may_state": {"role": ["app"]}}, "did you mean 'roles'?"),
        ({"may_state": {"roles": ["path/app"]}}, "logs drop its path"),
        ({"may_state": {"sessions": ["alice"]}}, "write ROLE/SESSION"),
        ({"may_state": {"principals": ["app"]}}, "write the ARN as logged"),
        ({"unlisted": "nobody"}, "one of: tenant, unattributed"),
        ({"most_unlisted": "-1"}, "write a whole number such as 1000"),
    ],
)
def test_whose_word_counts_is_read_strictly(attribution, right):
    problems = problems_of(attribution=attribution)

    assert len(problems) == 1
    assert right in problems[0]


def test_witness_only_is_true_or_false():
    (problem,) = problems_of(tenants={"acme": {"witness_only": "yes"}})

    assert problem == "tenants.acme.witness_only: 'yes' is neither; write true or false"


def test_all_problems_are_reported_at_once():
    assert len(problems_of(plan=1, version=3, tenants={"x": {"plan": "y", "time_zone": "z"}})) == 4


def test_the_id_is_that_of_the_content_not_of_its_spelling():
    one = read(defaults={"budgets": {"day": {"usd": 5, "tokens": 7}}})
    same = read(defaults={"budgets": {"day": {"tokens": Decimal(7), "usd": "5"}}})
    other = read(defaults={"budgets": {"day": {"usd": 6, "tokens": 7}}})

    assert one.id == same.id
    assert one.id != other.id


plans = st.fixed_dictionaries(
    {},
    optional={
        "budgets": st.fixed_dictionaries(
            {"day": st.fixed_dictionaries({"usd": st.integers(0, 10**9)})}
        ),
        "stale_rule": st.sampled_from(["open", "closed"]),
        "assume_rate": st.decimals(0, 1000, places=6),
        "hysteresis": st.fixed_dictionaries({"dwell_minutes": st.integers(0, 10_080)}),
    },
)
tenant_ids = st.text(min_size=1, max_size=8).filter(lambda text: text.strip() != "")


@given(st.dictionaries(tenant_ids, plans, max_size=3))
def test_a_policy_survives_being_written_and_read(tenants):
    policy = read(tenants=tenants)

    again = Policy.from_document(policy.to_document())

    assert again == policy
    assert all(again.plan_for(tenant) == policy.plan_for(tenant) for tenant in tenants)


KEYS = ["attribution", "tenants", "plans", "defaults", "budgets", "day", "usd", "roles", "plan"]
KEYS += ["recognised_by", "thresholds", "budget", "yellow", "rates", "sources", "dimensions", "x"]
KEYS += ["may_state", "unlisted", "most_unlisted", "witness_only"]

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            below,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["attribution", "tenants", "plans", "x"]), documents))
def test_no_document_breaks_the_reading(document):
    try:
        policy = Policy.from_document(document)
    except PolicyError:
        pass
    else:
        assert Policy.from_document(policy.to_document()) == policy


@pytest.mark.parametrize(
    ("text", "places", "number"),
    [
        ("1_000.5", 2, 100_050),
        ("0", 18, 0),
        ("5.10", 1, 51),
        ("5.11", 1, None),
        ("", 0, None),
        (".5", 1, None),
        ("5.", 1, None),
        ("+5", 0, None),
        ("٣", 0, None),
        ("9" * 25, 0, None),
    ],
)
def test_numbers_are_read_exactly_or_not_at_all(text, places, number):
    assert scaled(text, places) == number


def test_places_are_spelled_for_people():
    assert spelled(("tenants", "a#b", "sessions", 0)) == 'tenants["a#b"].sessions[0]'
    assert spelled(()) == "the document"
