"""The signals, in their order: all that is assessed about a tenant at one moment."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.deviation import deviation_readings
from bedrock_meter.domain.levels.forecast import exhaustion_readings, month_end_readings
from bedrock_meter.domain.levels.inputs import SignalInputs, inputs_for
from bedrock_meter.domain.levels.pace import error_readings, rate_readings
from bedrock_meter.domain.levels.plan import Plan
from bedrock_meter.domain.levels.reading import Reading
from bedrock_meter.domain.levels.share import share_readings, unpriced_readings
from bedrock_meter.domain.levels.spend import Spend


class Signal(NamedTuple):
    """A signal: what it reads, and with which plans it can raise a level `at_once`.

    The live lane assesses only tenants whose plan has such a signal, but then by all of them.
    """

    readings: Callable[[SignalInputs], Iterator[Reading]]
    at_once: Callable[[Plan], bool] = lambda _plan: False


SIGNALS = (
    Signal(share_readings, at_once=Plan.has_budget),
    Signal(unpriced_readings),
    Signal(rate_readings, at_once=Plan.has_rates),
    Signal(error_readings),
    Signal(deviation_readings),
    Signal(exhaustion_readings, at_once=Plan.has_budget),
    Signal(month_end_readings),
)


def can_raise_at_once(plan: Plan) -> bool:
    """Return whether a plan has a signal that can raise a level within minutes."""
    return any(signal.at_once(plan) for signal in SIGNALS)


def readings_for(
    spend: Spend, plan: Plan, baseline: Baseline | None, now: datetime
) -> tuple[Reading, ...]:
    """Return the readings that reach or hold a level, in the order of the signals."""
    inputs = inputs_for(spend, plan, baseline, now)
    return tuple(reading for signal in SIGNALS for reading in signal.readings(inputs))
