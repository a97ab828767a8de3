"""Which decision is in force: the one decided last, of those that cover the hour."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.policy.decisions import BOOK, POLICY, Decision, decision_for
from bedrock_meter.domain.time.hours import Hour

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)


def a_decision(name: str, since=None, until=None, tenant=None, *, after: int = 0) -> Decision:
    return Decision(POLICY, name, since, until, tenant, MONDAY + timedelta(minutes=after))


def in_force(decisions, hour: str, tenant: str | None = None) -> str | None:
    decision = decision_for(decisions, Hour(hour), tenant)
    return decision.id if decision else None


def test_nothing_decided_is_nothing_in_force():
    assert in_force([], "2026-11-21T05") is None


def test_a_range_includes_its_first_hour_and_not_its_last():
    decisions = [a_decision("p", "2026-11-21T05", "2026-11-21T07")]

    hours = [f"2026-11-21T0{n}" for n in range(4, 8)]

    assert [in_force(decisions, hour) for hour in hours] == [None, "p", "p", None]


def test_what_was_decided_later_counts_where_it_reaches():
    decisions = [
        a_decision("all"),
        a_decision("december", "2026-12-01T00", after=1),
        a_decision("one hour", "2026-12-01T00", "2026-12-01T01", after=2),
    ]

    assert in_force(decisions, "2026-11-30T23") == "all"
    assert in_force(decisions, "2026-12-01T00") == "one hour"
    assert in_force(decisions, "2026-12-01T01") == "december"


def test_a_decision_about_one_tenant_is_not_about_others():
    decisions = [a_decision("all"), a_decision("acme only", tenant="acme", after=1)]

    assert in_force(decisions, "2026-11-21T05", "acme") == "acme only"
    assert in_force(decisions, "2026-11-21T05", "bolt") == "all"
    assert in_force(decisions, "2026-11-21T05") == "all"


hours = st.none() | st.builds(
    "2026-11-{:02d}T{:02d}".format, st.integers(1, 28), st.integers(0, 23)
)
decided = st.builds(
    Decision,
    st.just(BOOK),
    st.text("ab", min_size=1, max_size=2),
    hours,
    hours,
    st.none() | st.sampled_from(["acme", "bolt"]),
    st.builds(timedelta, minutes=st.integers(0, 9)).map(MONDAY.__add__),
)


@given(st.lists(decided, max_size=5), st.randoms())
def test_the_order_of_rows_never_matters(decisions, random):
    shuffled = random.sample(decisions, len(decisions))

    for hour in ("2026-11-01T00", "2026-11-14T12", "2026-11-28T23"):
        assert in_force(shuffled, hour, "acme") == in_force(decisions, hour, "acme")


@given(st.lists(decided, max_size=5))
def test_a_decision_for_everything_made_last_wins_everywhere(decisions):
    last = Decision(BOOK, "last", None, None, None, MONDAY + timedelta(days=1))

    assert in_force([last, *decisions], "2026-11-14T12", "acme") == "last"
