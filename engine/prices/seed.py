"""Writes the first price book from the collected reference rates; kept to show where it came from.

    python engine/prices/seed.py tests/golden/prices_reference.csv layers/…/bedrock_meter/prices

It was run once. From then on the rows of the book are appended to, never generated again.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "layers" / "bedrock_meter" / "python"))

from bedrock_meter.domain.pricing.model import model_of  # noqa: E402
from bedrock_meter.domain.pricing.rate import BILLABLE, COLUMNS, id_of  # noqa: E402
from bedrock_meter.domain.pricing.region import geographies_of  # noqa: E402

# Citations that recur, by the short name that stands for them in the book.
CITED = {
    "[litellm]": "litellm-1.109.1 model_prices_and_context_window_backup.json",
    "[page]": "AWS pricing page 2026-07-24 via ajinkyak423/aws-bedrock-pricing-data@86fc3c1",
    "[price-list]": "AWS Price List publicationDate 2026-08-20 via aToy0m0/bedrock-pricing@42777bf",
    "[genai-prices]": "genai-prices-0.2.3",
}

US_GEO = "geo:us@us-*"
ANYWHERE = "global@*"


def in_region_and_geo(region: str) -> str:
    geographies = [f"geo:{geo}@{region}" for geo in geographies_of(region)]
    return " ".join([f"in_region@{region}", *geographies])


# What each published scope means: the closed table. What is empty or assumed is kept, not billed.
WHERE = {
    "us-east-1": in_region_and_geo("us-east-1"),
    "us-west-2": in_region_and_geo("us-west-2"),
    "us-west-2 and others": in_region_and_geo("us-west-2"),
    "us-east-1/us-west-2": " ".join(map(in_region_and_geo, ("us-east-1", "us-west-2"))),
    "us-east-1/us-east-2/us-west-2": " ".join(
        map(in_region_and_geo, ("us-east-1", "us-east-2", "us-west-2"))
    ),
    "us-east-1 in-region and us. geo": f"in_region@us-east-1 {US_GEO}",
    "us-east-1 in-region, us. geo and global.": f"in_region@us-east-1 {US_GEO} {ANYWHERE}",
    "us-east-1 in-region and us. geo (also us-east-2, us-west-2; v1 also 4 EU regions)": (
        f"in_region@us-east-1 in_region@us-east-2 in_region@us-west-2 {US_GEO}"
    ),
    "us. geo": US_GEO,
    "us. geo / global": f"{US_GEO} {ANYWHERE}",
    "us-east-2 us. geo": "geo:us@us-east-2",
    "global. profile": ANYWHERE,
    "us-gov-west-1 / us-gov-east-1": "any@us-gov-west-1 any@us-gov-east-1",
    "us-east-1 (assumed; page lists 2 prices without the region)": in_region_and_geo("us-east-1"),
    "other region (unlabelled)": "",
    "unlabelled": "",
    "-": "",
}
SOURCE_REGION = " source region (in-region or geo profile)"

# Scopes that say less or more than their places: kept beside the row.
REMARKABLE = ("and others", "(also ", "assumed", "unlabelled", "-")

PER = {"1M tokens": "1000000"}


def where_of(scope: str) -> str:
    if scope.endswith(SOURCE_REGION):
        return in_region_and_geo(scope.removesuffix(SOURCE_REGION))
    return WHERE[scope]


def size_of(note: str) -> tuple[str, str, str]:
    """Resolution and quality out of a note, and what is left of the note."""
    words = note.split()
    if not words:
        return "", "", note
    if words[0] in {"540p", "720p"}:
        return words[0], "", note
    if words[0][0] in "<>":
        return words[0], words[1], ""
    if words[0] == "512x512":
        return "=512x512", "standard", note
    return "", "", note


def row_of(reference: dict[str, str]) -> dict[str, str]:
    scope = reference["region_scope"]
    resolution, quality, note = size_of(reference["note"])
    if scope == "-" or any(word in scope for word in REMARKABLE[:-1]):
        note = "; ".join(filter(None, [note, f"scope as published: {scope}"]))
    where = where_of(scope)
    certain = bool(where) and "assumed" not in scope
    billed = certain and reference["confidence"] in BILLABLE
    row = {
        "model": model_of(reference["model_id"]).key,
        "kind": reference["dimension"],
        "per": PER.get(reference["unit"], "1"),
        "usd": reference["usd"],
        "where": where,
        "partition": "aws-us-gov" if "us-gov" in where else "aws",
        "tier": reference["tier"],
        "band": reference["context_band"].replace("k", "000"),
        "resolution": resolution,
        "quality": quality,
        "since": reference["effective_from"],
        "until": reference["effective_until"],
        "confidence": reference["confidence"],
        "bill": "yes" if billed else "no",
        "source": cited(reference["source"]),
        "note": note,
    }
    return {"id": id_of(row), **row}


def cited(source: str) -> str:
    for short, full in CITED.items():
        source = source.replace(full, short)
    return source


def main(reference: Path, folder: Path) -> None:
    files: dict[str, list[dict[str, str]]] = {}
    with reference.open(newline="") as lines:
        for line in csv.DictReader(lines):
            row = row_of(line)
            provider, dot, _ = row["model"].partition(".")
            files.setdefault(provider if dot else "services", []).append(row)
    for name, rows in files.items():
        rows.sort(key=lambda row: row["model"])  # Stable: the order of the reference within.
        lines = ["\t".join(COLUMNS), *("\t".join(row[c] for c in COLUMNS) for row in rows)]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    shorts = [f"{short}\t{full}" for short, full in CITED.items()]
    (folder / "sources.txt").write_text("\n".join(shorts) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
