"""`bedrock-meter prices add`: a price is one row, and the command says what it changes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bedrock_meter import prices
from bedrock_meter.cli.main import app
from bedrock_meter.domain.pricing.rate import COLUMNS, RateRow, id_of
from tests.price_builders import a_row

OPUS, CANVAS = "anthropic.claude-opus-4-6-v1", "amazon.nova-canvas-v1:0"
GIVEN = {
    "model": OPUS,
    "kind": "input_tokens",
    "usd": "6.6",
    "where": "in_region@us-east-1 geo:us@us-*",
    "since": "2027-01-01",
    "confidence": "high",
    "source": "AWS price page, read 2026-12-20",
}
WORLDWIDE = {"usd": "6", "where": "global@*"}


ROWS = {
    "anthropic": [
        a_row("5.5", model=OPUS, where="in_region@us-east-1 geo:us@us-*"),
        a_row("5", model=OPUS, where="global@*"),
        a_row("2.5", model=OPUS, where="global@*", tier="batch"),
        a_row("9", model="anthropic.claude-zebra-1"),
    ],
    "amazon": [a_row("0.04", model=CANVAS, kind="output_images", per="1")],
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of a few prices; what is added to the shipped one changes nothing here."""
    for name, rows in ROWS.items():
        lines = map("\t".join, [COLUMNS, *rows])
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path


def added(book: Path, *more: str, **changes: str):
    texts = [f"{column}={text}" for column, text in (GIVEN | changes).items()]
    return CliRunner().invoke(app, ["prices", "add", *texts, *more, "--folder", str(book)])


def lines_in(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_price_is_added_as_one_row_with_its_id_behind_those_of_its_model(book):
    before = lines_in(book / "anthropic.tsv")

    assert added(book, **WORLDWIDE).exit_code == 0
    result = added(book)

    assert result.exit_code == 0, result.stderr
    after = lines_in(book / "anthropic.tsv")
    new = [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in after[1:]
           if line not in before]  # fmt: skip
    assert [line for line in after if line in before] == before
    assert [row["usd"] for row in new] == ["6", "6.6"]
    assert all(row["id"] == id_of(RateRow(**row)) for row in new)
    assert {(row["per"], row["partition"], row["tier"], row["bill"]) for row in new} == {
        ("1000000", "aws", "standard", "yes")
    }
    models = [line.split("\t")[1] for line in after[1:]]
    assert models == sorted(models)
    prices.read_folder(book)
    assert result.stderr.startswith(f"bedrock-meter: {new[1]['id']} is line ")


def test_it_says_which_calls_are_priced_otherwise_from_what_to_what(book):
    result = added(book, since="2027-01-01", where="global@*", usd="6", tier="batch")
    here = added(book)

    assert "batch since 2027-01-01: 2.5 per 1000000 [" in result.stdout
    assert "] → 6 per 1000000 [" in result.stdout
    assert "]: global from 34 Regions\n" in result.stdout
    (line,) = here.stdout.splitlines()
    assert "input_tokens standard since 2027-01-01: 5.5 per 1000000 [" in line
    assert "in_region from 34 Regions" in line  # By the rule that Claude costs the same anywhere.
    assert "geo:jp from ap-northeast-1 ap-northeast-3" in line


def test_a_first_price_for_a_region_says_so(book):
    result = added(
        book, "per=1", "resolution=>1024x1024", model=CANVAS, kind="output_images",
        where="in_region@ca-central-1 geo:ca@ca-central-1",
    )  # fmt: skip

    assert ": no rate → 6.6 per 1 [" in result.stdout
    assert result.stdout.endswith("in_region from ca-central-1, geo:ca from ca-central-1\n")


def test_a_first_model_of_a_provider_begins_a_file_and_what_is_doubtful_changes_no_call(book):
    result = added(book, model="moonshot.kimi-9", confidence="low")

    assert result.stdout.endswith("no call costs anything else\n")
    assert lines_in(book / "moonshot.tsv")[0] == "\t".join(COLUMNS)
    assert lines_in(book / "moonshot.tsv")[1].split("\t")[14] == "no"


def test_a_word_that_no_other_price_has_is_for_review(book):
    tier, model = added(book, tier="gold"), added(book, model="anthropic.claude-opsu-4-6-v1")

    assert "for review: tier: no other price has 'gold'\n" in tier.stderr
    assert "for review: model: no other price has 'anthropic.claude-opsu-4-6-v1'" in model.stderr
    assert "no other price has" not in added(book, tier="batch").stderr


def test_what_breaks_an_invariant_until_the_next_price_is_added_is_said(book):
    first, second = added(book), added(book, **WORLDWIDE)

    assert "for review: scope: anthropic.claude-opus-4-6-v1" in first.stderr
    assert "for review" not in second.stderr


def test_a_dry_run_shows_the_same_and_writes_nothing(book):
    before = (book / "anthropic.tsv").read_bytes()

    result = added(book, "--dry-run")

    assert result.exit_code == 0
    assert result.stderr.endswith("; nothing written\n")
    assert (book / "anthropic.tsv").read_bytes() == before
    assert added(book).stdout == result.stdout


@pytest.mark.parametrize(
    ("changes", "more", "message"),
    [
        ({"usd": "five"}, [], "usd: not a decimal number: 'five'"),
        ({"usd": "0.00000001"}, [], "finer than 1e-13 dollars per unit"),
        ({"usd": "6600"}, [], "jump: anthropic.claude-opus-4-6-v1 input_tokens: 5.5 per 1000000"),
        ({"since": ""}, [], "validity: anthropic.claude-opus-4-6-v1 input_tokens standard"),
        ({"since": "soon"}, [], "since: 'soon' is not a date (such as 2026-10-07)"),
        ({"where": "us-east-1"}, [], "where: 'us-east-1' is not a place"),
        (
            {"where": "any@us-gov-east-1 any@us-east-1"},
            [],
            "us-east-1 is not in partition",
        ),
        ({"model": "us.amazon.nova-pro-v1:0"}, [], "is called through a scope: state amazon.nova"),
        ({"model": "acme.brain"}, [], "model: 'acme.brain' begins with no provider (ai21, "),
        ({"kind": "output_images"}, [], "per: not a power of ten: ''"),
        ({"kind": "tokens"}, [], "kind: 'tokens' is none of"),
        ({"note": "one\ntwo"}, [], "note: 'one\\ntwo' is not a text on one line"),
        ({}, ["usd=7"], "usd: stated twice"),
        ({}, ["7"], "'7': not COLUMN=TEXT, with a column of model kind per usd"),
        ({}, ["id=r0123456789"], "not COLUMN=TEXT"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_written(book, changes, more, message):
    before = {path.name: path.read_bytes() for path in book.iterdir()}

    result = added(book, *more, **changes)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in book.iterdir()} == before


def test_a_price_that_is_there_or_says_too_little_is_refused(book):
    added(book)

    assert "the book has this price already: r" in added(book).stderr
    bare = CliRunner().invoke(app, ["prices", "add", "model=m", "--folder", str(book)])
    assert (bare.exit_code, bare.stdout) == (2, "")
    assert "kind: is missing: state kind=…" in bare.stderr


def test_a_folder_without_a_book_is_refused(tmp_path):
    result = added(tmp_path)

    assert result.exit_code == 2
    assert "no .tsv file with rates" in result.stderr
