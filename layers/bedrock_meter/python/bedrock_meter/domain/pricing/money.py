"""US dollars, exact: whole attodollars inside, Decimal dollars at the edges.

One attodollar is 1e-18 dollars. Every rate Bedrock publishes is a whole number of them per
unit, so amounts are plain integers, sums never round, and the scale is that of the money
columns (decimal128(38, 18)). Nothing here rounds but `shown`, which is for people.
"""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
)

SCALE = 18
ATTO = 10**SCALE

_MOST_ADJUSTED = 19  # decimal128(38, 18) has 20 digits before the point.

EXACT = Context(
    prec=60,
    rounding=ROUND_HALF_EVEN,
    traps=[Inexact, InvalidOperation, FloatOperation, Overflow, Underflow, DivisionByZero, Clamped],
)
_FOR_PEOPLE = Context(prec=80, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, FloatOperation])


class BadAmount(ValueError):
    """A text that is not an amount of money: not a number, not finite, or beyond 38 digits."""


class InexactAmount(BadAmount):
    """An amount finer than 1e-18 dollars: keeping it would mean rounding it."""


def decimal_of(text: Decimal | str) -> Decimal:
    """Return the exact number in a text; BadAmount for NaN, infinities and other text."""
    if isinstance(text, Decimal):
        number = text
    else:
        try:
            number = Decimal(text, EXACT)
        except InvalidOperation:
            raise BadAmount(f"not a decimal number: {_short(text)}") from None
    if not number.is_finite():
        raise BadAmount(f"not a finite number: {_short(str(text))}")
    return number


def atto_of(usd: Decimal | str) -> int:
    """Return dollars as whole attodollars; InexactAmount when they are finer than 1e-18."""
    number = decimal_of(usd)
    if not number:
        return 0
    if number.adjusted() > _MOST_ADJUSTED:
        raise BadAmount(f"more than 20 digits of dollars: {_short(str(usd))}")
    if number.adjusted() < -SCALE:
        raise InexactAmount(f"finer than 1e-18 dollars: {_short(str(usd))}")
    try:
        return int(number.scaleb(SCALE, EXACT).to_integral_exact(context=EXACT))
    except Inexact:
        raise InexactAmount(f"finer than 1e-18 dollars: {_short(str(usd))}") from None


def usd_of(atto: int) -> Decimal:
    """Return attodollars as exact Decimal dollars."""
    return Decimal(atto).scaleb(-SCALE, EXACT)


def plain(amount: Decimal) -> str:
    """Return an amount without exponent or trailing zeros: `0.0525005`, `8.25`, `0`."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def shown(amount: Decimal, places: int = 2) -> str:
    """Return an amount rounded half-even, for people; never for further arithmetic."""
    return format(amount.quantize(Decimal((0, (1,), -places)), context=_FOR_PEOPLE), "f")


def shown_cost(amount: Decimal) -> str:
    """Return a cost rounded to cents, for people; a cost that is not zero never looks like it."""
    cents = shown(amount)
    return "<0.01" if amount > 0 and cents == "0.00" else cents


def _short(text: str) -> str:
    return repr(text) if len(text) <= 40 else f"{text[:37]!r}… ({len(text)} characters)"
