"""What races for a place in a table is read, derived and put again, a bounded number of times."""

import pytest

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.jobs.put_next import put_next


def test_the_first_turn_that_wins_ends_it() -> None:
    turns = iter([None, None, [], ["never"]])

    assert put_next(lambda: next(turns), 4, "a row was replaced") == []
    assert next(turns) == ["never"]


def test_races_lost_over_and_over_raise_contended_with_what_happened() -> None:
    turns: list[None] = []

    with pytest.raises(Contended, match=r"^a row was replaced 3 times in a row; try again$"):
        put_next(lambda: turns.append(None), 3, "a row was replaced")

    assert len(turns) == 3
