"""`bedrock-meter prices`: what is in the book and why, what changed, what others would change."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bedrock_meter import prices
from bedrock_meter.cli.main import app
from bedrock_meter.domain.prices.overlay import overlay_of
from bedrock_meter.domain.pricing.rate import COLUMNS
from tests.price_builders import a_row

HEADER = "model_id,input_cost,output_cost,cache_write,cache_read,start_date,end_date\n"
OPUS = "us.anthropic.claude-opus-5-5"
A_LINE = f"{OPUS},4.4,22,5.5,0.22,01-01-2000,01-01-2100\n"


def run(*arguments: str | Path):
    return CliRunner().invoke(app, ["prices", *map(str, arguments)])


@pytest.fixture
def pricing_csv(tmp_path):
    def written(*lines: str) -> Path:
        path = tmp_path / "pricing.csv"
        path.write_text(HEADER + "".join(lines))
        return path

    return written


@pytest.fixture
def models_json(tmp_path):
    def written(document: object) -> Path:
        path = tmp_path / "models.json"
        path.write_text(json.dumps(document))
        return path

    return written


def refused(result, message: str) -> None:
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_book_is_listed_with_the_rates_in_force_and_with_all_when_asked():
    def listed(*more: str) -> list[dict]:
        model = "anthropic.claude-sonnet-5-5"
        result = run("list", model, "--kind", "cache_read*", "--json", *more)
        return [json.loads(line) for line in result.stdout.splitlines()]

    october, september = "2026-10-08T00:00:00Z", "2026-09-30T00:00:00Z"
    assert sorted(row["usd"] for row in listed("--at", october)) == ["0.1", "0.11", "0.12"]
    assert sorted(row["usd"] for row in listed("--at", september)) == ["0.12", "0.2", "0.22"]
    assert len(listed("--all")) == 5


def test_the_table_shows_the_same_for_people():
    result = run("list", "amazon.nova-canvas*", "--at", "2026-11-21T00:00:00Z")

    assert result.stdout.count("amazon.nova-canvas-v1:0") == 4
    assert f"4 of {len(prices.shipped_rows())} rates" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["claude*"],
            "PATTERN: nothing in the book matches 'claude*'; it must match the whole name",
        ),
        (["anthropic.claud-opus-5"], "did you mean anthropic.claude-opus-5 or "),
        (
            ["--kind", "inptu_tokens", "--json"],
            "--kind: nothing in the book matches 'inptu_tokens'",
        ),
        (
            ["--tier", "platinum"],
            "--tier: nothing in the book matches 'platinum'; `bedrock-meter pr",
        ),
    ],
)
def test_a_word_that_fits_no_rate_is_refused_and_never_an_empty_table(words, said):
    result = run("list", *words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_narrow_terminal_breaks_ids_and_never_cuts_them(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")

    assert "…" not in run("list", "amazon.nova-canvas*").stdout


def test_a_rate_is_explained_with_its_source_and_a_model_with_its_look_up():
    rates = prices.shipped().rates_of("anthropic.claude-opus-4-6-v1")
    rate = next(rate for rate in rates if rate.usd == "5.5")
    result = run("explain", rate.id)

    assert f"rate        {rate.id}" in result.stdout
    assert "AWS Price List publicationDate 2026-08-20" in result.stdout

    result = run("explain", "eu.amazon.nova-pro-v1:0", "--region", "eu-west-1")
    assert "scope geo eu" in result.stdout
    assert "used      input_tokens: 0.92 per 1000000" in result.stdout
    assert "0.8 [" in result.stdout
    assert "holds in_region@us-east-1 geo:us@us-east-1" in result.stdout


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("acme.brain", "no rate: the book does not know this model"),
        ("mx.amazon.nova-pro-v1:0", "not resolved"),
        ("arn:aws:bedrock:us-east-1:111122223333:imported-model/a1b2c3d4e5f6", "by commitment"),
    ],
)
def test_what_has_no_rate_is_explained_too(model, said):
    assert said in run("explain", model).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["anthropic.claude-opus-55"], "no such rate or model in the book; did you mean anthropic"),
        (["amazon.nova-pro-v1:0", "--region", "moon"], "--region: 'moon' is not a Region"),
        (["amazon.nova-pro-v1:0", "--tier", "flecks"], "--tier 'flecks': is not a tier"),
    ],
)
def test_an_explanation_of_what_there_is_not_is_refused(words, said):
    result = run("explain", *words)

    assert result.exit_code == 2
    assert said in result.stderr


def test_an_overlay_that_cannot_be_written_is_refused_in_one_line(tmp_path, pricing_csv):
    target = tmp_path / "no" / "own.json"

    result = run("import", pricing_csv(A_LINE), "--unit", "1M", "--bare", "in_region",
                 "--region", "us-east-1", "--write", target)  # fmt: skip

    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        f"bedrock-meter: --write {target}: cannot be written: No such file or directory"
    )


def test_the_shipped_book_is_checked():
    result = run("check")

    assert (result.exit_code, result.stdout) == (0, "")
    assert f"{len(prices.shipped_rows())} rates, 7 invariants, 0 violations" in result.stderr


def test_a_book_that_breaks_a_invariant_is_told_with_the_rates(tmp_path):
    rows = [a_row("3"), a_row("4")]
    lines = ["\t".join(COLUMNS), *("\t".join(row) for row in rows)]
    (tmp_path / "acme.tsv").write_text("\n".join(lines) + "\n")

    result = run("check", tmp_path)

    assert result.exit_code == 1
    assert result.stdout.startswith("validity: acme.brain-1 input_tokens")
    assert all(row[0] in result.stdout for row in rows)


def test_a_malformed_book_is_one_line_with_line_and_column(tmp_path):
    row = "\t".join(a_row("3"))
    (tmp_path / "acme.tsv").write_text("\t".join(COLUMNS) + "\n" + row.replace("\t3\t", "\t-3\t"))

    result = run("check", tmp_path)

    column = row.index("\t3\t") + 2
    refused(result, f"acme.tsv:2:{column}: usd: -3 is negative")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"overlay": 1,\n "rows": [}', "o.json:2:11: not JSON"),
        ('{"overlay": 2}', "o.json: not an overlay"),
        ('{"overlay": 1, "row": []}', "o.json: unknown field 'row'"),
        ('{"overlay": 1, "rows": [{"model": "m"}]}', "o.json: rows[0].per: not a power of ten"),
        ('{"overlay": 1, "rows": [{"price": "1"}]}', "o.json: rows[0].price: not a column"),
        ('{"overlay": 1, "rows": [7]}', "o.json: rows[0]: a row is an object"),
        ('{"overlay": 1, "accept": ["r1"]}', "'r1' is not a rate of the book"),
    ],
)
def test_a_malformed_overlay_is_one_line(tmp_path, text, message):
    (tmp_path / "o.json").write_text(text)

    refused(run("check", tmp_path / "o.json"), message)


def test_importing_shows_the_difference_and_writes_nothing(pricing_csv, tmp_path):
    file = pricing_csv(f"{OPUS},4.4,20,,0.22,01-01-2000,01-01-2100\n")

    result = run("import", file)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"same     {OPUS} input_tokens in us-east-1: 4.4 per 1000000 → 4.4 per 1000000",
        f"changed  {OPUS} output_tokens in us-east-1: 22 per 1000000 → 20 per 1000000",
        f"same     {OPUS} cache_read_tokens in us-east-1: 0.22 per 1000000 → 0.22 per 1000000",
    ]
    for said in ("unit: dollars per 1000000", "bare ids:", "Region:", "end_date + 1 day"):
        assert said in result.stderr
    assert "nothing written" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pricing.csv"]


def test_an_import_that_is_written_prices_calls_from_then_on(pricing_csv, tmp_path):
    own = tmp_path / "own.json"
    june = f"{OPUS},4,20,,,01-01-2000,06-30-2026\n"
    file = pricing_csv(june, f"{OPUS},3,15,,,07-01-2026,01-01-2100\n")

    assert run("import", file, "--write", own).exit_code == 0

    def amount(at: str) -> str:
        question = [
            "--model",
            OPUS,
            "--region",
            "us-east-1",
            "--usage",
            '{"input_tokens": 1000000}',
        ]
        arguments = ["quote", *question, "--at", at, "--overlay", str(own)]
        return json.loads(CliRunner().invoke(app, arguments).stdout)["amount_usd"]

    assert [amount(f"2026-0{month}-01T00:00:00Z") for month in (6, 7)] == ["4", "3"]
    assert amount("2026-06-30T23:59:59Z") == "4"
    assert "validity" not in run("check", own).stdout
    before = own.read_text()
    assert run("import", file, "--write", own).exit_code == 0
    assert own.read_text() == before


def test_per_thousand_prices_of_every_region_are_imported_by_region(models_json, tmp_path):
    own = tmp_path / "own.json"
    model, titan = "amazon.nova-pro-v1:0", "amazon.titan-image-generator-v1"
    document = {
        "eu-west-1": {
            "text": {model: {"input_cost": 0.00092, "output_cost": 0.00368}},
            "embeddings": {"amazon.titan-embed-text-v1": {"input_cost": 1e-4, "output_cost": 0}},
            "image": {titan: {"512x512": {"standard": 0.008}, "larger": {"premium": 0.012}}},
        }
    }

    result = run("import", models_json(document), "--since", "2026-01-01", "--write", own)

    assert result.exit_code == 0, result.stderr
    assert "unit: dollars per 1000 tokens" in result.stderr
    assert f"same     {model} input_tokens in eu-west-1: 0.92 per 1000000 → 0.00092 per 1000" in (
        result.stdout
    )
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in overlay_of(own.read_text(), "o").rows]
    assert [(row["kind"], row["per"], row["usd"]) for row in rows] == [
        ("input_tokens", "1000", "0.00092"),
        ("output_tokens", "1000", "0.00368"),
        ("input_tokens", "1000", "0.0001"),
        ("output_images", "1", "0.008"),
        ("output_images", "1", "0.012"),
    ]
    assert {row["where"] for row in rows} == {"in_region@eu-west-1 geo:eu@eu-west-1"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([f"{OPUS},4.4,22,,,2000-01-01,01-01-2100\n"], "pricing.csv:2: start_date: '2000-01-01'"),
        ([f"{OPUS},4.4,22,,,01-01-2100,01-01-2000\n"], "is before start_date"),
        ([f"{OPUS},-4.4,22,,,01-01-2000,01-01-2100\n"], "pricing.csv:2: input_cost: -4.4 is neg"),
        ([f"{OPUS},NaN,22,,,01-01-2000,01-01-2100\n"], "not a finite number"),
        ([f"{OPUS},4.4\n"], "pricing.csv:2:1: 2 fields instead of 7"),
        ([A_LINE, A_LINE], "pricing.csv:3: input_cost: dates overlap those of pricing.csv:2"),
        ([A_LINE.replace("4.4", "0.0044")], "looks like per 1000: state --unit 1K or --unit 1M"),
        ([A_LINE.replace("4.4", "4400")], "a slip of unit?"),
        (["a1b2c3d4e5f6,4.4,22,,,01-01-2000,01-01-2100\n"], "an opaque id has no rate"),
        ([A_LINE.replace("4.4", "0.44444444")], "finer than 1e-13 dollars per unit"),
    ],
)
def test_a_trap_in_pricing_csv_is_one_clear_line_and_nothing_is_written(
    pricing_csv, tmp_path, lines, message
):
    refused(run("import", pricing_csv(*lines), "--write", tmp_path / "own.json"), message)
    assert not (tmp_path / "own.json").exists()


def test_a_file_that_is_really_per_thousand_says_so_with_unit_1k(pricing_csv):
    thousandth = A_LINE.replace("4.4,22,5.5,0.22", "0.0044,0.022,0.0055,0.00022")

    result = run("import", pricing_csv(thousandth), "--unit", "1K")

    assert result.exit_code == 0
    assert result.stdout.count("same") == 4


def test_prices_that_were_taken_for_another_unit_are_caught_against_the_book(models_json):
    costs = {"amazon.nova-pro-v1:0": {"input_cost": 0.8, "output_cost": 3.2}}
    document = {"us-east-1": {"text": costs}}

    refused(
        run("import", models_json(document), "--since", "2026-01-01"),
        "the median input price 0.8 looks like per 1000000: state --unit",
    )
    refused(
        run("import", models_json(document), "--since", "2026-01-01", "--unit", "1K"),
        "0.8 per 1000 against 0.8 per 1000000 in the book: a slip of unit?",
    )


def test_a_zero_cache_price_of_a_model_that_has_caching_is_left_for_review(pricing_csv):
    nova = "us.amazon.nova-pro-v1:0,0.8,3.2,0,0,01-01-2000,01-01-2100\n"

    result = run("import", pricing_csv(A_LINE.replace("5.5,0.22", "0,0"), nova))

    review = [line for line in result.stderr.splitlines() if "for review" in line]
    assert len(review) == 3
    assert all("not taken as a price" in line for line in review)
    assert "cache_write_5m_tokens in us-east-1: 0 per 1000000 → 0" in result.stdout


def test_a_file_without_dates_needs_one_and_a_file_with_dates_takes_none(models_json, pricing_csv):
    costs = {"amazon.nova-pro-v1:0": {"input_cost": 0.0008, "output_cost": 0.0032}}

    refused(run("import", models_json({"us-east-1": {"text": costs}})), "state --since YYYY-MM-DD")
    refused(run("import", pricing_csv(A_LINE), "--since", "2026-01-01"), "leave --since out")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "models.json:1:2: not JSON"),
        ('{"mars": {"text": {"m": {"input_cost": 0.001}}}}', "'mars' is not a Region"),
        ('{"us-east-1": {"text": {"m": {"cost": 1}}}}', "cost: not a price of this format"),
        ('{"us-east-1": []}', "models.json: us-east-1: not a JSON object"),
        ('{"us-east-1": {"image": {"m": {"tiny": {}}}}}', "tiny: not a size of this format"),
        ("a,b,c\n1,2,3\n", "neither models.json nor pricing.csv"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "models.json").write_text(text)

    refused(run("import", tmp_path / "models.json", "--since", "2026-01-01"), message)


def test_two_books_are_compared(pricing_csv, tmp_path):
    own = tmp_path / "own.json"
    run("import", pricing_csv(A_LINE), "--write", own)

    result = run("diff", "shipped", own, "--json")

    changes = [json.loads(line) for line in result.stdout.splitlines()]
    assert [change["what"] for change in changes] == ["added"] * 4
    assert "4 differences" in result.stderr
    assert run("diff", "shipped").stdout == ""
