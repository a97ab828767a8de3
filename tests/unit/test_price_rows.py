"""The shipped book holds rates as their sources publish them, at the places their scope means.

A sample is pinned: of every provider, kind, tier, scope and size, and all that is doubtful. So a
price is added, or ended by a later one, without a test to change.
"""

import csv
from pathlib import Path

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.pricing.rate import BILLABLE, COLUMNS, BadRate, RateRow, id_of, rate_of
from bedrock_meter.prices import FOLDER, BadBookFile, citation_of, read_folder, rows_of

GOLDEN = Path(__file__).parents[1] / "golden" / "prices_sample.csv"
SAMPLE = list(csv.DictReader(GOLDEN.read_text().splitlines()))
RATES = list(prices.shipped().rates())
ROWS = prices.shipped_rows()

# Typed in again here: what each published scope means.
PLACES = {
    "us-east-1": "in_region@us-east-1 geo:us@us-east-1",
    "us-west-2": "in_region@us-west-2 geo:us@us-west-2",
    "us-west-2 and others": "in_region@us-west-2 geo:us@us-west-2",
    "us-east-1/us-west-2": (
        "in_region@us-east-1 geo:us@us-east-1 in_region@us-west-2 geo:us@us-west-2"
    ),
    "us-east-1/us-east-2/us-west-2": (
        "in_region@us-east-1 geo:us@us-east-1 in_region@us-east-2 geo:us@us-east-2"
        " in_region@us-west-2 geo:us@us-west-2"
    ),
    "us-east-1 in-region and us. geo": "in_region@us-east-1 geo:us@us-*",
    "us-east-1 in-region, us. geo and global.": "in_region@us-east-1 geo:us@us-* global@*",
    "us-east-1 in-region and us. geo (also us-east-2, us-west-2; v1 also 4 EU regions)": (
        "in_region@us-east-1 in_region@us-east-2 in_region@us-west-2 geo:us@us-*"
    ),
    "us. geo": "geo:us@us-*",
    "us. geo / global": "geo:us@us-* global@*",
    "us-east-2 us. geo": "geo:us@us-east-2",
    "global. profile": "global@*",
    "us-gov-west-1 / us-gov-east-1": "any@us-gov-west-1 any@us-gov-east-1",
    "eu-central-1 source region (in-region or geo profile)": (
        "in_region@eu-central-1 geo:eu@eu-central-1"
    ),
    "eu-west-1 source region (in-region or geo profile)": "in_region@eu-west-1 geo:eu@eu-west-1",
    "eu-west-2 source region (in-region or geo profile)": "in_region@eu-west-2 geo:eu@eu-west-2",
    "eu-west-3 source region (in-region or geo profile)": "in_region@eu-west-3 geo:eu@eu-west-3",
    "eu-north-1 source region (in-region or geo profile)": (
        "in_region@eu-north-1 geo:eu@eu-north-1"
    ),
    "us-west-1 source region (in-region or geo profile)": "in_region@us-west-1 geo:us@us-west-1",
    "ap-northeast-1 source region (in-region or geo profile)": (
        "in_region@ap-northeast-1 geo:apac@ap-northeast-1 geo:jp@ap-northeast-1"
    ),
    "ap-southeast-2 source region (in-region or geo profile)": (
        "in_region@ap-southeast-2 geo:apac@ap-southeast-2 geo:au@ap-southeast-2"
    ),
    "ap-south-1 source region (in-region or geo profile)": (
        "in_region@ap-south-1 geo:apac@ap-south-1 geo:in@ap-south-1"
    ),
    "sa-east-1 source region (in-region or geo profile)": "in_region@sa-east-1",
    "us-east-1 (assumed; page lists 2 prices without the region)": (
        "in_region@us-east-1 geo:us@us-east-1"
    ),
    "other region (unlabelled)": "",
    "unlabelled": "",
    "-": "",
}
NOT_BILLED = ("-", "unlabelled", "other region (unlabelled)")
SIZES = {
    "<=1024x1024 standard": ("<=1024x1024", "standard"),
    "<=1024x1024 premium": ("<=1024x1024", "premium"),
    "<=2048x2048 standard": ("<=2048x2048", "standard"),
    "<=2048x2048 premium": ("<=2048x2048", "premium"),
    "<=512x512 standard": ("<=512x512", "standard"),
    "<=512x512 premium": ("<=512x512", "premium"),
    ">512x512 standard": (">512x512", "standard"),
    ">512x512 premium": (">512x512", "premium"),
    "512x512 standard only; EOL 2026-06-30": ("=512x512", "standard"),
    "540p 24fps": ("540p", ""),
    "720p 24fps": ("720p", ""),
}


def expected(line: dict[str, str]) -> tuple[str, ...]:
    scope, note = line["region_scope"], line["note"]
    model = line["model_id"]
    for prefix in ("global.", "us-gov.", "us."):
        model = model.removeprefix(prefix)
    resolution, quality = SIZES.get(note, ("", ""))
    certain = scope not in NOT_BILLED and "assumed" not in scope
    return (
        model,
        line["dimension"],
        "1000000" if line["unit"] == "1M tokens" else "1",
        line["usd"],
        PLACES[scope],
        "aws-us-gov" if "gov" in scope else "aws",
        line["tier"],
        line["context_band"].replace("k", "000"),
        resolution,
        quality,
        line["effective_from"],
        line["confidence"],
        "yes" if certain and line["confidence"] in ("high", "medium") else "no",
        line["source"],
    )


def found(row: RateRow) -> tuple[str, ...]:
    texts = [getattr(row, column) for column in COLUMNS[1:15] if column != "until"]
    return (*texts, citation_of(row.source))


@pytest.mark.parametrize("line", SAMPLE, ids=lambda line: line["model_id"] + line["dimension"])
def test_a_collected_rate_is_in_the_book_as_its_source_has_it(line):
    (row,) = [row for row in ROWS if found(row) == expected(line)]

    assert line["note"] in SIZES or row.note.startswith(line["note"])
    assert line["effective_until"] in ("", row.until)


def test_the_sample_has_every_scope_size_and_provider_of_its_sources():
    assert {line["region_scope"] for line in SAMPLE} == set(PLACES)
    assert SIZES.keys() <= {line["note"] for line in SAMPLE}
    assert {rate.confidence for rate in RATES} == {line["confidence"] for line in SAMPLE}
    assert len({line["model_id"].partition(".")[0] for line in SAMPLE}) >= 20


def test_every_row_has_the_id_of_what_it_says_and_no_two_have_one():
    assert all(row.id == id_of(row) for row in ROWS)
    assert len({rate.id for rate in RATES}) == len(RATES)


def test_what_is_doubtful_is_kept_and_not_billed():
    assert all(rate.confidence in BILLABLE and rate.places for rate in RATES if rate.billed)


def test_a_file_of_the_book_has_its_models_in_order():
    for path in sorted(FOLDER.glob("*.tsv")):
        models = [row.model for row in rows_of(path)]
        assert models == sorted(models), path.name


def test_a_price_cannot_be_edited_in_place():
    row = ROWS[0]

    with pytest.raises(BadRate, match=r"id: .* does not belong to this row"):
        rate_of(row._replace(usd="9.99"))
    assert rate_of(row._replace(until="2099-01-01", note="closed")).id == row.id


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("usd", "-1", "is negative"),
        ("usd", "1" * 1000, "more than 20 digits"),
        ("usd", "0." + "1" * 1000, "finer than 1e-18"),
        ("usd", "0.00000001", "finer than 1e-13 dollars per unit"),
        ("usd", "three", "not a decimal number"),
        ("per", "1024", "not a power of ten"),
        ("per", "", "not a power of ten"),
        ("kind", "tokens", "'tokens' is none of"),
        ("where", "us-east-1", "is not a place"),
        ("where", "geo@us-east-1", "has no geography"),
        ("where", "in_region@mars", "names no Region"),
        ("where", "", "names where it holds"),
        ("partition", "aws-us-gov", "us-east-1 is not in partition"),
        ("tier", "", "is empty"),
        ("band", ">272k", "is not a context band"),
        ("resolution", "big", "is not a resolution"),
        ("since", "2026-13-01", "is not a date"),
        ("since", "2026-01-01T00:00:00", "has no time zone"),
        ("until", "2020-01-01", "is not after since"),
        ("confidence", "sure", "is none of"),
        ("bill", "maybe", "is none of"),
        ("source", "", "is empty"),
    ],
)
def test_a_malformed_row_is_refused_in_one_line_that_names_the_column(column, text, message):
    row = ROWS[0]._replace(**{"since": "2026-01-01", column: text})

    with pytest.raises(BadRate, match=message) as refusal:
        rate_of(row._replace(id=id_of(row)))

    assert refusal.value.column == column
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 2500


def write(folder: Path, *lines: str) -> Path:
    (folder / "acme.tsv").write_text("\n".join(["\t".join(COLUMNS), *lines]) + "\n")
    return folder


def test_a_malformed_file_is_refused_with_line_and_column(tmp_path):
    good = list(prices.shipped_rows()[0])
    bad = [*good[:4], "-3", *good[5:]]

    with pytest.raises(BadBookFile, match=r"acme.tsv:3:\d+: usd: -3 is negative") as refusal:
        read_folder(write(tmp_path, "\t".join(good), "\t".join(bad)))

    column = int(str(refusal.value).split(":")[2])
    assert "\t".join(bad)[column - 1 :].startswith("-3\t")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["one\ttwo"], "acme.tsv:2:8: 2 fields instead of 17"),
        ([""], "acme.tsv:2:1: 1 fields instead of 17"),
    ],
)
def test_a_line_with_other_than_seventeen_fields_is_refused(tmp_path, lines, message):
    with pytest.raises(BadBookFile, match=message):
        read_folder(write(tmp_path, *lines))


def test_a_file_without_the_header_or_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "acme.tsv").write_text("nothing\n")
    with pytest.raises(BadBookFile, match=r"acme.tsv:1:1: the first line must name id model"):
        read_folder(tmp_path)

    (tmp_path / "acme.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(BadBookFile, match=r"acme.tsv: byte 0: not UTF-8"):
        read_folder(tmp_path)


def test_every_model_with_a_rule_has_rates():
    models = set(prices.shipped().models())

    assert prices.shipped_rules()
    assert {rule.model for rule in prices.shipped_rules()} <= models
