"""A rate: dollars for so many units of one kind, for one model, somewhere, since a date.

A rate is one row of the price book. It is never edited: a change of price is another row. Its id
is made from what it says, so an edited row no longer matches its id.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from bedrock_meter.domain.pricing.money import BadAmount, atto_of
from bedrock_meter.domain.pricing.place import Place, place_of
from bedrock_meter.domain.pricing.region import PARTITIONS, partition_of
from bedrock_meter.domain.records.usage import KINDS
from bedrock_meter.domain.time.hours import text_of


class RateRow(NamedTuple):
    """A row of the price book: one text per column, empty where nothing is stated."""

    id: str = ""
    model: str = ""
    kind: str = ""
    per: str = ""
    usd: str = ""
    where: str = ""
    partition: str = ""
    tier: str = ""
    band: str = ""
    resolution: str = ""
    quality: str = ""
    since: str = ""
    until: str = ""
    confidence: str = ""
    bill: str = ""
    source: str = ""
    note: str = ""


COLUMNS = RateRow._fields

# What a row says about money, and so what its id is made of. Closing a row (`until`) and what is
# known about its origin may change; nothing else.
_IDENTITY = slice(COLUMNS.index("model"), COLUMNS.index("until"))

CONFIDENCES = ("high", "medium", "low", "DISPUTED", "CONFLICT", "UNVERIFIED")
BILLABLE = ("high", "medium")

# Rates are whole multiples of 1e-13 dollars per unit. With percentages of at most three decimals
# a contract is then exact too: 13 + 5 = 18 digits.
FINEST_ATTO = 10**5
SLIP = 100

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

    def __str__(self) -> str:
        return f"{'>' if self.above else '<='}{self.threshold}"


class Rate(NamedTuple):
    """What a row says. `atto` is attodollars per single unit; `usd` is dollars per `per` units."""

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
    since: datetime | None  # Inclusive; None = without a beginning.
    until: datetime | None  # Exclusive; None = until a later row of the same key begins.
    confidence: str
    billed: bool
    source: str
    note: str

    @property
    def product(self) -> tuple[str, str, Band | None, str, str]:
        """What is sold, wherever and at whatever tier: model, kind, band, size and quality."""
        return self.model, self.kind, self.band, self.resolution, self.quality

    @property
    def shown_kind(self) -> str:
        """The kind with its context band, size and quality, as far as there are any."""
        words = (self.kind, self.band and str(self.band), self.resolution, self.quality)
        return " ".join(filter(None, words))

    @property
    def shown_places(self) -> str:
        """The places in words, `nowhere` when there are none."""
        return " ".join(map(str, self.places)) or "nowhere"


def rate_of(row: RateRow) -> Rate:
    """Read a rate from its row; BadRate names the column and what would be right."""
    per = _per(row.per)
    since, until = time_of("since", row.since), time_of("until", row.until)
    if since and until and until <= since:
        raise BadRate("until", f"{row.until} is not after since {row.since}")
    rate = Rate(
        id=row.id,
        model=_stated("model", row.model),
        kind=_one_of("kind", row.kind, KINDS),
        per=per,
        usd=row.usd,
        atto=atto_per_unit(row.usd, per),
        places=_places(row),
        partition=_one_of("partition", row.partition, PARTITIONS),
        tier=_stated("tier", row.tier),
        band=_band(row.band),
        resolution=_resolution(row.resolution),
        quality=row.quality,
        since=since,
        until=until,
        confidence=_one_of("confidence", row.confidence, CONFIDENCES),
        billed=_one_of("bill", row.bill, ("yes", "no")) == "yes",
        source=_stated("source", row.source),
        note=row.note,
    )
    if rate.id != id_of(row):
        raise BadRate("id", f"{rate.id!r} does not belong to this row (it would be {id_of(row)})")
    return rate


def row_of(texts: Mapping[str, object]) -> RateRow:
    """Return the row of texts by column, with an id if they have none; BadRate when wrong."""
    if unknown := sorted(set(texts) - set(COLUMNS)):
        raise BadRate(unknown[0], "not a column of the book")
    for column, text in texts.items():
        if not isinstance(text, str) or not _BETWEEN_FIELDS.isdisjoint(text):
            raise BadRate(column, f"{text!r} is not a text on one line")
    row = RateRow(**{column: str(text) for column, text in texts.items()})
    row = row if row.id else row._replace(id=id_of(row))
    rate_of(row)
    return row


def id_of(row: RateRow) -> str:
    """Return the id of a row: it changes with what the row says about money and nothing else."""
    return "r" + sha256("\t".join(row[_IDENTITY]).encode()).hexdigest()[:10]


def atto_per_unit(usd: str, per: int) -> int:
    """Return exact attodollars per single unit; BadRate if negative or finer than 1e-13 dollars."""
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
    """Read a day (its first moment in UTC) or a time with its zone; None when empty."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
    except ValueError:
        raise BadRate(column, f"{text!r} is not a date (such as 2026-10-07)") from None
    if at.tzinfo is None:
        raise BadRate(column, f"{text!r} has no time zone (such as 2026-10-07T00:00:00Z)")
    return at.astimezone(UTC)


def shown_time(at: datetime | None) -> str:
    """Return a time as a row states it: a day if it is midnight in UTC, empty for None."""
    return text_of(at).removesuffix("T00:00:00Z") if at else ""


def is_slip(one: int, other: int) -> bool:
    """Return whether one price is 100 times the other or more: a slip of unit, not a change."""
    low, high = sorted((one, other))
    return low > 0 and high >= low * SLIP


def _places(row: RateRow) -> tuple[Place, ...]:
    try:
        places = tuple(map(place_of, row.where.split()))
    except ValueError as bad:
        raise BadRate("where", str(bad)) from None
    for place in places:
        if "*" not in place.region and partition_of(place.region) != row.partition:
            raise BadRate("partition", f"{place.region} is not in partition {row.partition!r}")
    if not places and row.bill == "yes":
        raise BadRate("where", "a rate that is billed names where it holds")
    return places


def _band(text: str) -> Band | None:
    if not text:
        return None
    if not (match := _BAND.fullmatch(text)):
        raise BadRate("band", f"{text!r} is not a context band (such as <=272000 or >272000)")
    return Band(match[1] == ">", int(match[2]))


def _resolution(text: str) -> str:
    if text and not _RESOLUTION.fullmatch(text):
        raise BadRate("resolution", f"{text!r} is not a resolution (such as <=1024x1024 or 720p)")
    return text


def _per(text: str) -> int:
    if not _PER.fullmatch(text) or len(text) > 10:
        raise BadRate("per", f"not a power of ten: {text!r} (such as 1 or 1000000)")
    return int(text)


def _stated(column: str, text: str) -> str:
    if not text:
        raise BadRate(column, "is empty")
    return text


def _one_of(column: str, text: str, words: Collection[str]) -> str:
    if text not in words:
        raise BadRate(column, f"{text!r} is none of {', '.join(sorted(words))}")
    return text
