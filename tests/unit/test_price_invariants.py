"""The invariants of the book: the shipped one keeps them, and each is seen to bite."""

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.prices.book_diff import changes_between
from bedrock_meter.domain.prices.book_invariants import violations_of
from bedrock_meter.domain.pricing.place import place_of
from bedrock_meter.domain.pricing.price_book import Rule
from tests.price_builders import MODEL, a_book, a_row

GLOBAL = {"where": "global@*"}
A_CUT = [a_row("1", since="2026-01-01", tier=tier) for tier in ("flex", "standard")]
GOV = {"where": "any@us-gov-west-1", "partition": "aws-us-gov"}


def test_the_shipped_book_breaks_no_invariant():
    assert violations_of(prices.shipped()) == []


@pytest.mark.parametrize(
    ("invariant", "rows"),
    [
        ("validity", [a_row("3"), a_row("4")]),
        ("validity", [a_row("3", until="2026-02-01"), a_row("4", since="2026-01-01")]),
        ("validity", [a_row("3", until="2026-01-01"), a_row("4", since="2026-02-01")]),
        ("jump", [a_row("3"), a_row("3000", since="2026-01-01")]),
        ("jump", [a_row("3"), a_row("0.03", since="2026-01-01")]),
        ("tiers", [a_row("3"), a_row("3.1", tier="flex")]),
        ("tiers", [a_row("3"), a_row("3.1", tier="batch")]),
        ("tiers", [a_row("3"), a_row("2.9", tier="priority")]),
        (
            "ttl",
            [a_row("6.1", kind="cache_write_5m_tokens"), a_row("6", kind="cache_write_1h_tokens")],
        ),
        ("scope", [a_row("3.2"), a_row("3", **GLOBAL)]),
        ("scope", [a_row("3.2", where="geo:us@us-*"), a_row("3", **GLOBAL)]),
        ("govcloud", [a_row("3.3", **GOV), a_row("3", **GLOBAL)]),
    ],
)
def test_each_invariant_finds_what_breaks_it(invariant, rows):
    violations = violations_of(a_book(*rows))

    assert [violation.invariant for violation in violations] == [invariant]
    assert set(violations[0].rates) == {row[0] for row in rows}


def test_regions_that_a_rule_calls_alike_must_be_alike():
    here, everywhere = place_of("in_region@us-east-1"), place_of("in_region@*")
    rule = Rule("alike", MODEL, here, (everywhere,), "aws", "because")
    rows = [a_row("3"), a_row("4", where="in_region@eu-west-1")]

    assert violations_of(a_book(*rows)) == []
    assert [violation.invariant for violation in violations_of(a_book(*rows, rules=[rule]))] == [
        "uniform"
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [a_row("3"), a_row("2", since="2026-01-01"), a_row("290", since="2026-01-01", bill="no")],
        [a_row("3", until="2026-01-01"), a_row("2", since="2026-01-01")],
        [a_row("3.3"), a_row("3", **GLOBAL), a_row("3.6", **GOV)],
        [a_row("3"), a_row("3", **GLOBAL), a_row("4", where="in_region@eu-west-1")],
        [a_row("3"), a_row("3", tier="flex"), a_row("3", tier="priority")],
        [a_row("3"), a_row("2", since="2026-01-01"), a_row("2", since="2026-01-01", **GLOBAL)],
        [a_row("3", tier="flex"), a_row("3"), *A_CUT],
        [a_row("3", band="<=100"), a_row("6", band=">100"), a_row("7", kind="output_tokens")],
    ],
)
def test_what_keeps_the_invariants_is_left_alone(rows):
    assert violations_of(a_book(*rows)) == []


def test_two_books_differ_by_what_came_went_and_costs_something_else():
    old = a_book(a_row("3"), a_row("1", tier="flex"), a_row("7", kind="output_tokens"))
    new = a_book(
        a_row("4"), a_row("1", tier="flex", until="2027-01-01"), a_row("2", since="2026-01-01")
    )

    changes = changes_between(old, new)

    assert [(change.what, change.old_usd, change.new_usd) for change in changes] == [
        ("closed", "1", "1"),
        ("changed", "3", "4"),
        ("added", None, "2"),
        ("removed", "7", None),
    ]
    assert changes_between(old, old) == []
