"""What a logged input count means is a dated row of the price book, and decides about money."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.pricing.charge import Charge
from bedrock_meter.domain.pricing.input_count import (
    DOUBTFUL,
    GROSS,
    MEANINGS,
    NET,
    counted,
    input_count_of,
)
from bedrock_meter.domain.pricing.rate import BadRate
from bedrock_meter.domain.records.usage import context_of
from bedrock_meter.domain.totals.valuation import Valuation
from tests.builders import an_evidence
from tests.price_builders import a_book, a_row, dollars

GROK = "us.xai.grok-4.6"
SOL = "us.openai.gpt-5.6-sol"
CACHED = ("cache_read_tokens", "cache_write_30m_tokens")


def a_charge_of(
    model: str, fresh: int, read: int, written: int = 0, *, day: str = "2026-09-20", **more: str
) -> Charge:
    """What a call with 10 tokens of output costs by the shipped book."""
    usage = {"input_tokens": fresh, "output_tokens": 10}
    usage |= {kind: n for kind, n in zip(CACHED, (read, written), strict=True) if n}
    evidence = an_evidence(model_id=model, usage=usage, **more)._replace(at=f"{day}T12:00:00Z")
    return Valuation(DEFAULT_POLICY, prices.shipped()).of(evidence)[1]


def test_gross_input_is_charged_without_its_cached_tokens_and_the_charge_says_so() -> None:
    """Return of grok-4.6 counted 12,401 in, 12,399 of them read: 2 were fresh."""
    charge = a_charge_of(GROK, 12_401, 12_399)

    assert dollars(charge) == "0.00688985"
    assert charge.usage["input_tokens"] == 2
    assert charge.assumptions == ("gross_input",)


def test_an_input_that_was_cached_to_the_last_token_leaves_none() -> None:
    charge = a_charge_of(GROK, 12_399, 12_399)

    assert "input_tokens" not in charge.usage
    assert [line.term.kind for line in charge.lines()] == ["output_tokens", "cache_read_tokens"]


@pytest.mark.parametrize(
    ("model", "operation", "fresh", "read"),
    [
        (GROK, "Converse", 12_398, 12_399),
        (GROK, "Converse", 12_401, 0),
        (GROK, "InvokeModel", 12_401, 12_399),
        ("us.anthropic.claude-sonnet-4-6", "Converse", 12_401, 12_399),
        ("us.openai.gpt-5.4", "Converse", 12_401, 12_399),
    ],
    ids=["less than the cached", "nothing cached", "another API", "Claude", "before 5.6"],
)
def test_other_counts_are_charged_as_logged(
    model: str, operation: str, fresh: int, read: int
) -> None:
    charge = a_charge_of(model, fresh, read, operation=operation)

    assert charge.usage["input_tokens"] == fresh
    assert not {"gross_input", "gross_input_possible"} & {*charge.assumptions}


@pytest.mark.parametrize("operation", ["Converse", "ConverseStream"])
def test_the_rows_are_dated(operation: str) -> None:
    """Return of gpt-5.6 were gross (12,401 in, 8,367 read, 4,032 written) until 2026-09-14."""
    numbers = (12_401, 8_367, 4_032)
    before = a_charge_of(SOL, *numbers, day="2026-09-13", operation=operation)
    after = a_charge_of(SOL, *numbers, day="2026-09-14", operation=operation)

    assert (before.usage["input_tokens"], before.assumptions) == (2, ("gross_input",))
    assert (after.usage["input_tokens"], after.assumptions) == (12_401, ("gross_input_possible",))


@pytest.mark.parametrize("day", ["2026-09-13", "2026-11-21"])
def test_a_doubtful_count_lifts_no_call_into_the_high_band(day: str) -> None:
    """150,002 in, of which 150,000 were read, are no 300,002."""
    charge = a_charge_of(SOL, 150_002, 150_000, day=day)

    assert {line.term.usd for line in charge.lines() if line.term.kind == "cache_read_tokens"} == {
        "0.44"
    }
    assert a_charge_of(SOL, 272_001, 0, day=day).lines()[0].term.usd == "8.8"


def test_an_application_profile_is_charged_like_the_model_behind_it() -> None:
    from bedrock_meter.domain.policy.profile import ProfileFact

    arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"
    model = "arn:aws:bedrock:us-east-1::foundation-model/xai.grok-4.6"
    fact = ProfileFact(arn, (model,), "us", {}, datetime(2026, 9, 1, tzinfo=UTC), found=True)
    usage = {"input_tokens": 12_401, "cache_read_tokens": 12_399}
    valuation = Valuation(DEFAULT_POLICY, prices.shipped(), lambda _arn, _at: fact)

    _, charge = valuation.of(an_evidence(model_id=arn, usage=usage))

    assert charge.usage["input_tokens"] == 2


quantities = st.integers(0, 400_000)


@given(quantities, quantities, quantities, st.sampled_from(MEANINGS))
def test_whatever_a_count_means_no_cached_token_is_lost_and_none_is_made_up(
    fresh: int, read: int, written: int, meaning: str
) -> None:
    usage = dict(zip(("input_tokens", *CACHED), (fresh, read, written), strict=True))

    found = counted(usage, meaning)

    assert [found.usage.get(kind, 0) for kind in CACHED] == [read, written]
    assert 0 <= found.usage.get("input_tokens", 0) <= fresh
    context = context_of(found.usage) if found.context is None else found.context
    assert fresh <= context <= fresh + read + written
    if found.assumptions:
        assert context == fresh
    if meaning == NET:
        assert found == (usage, None, ())
    if meaning == DOUBTFUL:
        assert found.usage == usage


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["", "", "", GROSS, "x"], "model"),
        (["a*b", "", "", GROSS, "x"], "model"),
        (["a", "soon", "", GROSS, "x"], "since"),
        (["a", "", "2026-09-14T00:00:00", GROSS, "x"], "until"),
        (["a", "", "", "net?", "x"], "input: 'net\\?' is none of gross, doubtful, net"),
        (["a", "", "", GROSS, ""], "basis"),
    ],
)
def test_a_row_that_cannot_be_read_names_its_column(row: list[str], message: str) -> None:
    with pytest.raises(BadRate, match=message):
        input_count_of(row)


def test_the_row_that_names_the_model_most_closely_holds() -> None:
    rows = [["acme.*", "", "", GROSS, "x"], ["acme.brain-1", "", "", NET, "x"]]
    book = a_book(a_row(), input_counts=map(input_count_of, rows))
    noon = datetime(2026, 11, 15, 12, tzinfo=UTC)

    assert book.input_count_of("acme.brain-1", "Converse", noon) == NET
    assert book.input_count_of("acme.brain-12", "Converse", noon) == GROSS
    assert book.input_count_of("acme", "Converse", noon) is None


def test_the_id_of_a_book_changes_with_what_its_counts_mean() -> None:
    rows = [["acme.*", "", "", meaning, "x"] for meaning in (GROSS, DOUBTFUL)]
    books = [a_book(a_row(), input_counts=[input_count_of(row)]) for row in rows]

    assert len({book.id for book in (a_book(a_row()), *books)}) == 3


def test_every_shipped_row_names_its_source_and_no_two_hold_at_once() -> None:
    rows = prices.shipped_input_counts()

    assert {row.model for row in rows} == {"openai.gpt-5.6*", "xai.grok*"}
    for row in rows:
        assert "#" in row.basis
        others = [other for other in rows if other.model == row.model and other is not row]
        for at in filter(None, (row.since, row.until)):
            assert sum(one.holds(at) for one in (row, *others)) <= 1


def test_a_book_on_the_shelf_keeps_what_its_counts_mean() -> None:
    again = prices.book_of_text(prices.book_text(prices.shipped()))

    assert again.id == prices.shipped().id
    assert again.input_counts == prices.shipped().input_counts
