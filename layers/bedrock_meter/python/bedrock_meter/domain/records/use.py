"""Use: the handful of numbers that every live total is made of, and their sum."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

TOKEN_SUFFIX = "_tokens"


class Use(NamedTuple):
    """Requests, failed calls, tokens of every kind together, attodollars, and what has no rate.

    `requests` counts every call, the failed ones included. `unpriced_requests` are calls of which
    at least one kind has no rate; `unpriced_tokens` are the tokens of such kinds.
    """

    requests: int = 0
    errors: int = 0
    tokens: int = 0
    cost: int = 0
    unpriced_requests: int = 0
    unpriced_tokens: int = 0

    def plus(self, other: "Use") -> "Use":
        """Add two uses, number by number."""
        return Use(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = Use()


def use_of(
    requests: int,
    errors: int,
    usage: Mapping[str, int],
    cost: int,
    unpriced_requests: int,
    unpriced: Mapping[str, int],
) -> Use:
    """Return the use of calls whose usage is known kind by kind."""
    tokens, unpriced_tokens = tokens_in(usage), tokens_in(unpriced)
    return Use(requests, errors, tokens, cost, unpriced_requests, unpriced_tokens)


def sum_of(uses: Iterable[Use]) -> Use:
    """Add any number of uses; nothing at all for none."""
    columns = tuple(zip(*uses, strict=True))
    return Use(*map(sum, columns)) if columns else NOTHING


def tokens_in(usage: Mapping[str, int]) -> int:
    """Add up the tokens of all kinds; images, seconds and units are not tokens."""
    return sum(quantity for kind, quantity in usage.items() if kind.endswith(TOKEN_SUFFIX))
