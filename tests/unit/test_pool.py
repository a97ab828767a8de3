"""Pools: ids that nobody listed, beyond a number, are one sum; no money is lost."""

from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.records.aliases import usable
from bedrock_meter.domain.records.tenant import POOLED, tenant_key, tenant_of_key
from bedrock_meter.domain.totals.pool import pooled
from bedrock_meter.domain.totals.total import EMPTY, Total, total_of

totals = st.dictionaries(
    st.sampled_from([None, *"abcdefgh"]),
    st.builds(
        lambda cost, requests, model: Total(
            requests=requests, cost=cost, rules={"request_metadata": requests}, usage={model: 1}
        ),
        st.integers(0, 3),
        st.integers(1, 2),
        st.sampled_from(["input_tokens", "output_tokens"]),
    ),
)
LISTED = frozenset("gh")


@given(totals, st.integers(0, 9))
def test_no_number_is_lost_in_a_pool(found, most):
    after = pooled(found, LISTED, most)

    assert total_of(after.values()) == total_of(found.values())


@given(totals, st.integers(1, 9))
def test_listed_tenants_and_unattributed_calls_are_never_pooled(found, most):
    after = pooled(found, LISTED, most)

    kept = {*LISTED, None} & found.keys()
    assert {name: after[name] for name in kept} == {name: found[name] for name in kept}
    assert len(after.keys() - {*LISTED, None, POOLED}) <= most


@given(totals, st.integers(1, 9))
def test_the_largest_are_kept_and_names_decide_nothing(found, most):
    swapped = {"abcdef"[5 - "abcdef".index(n)] if n and n in "abcdef" else n: t
               for n, t in found.items()}  # fmt: skip
    after, other = pooled(found, LISTED, most), pooled(swapped, LISTED, most)

    def used(names):
        return sorted((found[n].cost, found[n].requests) for n in names)

    out = found.keys() - after.keys()
    unlisted = after.keys() - {*LISTED, None, POOLED}
    assert not out or not unlisted or used(out)[-1][0] <= used(unlisted)[0][0]
    assert after.get(POOLED, EMPTY) == other.get(POOLED, EMPTY)


def test_zero_keeps_everybody_apart():
    found = {str(number): Total(requests=1) for number in range(9)}

    assert pooled(found, LISTED, 0) == found


def test_nobody_can_state_the_pool():
    assert not usable(POOLED)
    assert tenant_of_key(tenant_key(POOLED)) == POOLED
    assert len({tenant_key(name) for name in (POOLED, None, "POOLED", "UNATTRIBUTED")}) == 4
