"""The proof: what is stored is compared with an independent recomputation of the uploads."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.demo.readings import Key, StoredHour

LIVE_FIELDS = ("requests", "errors", "tokens", "cost_usd", "unpriced_requests", "unpriced_tokens")
CLOSED_FIELDS = (*LIVE_FIELDS, "usage", "rules")
NOTHING = StoredHour(0, 0, 0, Decimal(0), 0, 0)


@dataclass(frozen=True)
class TotalDifference:
    """One number of one tenant's hour that is wrong."""

    which: str
    tenant: str | None
    hour: str
    field: str
    stored: Any
    right: Any

    def __str__(self) -> str:
        tenant = "unattributed" if self.tenant is None else self.tenant
        relation = _relation(self.stored, self.right)
        return (
            f"{self.which} total of {tenant} in {self.hour}: {self.field} is {self.stored}, "
            f"recomputed {self.right}{relation}"
        )


def differences(
    which: str, stored: Mapping[Key, StoredHour], right: Mapping[Key, Any]
) -> list[TotalDifference]:
    """Compare number by number; a total that only one side has is a difference too."""
    fields = LIVE_FIELDS if which == "live" else CLOSED_FIELDS
    keys = sorted({*stored, *right}, key=lambda key: (key[1], key[0] is not None, key[0] or ""))
    return [
        TotalDifference(which, *key, field, mine, theirs)
        for key in keys
        for field in fields
        if (mine := getattr(stored.get(key, NOTHING), field))
        != (theirs := getattr(right[key], field) if key in right else getattr(NOTHING, field))
    ]


def _relation(stored: Any, right: Any) -> str:
    if isinstance(stored, dict):
        return ""
    return f" ({'too much' if stored > right else 'too little'}: {stored - right:+f})"
