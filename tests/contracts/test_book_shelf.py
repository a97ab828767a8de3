"""What the shelf of price books promises, in memory and on AWS."""

from typing import Any

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.prices.overlay import Overlaid
from bedrock_meter.domain.prices.price_review import Held
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.ports.prices import BookMissing, Outcome
from tests.price_builders import a_row

BOTH = ["memory", pytest.param("aws", marks=pytest.mark.engine)]
A_HELD = Held("new_zero", "acme.brain-1 input_tokens", "3", "0", a_row("0"))
AN_OUTCOME = Outcome("2026-11-21T05:45:00Z", "held", "b", 0, 1, 900, ("Name",), ())


@pytest.fixture(params=BOTH)
def shelves(request: pytest.FixtureRequest) -> Any:
    """Two hands on one shelf."""
    if request.param == "memory":
        from bedrock_meter.local.books import MemoryBooks

        shelf = MemoryBooks()
        return shelf, shelf
    from bedrock_meter.aws.s3_books import S3Books

    s3, bucket = request.getfixturevalue("a_bucket")()
    return S3Books(s3, bucket), S3Books(s3, bucket)


def test_an_empty_shelf_has_nothing_on_it(shelves: Any) -> None:
    shelf, _ = shelves

    assert shelf.overlay() == Overlaid()
    assert shelf.held() == ()
    assert shelf.observed() == {}
    assert shelf.outcome() is None
    with pytest.raises(BookMissing):
        shelf.book("nothing")


def test_what_is_put_on_the_shelf_is_read_by_others(shelves: Any) -> None:
    one, other = shelves
    overlaid = Overlaid((a_row("3"),), ("r1",), {"Brain": "acme.brain-1"})
    observed = {"key": ("1K tokens", "0.00006")}

    one.overlay()
    one.put_overlay(overlaid)
    one.put_held([A_HELD])
    one.put_observed(observed)
    one.put_outcome(AN_OUTCOME)

    assert other.overlay() == overlaid
    assert other.held() == (A_HELD,)
    assert other.observed() == observed
    assert other.outcome() == AN_OUTCOME


def test_a_book_is_kept_whole_and_for_ever(shelves: Any) -> None:
    one, other = shelves
    book = prices.with_overlay([a_row("3")])

    one.put_book(book)
    one.put_book(book)

    again = other.book(book.id)
    assert again.id == book.id
    assert [rate.id for rate in again.rates()] == [rate.id for rate in book.rates()]


@pytest.mark.engine
def test_an_overlay_that_somebody_else_replaced_is_not_overwritten(a_bucket: Any) -> None:
    from bedrock_meter.aws.s3_books import S3Books

    s3, bucket = a_bucket()
    one, other = S3Books(s3, bucket), S3Books(s3, bucket)
    one.overlay()
    other.overlay()
    one.put_overlay(Overlaid((a_row("3"),)))

    with pytest.raises(Contended):
        other.put_overlay(Overlaid((a_row("4"),)))

    other.overlay()
    other.put_overlay(Overlaid((a_row("4"),)))
    assert one.overlay().rows == (a_row("4"),)
