"""A rate: dollars for so many units of one kind, for one model, somewhere, since a date.

A rate is one row of the price book. It is never edited: a change of price is another row. Its id
is made from what it says, so that an edited row no longer matches its id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from bedrock_meter.domain.pricing.money import BadAmount, atto_of
from bedrock_meter.domain.pricing.place import PARTITIONS, Place, place_of
from bedrock_meter.domain.pricing.region import partition_of
from bedrock_meter.domain.records.usage import KINDS

COLUMNS = [
    "id",
    "model",
    "kind",
    "per",
    "usd",
    "where",
    "partition",
    "tier",
    "band",
    "resolution",
    "quality",
    "since",
    "until",
    "confidence",
    "bill",
    "source",
    "note",
]

# What a row says about money, and so what its id is made of. Closing a row (`until`) and what is
# known about its origin may change; nothing else.
_IDENTITY = COLUMNS[COLUMNS.index("model") : COLUMNS.index("until")]

CONFIDENCES = ("high", "medium", "low", "DISPUTED", "CONFLICT", "UNVERIFIED")
BILLABLE = ("high", "medium")

# Rates are whole multiples of 1e-13 dollars per unit. With percentages of at most three decimals
# a contract is then exact too: 13 + 5 = 18 digits.
FINEST_ATTO = 10**5

_BAND = re.compile(r"(<=|>)([0-9]+)")
_RESOLUTION = re.compile(r"(<=|>|=)([0-9]+)x([0-9]+)|[0-9]+p")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_BETWEEN_FIELDS = frozenset("\t\n\r")
_PER = re.compile(r"10*")


class BadRate(ValueError):
    """A row that cannot be a rate; `column` names the field that is wrong."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(f"{column}: {message}")
        self.column = column


class Band(NamedTuple):
    """Calls whose input tokens stay within the threshold, or those strictly above it."""

    above: bool
    threshold: int


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of the price book. `atto` is attodollars per single unit; `usd` is per `per`."""

    id: str
    model: str
    kind: str
    per: int
    usd: str
    atto: int
    places: tuple[Place, ...]
    partition: str
    tier: str
    band: Band | None
    resolution: str
    quality: str
    since: datetime | None  # Inclusive; None = as far back as anybody asks.
    until: datetime | None  # Exclusive; None = until a later row of the same key begins.
    confidence: str
    billed: bool
    source: str
    note: str
    row: Mapping[str, str]


def rate_of(row: Mapping[str, str]) -> Rate:
    """Read a rate from the texts of a row; BadRate names the column and what would be right."""
    row = {column: row.get(column, "") for column in COLUMNS}
    per = _per(row["per"])
    since, until = time_of("since", row["since"]), time_of("until", row["until"])
    if since and until and until <= since:
        raise BadRate("until", f"{row['until']} is not after since {row['since']}")
    rate = Rate(
        id=row["id"],
        model=_text(row, "model"),
        kind=_one_of(row, "kind", KINDS),
        per=per,
        usd=row["usd"],
        atto=atto_per_unit(row["usd"], per),
        places=_places(row),
        partition=_one_of(row, "partition", PARTITIONS),
        tier=_text(row, "tier"),
        band=_band(row["band"]),
        resolution=_resolution(row["resolution"]),
        quality=row["quality"],
        since=since,
        until=until,
        confidence=_one_of(row, "confidence", CONFIDENCES),
        billed=_one_of(row, "bill", ("yes", "no")) == "yes",
        source=_text(row, "source"),
        note=row["note"],
        row=row,
    )
    if rate.id != id_of(row):
        raise BadRate("id", f"{rate.id!r} does not belong to this row (it would be {id_of(row)})")
    return rate


def row_of(texts: Mapping[str, object]) -> tuple[str, ...]:
    """The row of these texts by column, its id made where they have none; BadRate when wrong."""
    if unknown := sorted(set(texts) - set(COLUMNS)):
        raise BadRate(unknown[0], "no column of the book")
    row: dict[str, str] = {}
    for column in COLUMNS:
        text = texts.get(column, "")
        if not isinstance(text, str) or not _BETWEEN_FIELDS.isdisjoint(text):
            raise BadRate(column, f"{text!r} is not a text on one line")
        row[column] = text
    row["id"] = row["id"] or id_of(row)
    rate_of(row)
    return tuple(row.values())


def id_of(row: Mapping[str, str]) -> str:
    """The id of a row: the same for the same statement about money, another for any other."""
    text = "\t".join(row.get(column, "") for column in _IDENTITY)
    return "r" + sha256(text.encode()).hexdigest()[:10]


def atto_per_unit(usd: str, per: int) -> int:
    """Attodollars per single unit, exact; BadRate when negative or finer than 1e-13 dollars."""
    try:
        atto, rest = divmod(atto_of(usd), per * FINEST_ATTO)
    except BadAmount as bad:
        raise BadRate("usd", str(bad)) from None
    if rest:
        raise BadRate("usd", f"{usd} per {per} is finer than 1e-13 dollars per unit")
    if atto < 0:
        raise BadRate("usd", f"{usd} is negative")
    return atto * FINEST_ATTO


def time_of(column: str, text: str) -> datetime | None:
    """A day (its first moment in UTC) or a time with its zone; None when empty."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
    except ValueError:
        raise BadRate(column, f"no date: {text!r} (such as 2026-10-07)") from None
    if at.tzinfo is None:
        raise BadRate(column, f"no time zone: {text!r} (such as 2026-10-07T00:00:00Z)")
    return at.astimezone(UTC)


def _places(row: Mapping[str, str]) -> tuple[Place, ...]:
    try:
        places = tuple(place_of(text) for text in row["where"].split())
    except ValueError as bad:
        raise BadRate("where", str(bad)) from None
    for place in places:
        if "*" not in place.region and partition_of(place.region) != row["partition"]:
            raise BadRate("partition", f"{place.region} is not in partition {row['partition']!r}")
    if not places and row["bill"] == "yes":
        raise BadRate("where", "a rate that is billed names where it holds")
    return places


def _band(text: str) -> Band | None:
    if not text:
        return None
    if not (match := _BAND.fullmatch(text)):
        raise BadRate("band", f"no context band: {text!r} (such as <=272000 or >272000)")
    return Band(match[1] == ">", int(match[2]))


def _resolution(text: str) -> str:
    if text and not _RESOLUTION.fullmatch(text):
        raise BadRate("resolution", f"no resolution: {text!r} (such as <=1024x1024 or 720p)")
    return text


def _per(text: str) -> int:
    if not _PER.fullmatch(text) or len(text) > 10:
        raise BadRate("per", f"not a power of ten: {text!r} (such as 1 or 1000000)")
    return int(text)


def _text(row: Mapping[str, str], column: str) -> str:
    if not row[column]:
        raise BadRate(column, "is empty")
    return row[column]


def _one_of(row: Mapping[str, str], column: str, words: frozenset[str] | tuple[str, ...]) -> str:
    if row[column] not in words:
        raise BadRate(column, f"{row[column]!r} is none of {', '.join(sorted(words))}")
    return row[column]
