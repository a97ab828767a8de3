"""`ClosingStore`: a closing never changes; corrections lead from publication to publication."""

from typing import Any

from bedrock_meter.domain.correction import Correction
from bedrock_meter.domain.total import EMPTY, Total
from bedrock_meter.ports import Closing
from tests.builders import NINE
from tests.contracts.test_usage_table import NAMES, TOTAL


def test_a_closing_comes_back_as_it_was_written(closing_store: Any) -> None:
    closing = Closing(NINE, 5, dict.fromkeys(NAMES, TOTAL), ("b", "a"), 3)

    closing_store.put(closing)

    assert closing_store.read(NINE, 5) == closing
    assert closing_store.epochs(NINE) == [5]


def test_a_closing_is_written_once(closing_store: Any) -> None:
    closing_store.put(Closing(NINE, 5, {"acme": TOTAL}, ()))
    closing_store.put(Closing(NINE, 5, {"acme": EMPTY}, ()))

    assert closing_store.read(NINE, 5).totals == {"acme": TOTAL}


def test_epochs_come_in_order(closing_store: Any) -> None:
    for epoch in (100, 20, 3):
        closing_store.put(Closing(NINE, epoch, {}, ()))

    assert closing_store.epochs(NINE) == [3, 20, 100]


def test_corrections_are_the_chain_that_ends_at_the_published_epoch(closing_store: Any) -> None:
    up = Correction(NINE, "acme", 1, 3, EMPTY, TOTAL)
    down = Correction(NINE, None, 3, 9, TOTAL, Total(requests=1, cost=10**18))
    abandoned = Correction(NINE, "acme", 3, 5, TOTAL, EMPTY)
    closing_store.put_corrections(NINE, 1, 3, [up])
    closing_store.put_corrections(NINE, 3, 5, [abandoned])
    closing_store.put_corrections(NINE, 3, 9, [down])

    assert closing_store.corrections(NINE, 9) == [up, down]
    assert closing_store.corrections(NINE, 3) == [up]
    assert closing_store.corrections(NINE, 1) == []
