"""Put the next version of what is stored: read, derive and put again after each lost race."""

from collections.abc import Callable

from bedrock_meter.domain.records.errors import Contended


def put_next[Result](turn: Callable[[], Result | None], turns: int, lost: str) -> Result:
    """Return the result of the first turn that gives one: a turn that lost a race returns None.

    Raise `Contended` after so many turns; `lost` says what happened to what, for its message.
    """
    for _ in range(turns):
        result = turn()
        if result is not None:
            return result
    raise Contended(f"{lost} {turns} times in a row; try again")
