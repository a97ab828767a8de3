"""Finding tenants in logs, and the policy file that is proposed from what was found."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.policy.attribution import attribution_for
from bedrock_meter.domain.policy.discovery import MOST_NAMES, OTHERS, Discovery, Seen, Tally
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.pricing.money import ATTO
from bedrock_meter.domain.records.aliases import usable
from bedrock_meter.domain.records.evidence import PRESENT, Evidence
from bedrock_meter.policy_file import policy_of_text
from bedrock_meter.policy_proposal import proposed_policy

ROLE = "arn:aws:sts::111122223333:assumed-role/{}/session"
SESSION = "arn:aws:sts::111122223333:assumed-role/{}"
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"


def an_evidence(metadata: Any, principal: str, model_id: str) -> Evidence:
    return Evidence(
        line=1,
        request_id="r",
        at="2026-11-21T05:00:00Z",
        account="111122223333",
        region="us-east-1",
        operation="Converse",
        model_id=model_id,
        principal=principal,
        metadata=metadata,
        usage={"input_tokens": 1},
        counts=PRESENT,
        error_code=None,
        tier="standard",
        body_model=None,
        latency_ms=None,
        first_byte_ms=None,
        assumptions=[],
    )


def discovered(*calls: tuple[Any, str, int], model_id: str = "amazon.nova-lite-v1:0") -> Discovery:
    """Each call: metadata, role or ARN, dollars."""
    discovery = Discovery()
    for metadata, caller, usd in calls:
        principal = caller if ":" in caller or not caller else ROLE.format(caller)
        attribution = attribution_for(
            DEFAULT_POLICY, metadata=metadata, profile=None, principal=principal
        )
        discovery.add(an_evidence(metadata, principal, model_id), attribution, usd * ATTO)
    return discovery


def test_what_was_seen_is_ranked_by_spend():
    found = discovered(
        ({"tenantId": "small", "env": "x"}, "app", 1),
        ({"tenantId": "big"}, "app", 5),
        ({"tenantId": "small"}, "batch", 1),
    )

    assert found.keys["tenantId"].ranking() == [
        ("big", Seen(1, 5 * ATTO)),
        ("small", Seen(2, 2 * ATTO)),
    ]
    assert [name for name, _ in found.identities.ranking()] == ["app", "batch"]
    assert [name for name, _ in found.key_ranking()] == ["tenantId", "env"]
    assert found.rules.ranking() == [("request_metadata", Seen(3, 7 * ATTO))]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["tenant", "customer"], "tenant"),
        (["TENANT_ID"], "TENANT_ID"),
        (["team", "customerId"], "customerId"),
        (["orgName", "colour"], "orgName"),
        (["colour", "session"], None),
        ([], None),
    ],
)
def test_the_key_that_sounds_most_like_a_tenant_is_chosen(keys, chosen):
    calls = [(dict.fromkeys(keys, value), "app", 1) for value in ("a", "b")]

    assert discovered(*calls).tenant_key() == chosen


def test_a_key_with_one_value_for_everybody_tells_nobody_apart():
    assert discovered(({"account": "1"}, "app", 1)).tenant_key() is None


def test_the_proposal_names_tenants_by_the_key_found():
    text = proposed_policy(
        discovered(
            ({"customer": "acme"}, "app", 9), ({"customer": "bolt"}, "app", 1), (None, "cron", 3)
        )
    )

    policy = policy_of_text(text, "proposed.yaml")
    assert list(policy.tenants) == ["acme", "bolt"]
    assert policy.recognition.tenant_aliases[0] == "customer"
    assert '"acme": {} # 1 calls, 9.00 USD' in text
    assert 'recognised_by: {roles: ["cron"]} # 1 calls, 3.00 USD' in text
    assert "on 66 % of the calls" in text


def test_a_role_and_users_of_one_name_become_tenants_of_their_own():
    users = [f"arn:aws:iam::111122223333:user/{path}acme" for path in ("", "x/", "y/")]
    found = discovered(*((None, user, 5) for user in users), (None, "acme", 1))

    policy = policy_of_text(proposed_policy(found), "proposed.yaml")

    assert len(policy.tenants) == 4
    named = {
        attribution_for(policy, metadata=None, profile=None, principal=principal).tenant
        for principal in (*users, ROLE.format("acme"))
    }
    assert named == set(policy.tenants)


def test_without_a_key_each_role_is_taken_for_a_tenant():
    user = "arn:aws:iam::111122223333:user/path/acme-app"

    policy = policy_of_text(
        proposed_policy(discovered((None, "acme-app", 2), (None, user, 1))), "proposed.yaml"
    )

    assert set(policy.tenants) == {"acme-app", user}
    assert policy.recognition.principals.tenant_of(ROLE.format("acme-app")) == "acme-app"
    assert policy.recognition.principals.tenant_of(user) == user


def test_callers_that_the_chosen_key_names_are_not_left_over():
    found = discovered(
        *[({"customer": f"c{number % 3}"}, "prod-chat-api", 1) for number in range(241)],
        *[(None, "prod-chat-api", 1)] * 50,
        (None, "cron", 1),
    )

    text = proposed_policy(found)

    assert found.left_over() == [("prod-chat-api", Seen(50, 50 * ATTO)), ("cron", Seen(1, ATTO))]
    assert 'roles: ["cron"]' in text
    assert 'roles: ["prod-chat-api"]' not in text
    assert '#   "prod-chat-api": 50 of 291 calls name none' in text


def test_sessions_that_look_like_tenants_get_a_pattern():
    sessions = [(None, SESSION.format(f"saas-api/tenant-{name}"), 2) for name in ("acme", "bolt")]
    found = discovered(
        ({"customer": "a"}, "app", 1), ({"customer": "b"}, "app", 1), *sessions, (None, "cron", 1)
    )

    text = proposed_policy(found)
    policy = policy_of_text(text, "proposed.yaml")

    assert found.session_patterns() == [("saas-api/tenant-{tenant}", Seen(2, 4 * ATTO))]
    assert [name for name, _ in found.left_over()] == ["cron"]
    assert policy.recognition.principals.tenant_of(SESSION.format("saas-api/tenant-zeta")) == "zeta"
    assert "saas-api" not in text.split("# Calls without a tenant")[1]


def test_one_session_named_after_something_else_is_no_pattern():
    once = discovered((None, SESSION.format("api/client-7"), 1))
    twice = discovered(*[(None, SESSION.format(f"api/client-{n}"), 1) for n in (7, 8)])

    assert once.session_patterns() == []
    assert twice.session_patterns() == [("api/client-{tenant}", Seen(2, 2 * ATTO))]


def test_sessions_stand_in_for_their_role_when_no_key_names_a_tenant():
    found = discovered((None, SESSION.format("api/tenant-acme"), 1), (None, "cron", 1))

    policy = policy_of_text(proposed_policy(found), "proposed.yaml")

    assert set(policy.tenants) == {"cron"}
    assert policy.recognition.principals.tenant_of(SESSION.format("api/tenant-acme")) == "acme"


def test_who_was_seen_stating_ids_is_proposed_and_nobody_else():
    user = "arn:aws:iam::111122223333:user/x/bot"
    calls = [({"tenantId": "acme"}, "saas", 9), ({"tenantId": "bolt"}, user, 1), (None, "cron", 3)]

    policy = policy_of_text(proposed_policy(discovered(*calls)), "proposed.yaml")

    stating = policy.recognition.stating
    assert [stating.may_state(arn) for arn in (ROLE.format("saas"), user, ROLE.format("cron"))] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("caller", ["", "arn:aws:iam::1:role/x", "odd*"])
def test_who_cannot_be_listed_is_left_to_the_reader(caller):
    text = proposed_policy(
        discovered(({"tenantId": "acme"}, "saas", 9), ({"tenantId": "bolt"}, caller, 1))
    )

    assert policy_of_text(text, "proposed.yaml").recognition.stating.stated_by is None
    assert "# 2 callers state ids, and not all of them can be listed here;" in text


def test_a_very_long_and_odd_id_can_be_proposed():
    odd = "x" + "\x0b" * 255

    policy = policy_of_text(
        proposed_policy(discovered(({"team": odd, "tenant": odd}, "app", 1))), "p"
    )

    assert list(policy.tenants) == [odd]


@given(st.lists(st.tuples(st.sampled_from([None, {"team": "a"}, {"team": "b"}]),
                          st.sampled_from(["saas", "cron", "", ROLE.format("x")]),
                          st.integers(0, 9)), min_size=1, max_size=4))  # fmt: skip
def test_under_the_proposal_nobody_who_was_seen_loses_a_call(calls):
    found = discovered(*calls)
    policy = policy_of_text(proposed_policy(found), "proposed.yaml")

    for metadata, caller, _ in calls:
        principal = caller if ":" in caller or not caller else ROLE.format(caller)
        named = attribution_for(policy, metadata=metadata, profile=None, principal=principal)
        if found.tenant_key() and metadata:
            assert (named.tenant, named.conflict) == (metadata["team"], False)


def test_profiles_are_mentioned_for_those_who_want_to_assign_them():
    text = proposed_policy(discovered((None, "app", 1), model_id=PROFILE))

    assert f'#   recognised_by: {{profiles: ["{PROFILE}"]}} # 1 calls' in text


def test_no_logs_at_all_still_make_a_good_file():
    assert policy_of_text(proposed_policy(Discovery()), "proposed.yaml").tenants == {}


def test_names_without_end_are_counted_together():
    tally = Tally()
    for number in range(MOST_NAMES + 10):
        tally.add(f"name {number}", Seen(1, 1))

    assert len(tally.seen) == MOST_NAMES + 1
    assert tally.seen[OTHERS] == Seen(10, 10)
    assert tally.total() == Seen(MOST_NAMES + 10, MOST_NAMES + 10)


hostile = st.text(max_size=6) | st.sampled_from(
    [
        "\x0b" * 255,
        "tenant" * 40,
        "'" * 256,
        "\ud800",
        "tenant\n",
        "[/]",
        "=1",
        "{tenant}",
        "*",
        "a#b",
        "two\nlines",
        "#",
        "- x",
        "'",
        '"',
        "<<",
        "null",
        "{}",
        "\x85",
        "\u2028",
        "\U000e0001",
    ]
)
callers = (
    st.sampled_from(
        [
            "",
            SESSION.format("app/tenant-a"),
            SESSION.format("a*/tenant-b"),
            "app",
            "a*",
            "x/y",
            "nobody:x",
            "arn:aws:iam::1:role/z",
        ]
    )
    | hostile
)


@given(
    st.lists(
        st.tuples(
            st.dictionaries(hostile | st.sampled_from(["tenant", "team"]), hostile, max_size=2),
            callers,
            st.integers(0, 9),
        ),
        max_size=4,
    )
)
def test_whatever_is_in_the_logs_the_proposal_is_a_good_policy(calls):
    found = discovered(*calls)

    policy = policy_of_text(proposed_policy(found), "proposed.yaml")

    key = found.tenant_key()
    if key is not None:
        assert set(policy.tenants) == set(found.keys[key].seen)


@given(st.text(min_size=1, max_size=256).filter(usable), st.sampled_from(["customer", "tenant"]))
def test_any_id_is_a_tenant_of_the_proposed_file(name, key):
    found = discovered(({key: name}, "app", 1), ({key: "another"}, "app", 1))

    policy = policy_of_text(proposed_policy(found), "proposed.yaml")

    assert set(policy.tenants) == {name, "another"}
