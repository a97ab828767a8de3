"""What a new policy says otherwise, told value by value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.policy.policy_change import PolicyChange, changes_between


def test_nothing_differs_from_itself():
    assert changes_between({"a": {"b": ["c"]}}, {"a": {"b": ["c"]}}) == ()


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ({}, {"a": "1"}, PolicyChange(("a",), None, "1")),
        ({"a": "1"}, {}, PolicyChange(("a",), "1", None)),
        ({"a": "1"}, {"a": "2"}, PolicyChange(("a",), "1", "2")),
        ({"a": "1"}, {"a": None}, PolicyChange(("a",), "1", "null")),
        ({"a": None}, {}, PolicyChange(("a",), "null", None)),
        ({}, {"a": {}}, PolicyChange(("a",), None, "{}")),
        ({"a": {}}, {"a": {"b": True}}, PolicyChange(("a",), "{}", None)),
        ({"a": ["x"]}, {"a": ["x", "y"]}, PolicyChange(("a",), "[x]", "[x, y]")),
        ({"t": {"a#b": {"x": "1"}}}, {"t": {}}, PolicyChange(("t",), None, "{}")),
        ({"a": None}, {"a": "null"}, PolicyChange(("a",), "null", '"null"')),
    ],
)
def test_each_kind_of_change_is_named(old, new, change):
    assert changes_between(old, new)[0] == change


documents = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.none() | st.booleans() | st.sampled_from(["1", "2"]),
        lambda below: (
            st.lists(below, max_size=2) | st.dictionaries(st.sampled_from("xy"), below, max_size=2)
        ),
        max_leaves=5,
    ),
)


@given(documents, documents)
def test_documents_that_differ_show_a_change_and_equal_ones_none(old, new):
    assert bool(changes_between(old, new)) == (old != new)


@given(documents, documents)
def test_the_way_back_is_the_same_changes_turned_round(old, new):
    forth = {(path, before, after) for path, before, after in changes_between(old, new)}
    back = {(path, after, before) for path, before, after in changes_between(new, old)}

    assert forth == back
