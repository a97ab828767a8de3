"""What the logged input count of a Converse call means: without its cached tokens, or with them.

Bedrock documents that Converse counts cached tokens apart. For some models it counted them twice:
in the input, and apart. Dated rows of the price book (`input_counts.txt`) say for which models and
when; they are reviewed like prices, because they decide about money.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.pricing.rate import BadRate, time_of
from bedrock_meter.domain.records.usage import INPUT_TOKENS, Usage, context_of
from bedrock_meter.domain.time.hours import in_force

GROSS = "gross"
"""The input count includes cached tokens; they are taken out of it."""
DOUBTFUL = "doubtful"
"""It may: it is charged as logged, and never lifts a call into the high context band."""
NET = "net"
"""It does not, as documented; ends a row that said otherwise."""
MEANINGS = (GROSS, DOUBTFUL, NET)

GROSS_INPUT = "gross_input"
GROSS_INPUT_POSSIBLE = "gross_input_possible"

_CONVERSE = "Converse"
_ANY = "*"


class InputCount(NamedTuple):
    """What the count means for a model (an exact key, or its beginning and `*`), and when.

    `since` is inclusive and `until` exclusive; None: no bound. `basis` names who measured it.
    """

    model: str
    since: datetime | None
    until: datetime | None
    meaning: str
    basis: str

    def is_about(self, model_key: str) -> bool:
        """Return whether the row speaks of a model."""
        if self.model.endswith(_ANY):
            return model_key.startswith(self.model.removesuffix(_ANY))
        return model_key == self.model

    def holds(self, at: datetime) -> bool:
        """Return whether the row speaks of a time."""
        return in_force(at, self.since, self.until)


def input_count_of(row: Sequence[str]) -> InputCount:
    """Read a row of texts; BadRate names the column and what would be right."""
    model, since, until, meaning, basis = row
    if not model or _ANY in model[:-1]:
        raise BadRate("model", f"{model!r} is not a model, nor the beginning of one and {_ANY}")
    if meaning not in MEANINGS:
        raise BadRate("input", f"{meaning!r} is none of {', '.join(MEANINGS)}")
    if not basis:
        raise BadRate("basis", "is empty; name who measured it, and where")
    return InputCount(model, time_of("since", since), time_of("until", until), meaning, basis)


class Counted(NamedTuple):
    """Usage as it is charged, what the context band goes by if not by it, and what is assumed."""

    usage: Usage
    context: int | None = None
    assumptions: tuple[str, ...] = ()


def is_converse(operation: str) -> bool:
    """Return whether an operation counts as Converse does."""
    return operation.startswith(_CONVERSE)


def counted(usage: Usage, meaning: str) -> Counted:
    """Apply a meaning to one call's usage.

    An input count below that of the cached tokens cannot include them, whatever a row says.
    """
    fresh = usage.get(INPUT_TOKENS, 0)
    cached = context_of(usage) - fresh
    if meaning == NET or not cached or fresh < cached:
        return Counted(usage)
    if meaning == DOUBTFUL:
        return Counted(usage, fresh, (GROSS_INPUT_POSSIBLE,))
    rest = {kind: quantity for kind, quantity in usage.items() if kind != INPUT_TOKENS}
    net = {INPUT_TOKENS: fresh - cached, **rest} if fresh > cached else rest
    return Counted(net, None, (GROSS_INPUT,))
