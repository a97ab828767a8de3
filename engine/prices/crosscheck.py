"""Compares the book with genai-prices: every disagreement listed with who is right, and why.

    pip install genai-prices==0.2.3      (not a dependency of the project)
    python engine/prices/crosscheck.py [--at 2026-11-21T00:00:00Z]

Exit code 1 when a disagreement is explained by none of the reasons below: then one of the two is
wrong and a person must look. The library has no service tiers, no batch and no Region beyond what
the id says, so only standard token prices are compared, at the places ids are usually called from.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from genai_prices import Usage, calc_price

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "layers" / "bedrock_meter" / "python"))

from bedrock_meter import prices  # noqa: E402
from bedrock_meter.domain.pricing.model import model_of  # noqa: E402
from bedrock_meter.domain.pricing.money import plain, usd_of  # noqa: E402
from bedrock_meter.domain.pricing.price_book import STANDARD  # noqa: E402
from bedrock_meter.domain.pricing.rate_card import HIGH, LOW  # noqa: E402

FIELDS = {
    "input_tokens": "input_mtok",
    "output_tokens": "output_mtok",
    "cache_read_tokens": "cache_read_mtok",
    "cache_write_5m_tokens": "cache_write_mtok",
    "cache_write_30m_tokens": "cache_write_mtok",
    "cache_write_1h_tokens": "cache_write_1h_mtok",
}
PLACES = {
    "": ("us-east-1", "eu-west-1", "eu-central-1", "ap-northeast-1"),
    "us.": ("us-east-1", "us-west-2"),
    "eu.": ("eu-central-1", "eu-west-1", "eu-north-1"),
    "apac.": ("ap-northeast-1", "ap-southeast-2"),
    "global.": ("us-east-1",),
    "us-gov.": ("us-gov-west-1",),
}


class Cell(NamedTuple):
    """One price of both: a model id, where it is called from, a kind, a band."""

    model_id: str
    region: str
    kind: str
    band: int
    ours: Decimal | None
    theirs: Decimal | None
    assumptions: tuple[str, ...]


class Reason(NamedTuple):
    """Who is right about a disagreement, and why."""

    right: str
    why: str


REASONS = {
    "gap": Reason(
        "neither",
        "we have no published rate for this Region or kind and say so; the library takes one price"
        " for all of them",
    ),
    "not_theirs": Reason("ours", "the library has no price of this kind for the model"),
    "region": Reason(
        "ours",
        "the source Region sets the price: the Price List of 2026-08-20 has other prices there,"
        " the library knows the one of us-east-1",
    ),
    "govcloud": Reason(
        "ours", "GovCloud is 1.2 times global; the library answers with a commercial price"
    ),
    "long_context": Reason(
        "ours",
        "OpenAI models cost twice as much above 272k input tokens (litellm, and the library itself"
        " for later models); the library is flat for this one",
    ),
    "extended": Reason(
        "ours",
        "Public Extended Access doubled Claude 3.5 Sonnet on 2025-12-01 (pricing page); the library"
        " kept the old price",
    ),
    "dated": Reason(
        "ours", "the book has the price of that date; the library keeps the present one only"
    ),
    "nova_2": Reason(
        "ours",
        "Nova 2 costs 10 % more in-Region and through geographies (pricing page); the library has"
        " one price",
    ),
    "nova_write": Reason("ours", "cache writes of Nova are free: AWS lists a price of zero"),
}


def cells(at: datetime) -> Iterator[Cell]:
    """Every price that either has for the models of our book."""
    book = prices.shipped()
    for key in book.models():
        if "." not in key:
            continue
        for prefix, regions in PLACES.items():
            theirs = _model_price(prefix + key, at)
            for region in regions:
                yield from _cells_of(prefix + key, region, theirs, at)


def _cells_of(model_id: str, region: str, theirs: Any, at: datetime) -> Iterator[Cell]:
    rate_card = prices.shipped().rate_card_for(model_of(model_id), region, STANDARD, at)
    other = (
        "5m" if ".openai." in f".{model_id}" else "30m"
    )  # The TTL that the family does not have.
    for kind, field in FIELDS.items():
        if f"_{other}_" in kind:
            continue
        bands = (LOW, HIGH) if rate_card.threshold or _has_bands(theirs, field) else (LOW,)
        for band in bands:
            term = rate_card.term_for(kind, band)
            ours = usd_of(term.atto * 1_000_000) if term else None
            assumed = term.assumptions if term else ()
            cell = Cell(model_id, region, kind, band, ours, _banded(theirs, field, band), assumed)
            if (ours is not None and theirs is not None) or (
                cell.theirs is not None and band == LOW and _called(model_id)
            ):
                yield cell


def _called(model_id: str) -> bool:
    """Return whether our book has a price for this form of the id: if not, it is not in use."""
    model = model_of(model_id)
    places = (place for rate in prices.shipped().rates_of(model.key) for place in rate.places)
    return any(place.scope == model.scope and place.geo in ("", model.geo) for place in places)


def _has_bands(model_price: Any, field: str) -> bool:
    return hasattr(getattr(model_price, field, None), "tiers")


def _model_price(model_id: str, at: datetime) -> Any:
    try:
        answer = calc_price(
            Usage(input_tokens=1), model_ref=model_id, provider_id="aws", genai_request_timestamp=at
        )
    except LookupError:
        return None
    return answer.model_price


def _banded(model_price: Any, field: str, band: int) -> Decimal | None:
    value = getattr(model_price, field, None) if model_price is not None else None
    if value is None or isinstance(value, Decimal):
        return value
    return value.tiers[-1].price if band == HIGH else value.base


def reason_for(cell: Cell) -> str | None:
    """The reason of a disagreement; None when none of them fits."""
    model = model_of(cell.model_id)
    if cell.ours is None:
        return "gap"
    if cell.theirs is None:
        return "nova_write" if "nova" in model.key and not cell.ours else "not_theirs"
    if cell.region.startswith("us-gov-"):
        commercial = (cell.theirs * 12, cell.theirs * 12 * 10 / 11)
        return "govcloud" if cell.ours * 10 in commercial else None
    if "claude-3-5-sonnet" in model.key and cell.ours == cell.theirs * 2:
        return "extended"
    if model.key.startswith("amazon.nova-2") and cell.ours * 10 == cell.theirs * 11:
        return "nova_2"
    if cell.region != "us-east-1" and not model.key.startswith("anthropic."):
        return "region"
    if cell.band == HIGH and model.key in ("openai.gpt-5.4", "openai.gpt-5.5"):
        return "long_context"
    return None


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--at", default="2026-11-21T00:00:00Z")
    at = datetime.fromisoformat(options.parse_args().at)
    compared, reasons, unexplained = 0, Counter[str](), []
    gaps: dict[str, list[str]] = {}
    for cell in cells(at):
        compared += 1
        if cell.ours == cell.theirs:
            continue
        reason = reason_for(cell)
        reasons[reason or "unexplained"] += 1
        line = _line(cell, REASONS[reason] if reason else None)
        if reason == "gap":
            gaps.setdefault(f"{cell.model_id} {cell.kind}", []).append(cell.region)
        else:
            print(line)
        if reason is None:
            unexplained.append(line)
    for what, regions in gaps.items():
        print(f"{what}: we have no rate in {', '.join(regions)}")
    print(f"\n{compared} prices compared, {sum(reasons.values())} disagreements")
    for name, many in reasons.most_common():
        said = REASONS[name].why if name in REASONS else "look at these"
        print(f"{many:6} {name}: {said}")
    return 1 if unexplained else 0


def _line(cell: Cell, reason: Reason | None) -> str:
    ours = plain(cell.ours) if cell.ours is not None else "none"
    theirs = plain(cell.theirs) if cell.theirs is not None else "none"
    band = " high band" if cell.band == HIGH else ""
    right = f"{reason.right} right: {reason.why}" if reason else "UNEXPLAINED"
    return f"{cell.model_id} {cell.region} {cell.kind}{band}: {ours} / {theirs}: {right}"


if __name__ == "__main__":
    sys.exit(main())
