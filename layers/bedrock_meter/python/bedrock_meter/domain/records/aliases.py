"""Aliases: the several spellings of one key in request metadata or in the tags of a profile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import flag_key

LONGEST_VALUE = 256
"""Characters; Bedrock accepts no longer value, neither in metadata nor in tags."""


LONGEST_KEY = 2048
"""Bytes of a partition key in DynamoDB; that of a flag spells most characters at length."""

RIGHT_ID = (
    f"write 1 to {LONGEST_VALUE} characters, fewer of those beyond a to z:"
    f" its flag's key has {LONGEST_KEY} bytes at most"
)


class AliasValue(NamedTuple):
    """A value read under one of several spellings; `conflict` when they hold different values."""

    value: str
    conflict: bool = False


def usable(value: str) -> bool:
    """Return whether a value says anything: not blank, not longer than Bedrock allows, and text.

    A lone surrogate is not text: it could be stored nowhere. Nor could the flag of a tenant whose
    key is too long, and then no flag of a tenant assessed with it.
    """
    if not value or len(value) > LONGEST_VALUE or value.isspace():
        return False
    if value.isascii():
        return True
    is_text = not any("\ud800" <= char <= "\udfff" for char in value)
    return is_text and len(flag_key(value)) <= LONGEST_KEY


class _Spelling(NamedTuple):
    slot: str
    rank: int
    exact: str


class _Match(NamedTuple):
    rank: int
    other_case: bool
    key: str
    value: str

    def precedence(self) -> tuple[int, bool, bytes]:
        """Sort by the order of aliases, the exact case first, then by byte order."""
        return self.rank, self.other_case, self.key.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class AliasIndex:
    """Finds the values of all slots (`tenant` and the dimensions) in one pass over the entries.

    Keys match in any case. Within a slot aliases count in their order; within one alias the exact
    case first, then byte order. Blank values are as absent. Different values are a conflict.
    """

    spellings: Mapping[str, tuple[_Spelling, ...]]

    @staticmethod
    def of(slots: Mapping[str, Iterable[str]]) -> "AliasIndex":
        """Index the aliases of each slot."""
        spellings: dict[str, tuple[_Spelling, ...]] = {}
        for slot, aliases in slots.items():
            for rank, alias in enumerate(aliases):
                folded = alias.casefold()
                spellings[folded] = (*spellings.get(folded, ()), _Spelling(slot, rank, alias))
        return AliasIndex(spellings)

    def kept(self, entries: Mapping[str, str]) -> dict[str, str]:
        """Keep the entries whose key is an alias of any slot, spelled as they came."""
        spellings = self.spellings
        return {key: value for key, value in entries.items() if key.casefold() in spellings}

    def read(self, entries: Mapping[str, str]) -> dict[str, AliasValue]:
        """Read what the entries say for each slot; slots of which they say nothing are left out."""
        best: dict[str, _Match] = {}
        conflicts: set[str] = set()
        for key, value in entries.items():
            spellings = self.spellings.get(key.casefold())
            if not spellings or not usable(value):
                continue
            for slot, rank, exact in spellings:
                match = _Match(rank, key != exact, key, value)
                other = best.setdefault(slot, match)
                if other is not match:
                    best[slot] = min(match, other, key=_Match.precedence)
                    if other.value != value:
                        conflicts.add(slot)
        return {slot: AliasValue(match.value, slot in conflicts) for slot, match in best.items()}
