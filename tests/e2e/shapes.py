"""The shape of what others read, as docs/reading.md describes it; kept in a golden file."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.e2e.meter import DAY, Meter

GOLDEN = Path(__file__).parents[1] / "golden" / "item_shapes.json"
NAMES_ARE_DATA = {
    "usage",
    "unpriced",
    "models of a total",
    "rules",
    "versions",
    "masks",
    "days",
}
"""Maps whose keys are kinds, models, rules, minutes or days rather than names of attributes."""


@cache
def documented() -> dict[str, Any]:
    """The shape of each kind of item, by name."""
    return dict(json.loads(GOLDEN.read_text(encoding="utf-8")))


def found(meter: Meter) -> dict[str, Any]:
    """The shapes of the items that the story left behind."""
    hour = f"{DAY}T09"
    return {
        "live page": shape_of(_one_tenant(meter.item("Usage", pk=f"P#{hour}", sk="0"))),
        "closed hour": shape_of(meter.usage("acme", f"H#{hour}")),
        "day": shape_of(meter.usage("acme", f"D#{DAY}")),
        "month": shape_of(meter.usage("acme", f"M#{DAY[:7]}")),
        "largest tenants": shape_of(meter.item("Usage", pk=f"TOP#{DAY}", sk="COSTS")),
        "flag": shape_of(meter.item("Flags", tenant="initech")),
        "hour row": shape_of(meter.item("Hours", pk=f"{hour}#0")),
        "state row": shape_of(meter.item("Hours", pk="STATE")),
    }


def _one_tenant(page: dict[str, Any]) -> dict[str, Any]:
    """Leave the row of one tenant on a live page: the names of the others are data."""
    others = [name for name, held in page.items() if isinstance(held, list) and name != "T#acme"]
    return {name: held for name, held in page.items() if name not in others}


def shape_of(value: Any, name: str = "item") -> Any:
    """Return the type of a value, attribute by attribute."""
    if isinstance(value, dict):
        if name == "models" and "deny" not in value:
            name = "models of a total"
        if name in NAMES_ARE_DATA:
            return {"*": _one([shape_of(inner) for inner in value.values()])}
        return {key: shape_of(inner, key) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        kinds = [shape_of(inner) for inner in value]
        return [_one(kinds)] if kinds and kinds[0] == kinds[-1] else kinds
    return {Decimal: "number", str: "text", bool: "yes or no"}[type(value)]


def _one(kinds: list[Any]) -> Any:
    """The one shape that all have."""
    assert kinds
    assert all(kind == kinds[0] for kind in kinds), kinds
    return kinds[0]
