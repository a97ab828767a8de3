"""Third-party price files, read as they are: nothing is converted here.

pricing.csv   of converse-metadata-cost-reporting: dollars per 1M tokens, days MM-DD-YYYY with
              both ends included, no Region
models.json   of inference-profile-cost-tracing: dollars per 1K tokens by Region, no dates
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from bedrock_meter.domain.pricing.money import BadAmount, decimal_of
from bedrock_meter.domain.records.usage import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    INPUT_TOKENS,
    OUTPUT_IMAGES,
    OUTPUT_TOKENS,
)
from bedrock_meter.domain.time.hours import overlap

PRICING_CSV, MODELS_JSON = "pricing.csv", "models.json"
PER_OF = {PRICING_CSV: 1_000_000, MODELS_JSON: 1_000}

_CSV_KINDS = {
    "input_cost": INPUT_TOKENS,
    "output_cost": OUTPUT_TOKENS,
    "cache_write": CACHE_WRITE_5M_TOKENS,
    "cache_read": CACHE_READ_TOKENS,
}
_CSV_COLUMNS = ["model_id", *_CSV_KINDS, "start_date", "end_date"]
_TOKEN_COSTS = {"input_cost": INPUT_TOKENS, "output_cost": OUTPUT_TOKENS}
_SIZES = {"512x512": "<=512x512", "larger": ">512x512"}
_EVER = (2000, 2100)  # Years that mean: no beginning, no end.


class BadThirdPartyFile(ValueError):
    """A file that is neither of the two, or is broken; the message names line and column."""


class ThirdPartyRate(NamedTuple):
    """One price of a third-party price file, and its place in the file."""

    place: str
    model_id: str
    kind: str
    usd: Decimal
    region: str | None = None
    since: datetime | None = None
    until: datetime | None = None  # Exclusive.
    resolution: str = ""
    quality: str = ""


class ThirdPartyFile(NamedTuple):
    """All prices of a third-party price file; `dated` ones say since when each price holds."""

    format: str
    rates: tuple[ThirdPartyRate, ...]
    dated: bool


def third_party_file_of(text: str, name: str) -> ThirdPartyFile:
    """Read a file of either format; BadThirdPartyFile at the first line that is wrong."""
    if text.lstrip().startswith("{"):
        return ThirdPartyFile(MODELS_JSON, tuple(_models_json(text, name)), dated=False)
    lines = text.splitlines()
    header = [column.strip() for column in lines[0].split(",")] if lines else []
    if header != _CSV_COLUMNS:
        raise BadThirdPartyFile(f"{name}:1:1: neither models.json nor pricing.csv ({_CSV_COLUMNS})")
    rates = tuple(_pricing_csv(lines, name))
    _refuse_overlaps(rates)
    return ThirdPartyFile(PRICING_CSV, rates, dated=True)


def _pricing_csv(lines: list[str], name: str) -> Iterator[ThirdPartyRate]:
    for number, fields in enumerate(csv.reader(lines[1:]), 2):
        if not fields:
            continue
        if len(fields) != len(_CSV_COLUMNS):
            wanted = len(_CSV_COLUMNS)
            raise BadThirdPartyFile(f"{name}:{number}:1: {len(fields)} fields instead of {wanted}")
        row = {column: text.strip() for column, text in zip(_CSV_COLUMNS, fields, strict=True)}
        place = f"{name}:{number}"
        since, until = _days(row, place)
        for column, kind in _CSV_KINDS.items():
            if row[column]:
                usd = _usd(row[column], f"{place}: {column}")
                yield ThirdPartyRate(
                    f"{place}: {column}", row["model_id"], kind, usd, None, since, until
                )


def _days(row: Mapping[str, str], place: str) -> tuple[datetime | None, datetime | None]:
    first, last = (_day(row[column], f"{place}: {column}") for column in ("start_date", "end_date"))
    if last < first:
        raise BadThirdPartyFile(f"{place}: end_date: {row['end_date']} is before start_date")
    since = None if first.year <= _EVER[0] else first
    return since, None if last.year >= _EVER[1] else last + timedelta(days=1)


def _day(text: str, place: str) -> datetime:
    try:
        return datetime.strptime(text, "%m-%d-%Y").replace(tzinfo=UTC)
    except ValueError:
        raise BadThirdPartyFile(f"{place}: {text!r} is not a day MM-DD-YYYY") from None


def _refuse_overlaps(rates: tuple[ThirdPartyRate, ...]) -> None:
    """Refuse rows that hold on the same day: the file's own join would count calls twice."""
    seen: dict[tuple[str, str], list[ThirdPartyRate]] = {}
    for rate in rates:
        for other in seen.setdefault((rate.model_id, rate.kind), []):
            if overlap((rate.since, rate.until), (other.since, other.until)):
                raise BadThirdPartyFile(f"{rate.place}: dates overlap those of {other.place}")
        seen[rate.model_id, rate.kind].append(rate)


def _models_json(text: str, name: str) -> Iterator[ThirdPartyRate]:
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError as bad:
        raise BadThirdPartyFile(f"{name}:{bad.lineno}:{bad.colno}: not JSON: {bad.msg}") from None
    except RecursionError:
        raise BadThirdPartyFile(f"{name}:1:1: not JSON: nested too deeply") from None
    for region, families in _items(document, name):
        for family, models in _items(families, f"{name}: {region}"):
            for model_id, costs in _items(models, f"{name}: {region}.{family}"):
                place = f"{name}: {region}.{family}.{model_id}"
                read = _image_costs if family == "image" else _token_costs
                for rate in read(costs, place, model_id):
                    yield rate._replace(region=region)


def _token_costs(costs: object, place: str, model_id: str) -> Iterator[ThirdPartyRate]:
    for field, value in _items(costs, place):
        if field not in _TOKEN_COSTS:
            raise BadThirdPartyFile(f"{place}.{field}: not a price of this format")
        usd = _usd(value, f"{place}.{field}")
        if usd or field == "input_cost":  # Embeddings have no output; 0 is not its price.
            yield ThirdPartyRate(f"{place}.{field}", model_id, _TOKEN_COSTS[field], usd)


def _image_costs(costs: object, place: str, model_id: str) -> Iterator[ThirdPartyRate]:
    for size, qualities in _items(costs, place):
        if size not in _SIZES:
            raise BadThirdPartyFile(f"{place}.{size}: not a size of this format")
        for quality, value in _items(qualities, f"{place}.{size}"):
            where = f"{place}.{size}.{quality}"
            usd = _usd(value, where)
            yield ThirdPartyRate(where, model_id, OUTPUT_IMAGES, usd)._replace(
                resolution=_SIZES[size], quality=quality
            )


def _items(value: object, place: str) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        raise BadThirdPartyFile(f"{place}: not a JSON object")
    yield from value.items()


def _usd(value: object, place: str) -> Decimal:
    if not isinstance(value, (str, Decimal)):
        raise BadThirdPartyFile(f"{place}: {value!r} is not a price")
    try:
        usd = decimal_of(value)
    except BadAmount as bad:
        raise BadThirdPartyFile(f"{place}: {bad}") from None
    if usd < 0:
        raise BadThirdPartyFile(f"{place}: {usd} is negative")
    return usd
