"""The columns of a closed total in items and files: one for each field of `Total`, in its order.

A field of another name or unit there stands in `_PATHS`; a dot parts the names of an item's maps.
"""

from typing import Any, NamedTuple, get_type_hints

from bedrock_meter.domain.totals.total import Total

DOLLARS = "dollars"
_DOLLARS = ("cost", "list_cost")
_PATHS = {
    "cost": "cost_usd",
    "list_cost": "list_usd",
    "timed": "latency.calls",
    "latency_ms": "latency.sum_ms",
}


class TotalColumn(NamedTuple):
    """A field of `Total`, what it is called where it is stored, and its type or `DOLLARS`."""

    field: str
    path: tuple[str, ...]
    kind: Any

    @property
    def name(self) -> str:
        """The name of the column in a file, which has no maps."""
        return "_".join(self.path)


def columns_of(total: type[Total]) -> tuple[TotalColumn, ...]:
    """Return the columns that a total is stored in."""
    return tuple(
        TotalColumn(
            field,
            tuple(_PATHS.get(field, field).split(".")),
            DOLLARS if field in _DOLLARS else kind,
        )
        for field, kind in get_type_hints(total).items()
    )


COLUMNS = columns_of(Total)
