"""`bedrock-meter rate --summary`: sums of what `rate` prints, exact, and what is not in them."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bedrock_meter.cli.main import app
from tests.builders import a_record
from tests.log_builders import text_of

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
CALL = Decimal("0.0015")  # 1,000 tokens in at 1 dollar a million, 100 out at 5
LATER = "2026-11-22T01:00:00Z"
RECORDS = [
    a_record("1", requestMetadata={"tenantId": "acme", "app": "chat"}),
    a_record("2", requestMetadata={"tenantId": "acme", "app": "batch"}, timestamp=LATER),
    a_record("3", requestMetadata={"tenantId": "acme", "tenant": "other"}),
    a_record("4", requestMetadata={"tenantId": "globex"}, modelId="acme.brain-1"),
    a_record("5", requestMetadata=None),
    a_record("5", requestMetadata=None),
    a_record("6", requestMetadata={"tenantId": "globex"}, errorCode="ThrottlingException"),
    b"no json",
]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "log.json").write_bytes(text_of(*RECORDS))
    return tmp_path


def rate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["rate", *map(str, arguments)])


def table_of(result: Result) -> dict[str, dict[str, str]]:
    """Rows of CSV by their key."""
    assert result.exit_code == 0, result.stderr
    return {row["key"]: row for row in csv.DictReader(io.StringIO(result.stdout))}


def test_one_form_of_sums_at_a_time(logs: Path) -> None:
    result = rate("--csv", "--json", logs)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "bedrock-meter: --csv and --json: choose one of them\n"


def test_csv_begins_with_key_requests_and_exact_cost(logs: Path) -> None:
    result = rate("--csv", logs)

    assert result.stdout.splitlines()[0].startswith("key,requests,cost_usd,")
    rows = table_of(result)
    assert [(key, row["requests"], row["cost_usd"]) for key, row in rows.items()] == [
        ("acme", "3", "0.0045"),
        ("(unattributed)", "2", "0.003"),
        ("globex", "2", "0"),
    ]
    assert (rows["acme"]["conflicts"], rows["globex"]["without_rate"]) == ("1", "1")
    assert rows["globex"]["failed"] == "1"


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("model", {HAIKU, "acme.brain-1"}),
        ("day", {"2026-11-21", "2026-11-22"}),
        ("hour", {"2026-11-21T09", "2026-11-22T01"}),
        ("operation", {"Converse"}),
        ("region", {"us-east-1"}),
        ("application", {"chat", "batch", "(none)"}),
    ],
)
def test_sums_are_by_what_is_asked_for_and_come_to_the_same(
    logs: Path, by: str, keys: set[str]
) -> None:
    rows = table_of(rate("--by", by, "--csv", logs))

    assert set(rows) == keys
    assert sum(Decimal(row["cost_usd"]) for row in rows.values()) == 5 * CALL
    assert sum(int(row["requests"]) for row in rows.values()) == 7


def test_what_is_not_in_the_sums_is_said_apart_from_them(logs: Path) -> None:
    told = rate("--summary", logs).stderr

    assert "1 calls have no rate" in told
    assert "2 calls name no tenant" in told
    assert "1 calls name different tenants" in told
    assert "1 lines cannot be metered" in told
    assert "1 records repeat a request id" in told


def test_json_is_one_object_a_row_and_nobody_is_null(logs: Path) -> None:
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in rate("--summary", "--json", logs).stdout.splitlines()
    ]

    assert [(row["key"], row["cost_usd"]) for row in rows] == [
        ("acme", "0.0045"),
        (None, "0.003"),
        ("globex", "0"),
    ]


def test_a_table_never_cuts_an_exact_number(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedrock_meter.cli.rate_summary.WIDTH", 80)
    long = "x" * 256
    exact = a_record("7", requestMetadata={"tenantId": long}, input={"inputTokenCount": 123456789})
    (tmp_path / "more.json").write_bytes(text_of(exact))

    told = rate("--summary", logs).stdout

    assert "…" not in told
    assert "123.457289" in told
    assert told.replace("\n", "").replace(" ", "").count("x") >= 256


def test_an_id_that_a_spreadsheet_would_compute_is_text_and_markup_is_shown(
    tmp_path: Path,
) -> None:
    ids = ["=1+1", "[/]", "a\x1b[2Jb"]
    records = [a_record(str(n), requestMetadata={"tenantId": one}) for n, one in enumerate(ids)]
    (tmp_path / "log.json").write_bytes(text_of(*records))

    table = rate("--summary", tmp_path)

    assert "'=1+1" in table_of(rate("--csv", tmp_path))
    assert table.exit_code == 0
    assert "[/]" in table.stdout
    assert "\x1b" not in table.stdout


def test_csv_on_a_terminal_does_nothing_but_be_read_and_ids_stay_apart(tmp_path: Path) -> None:
    ids = ["a\x9b2J", "a\rb", "a\\rb", "\u202eb", "\t=1+1", "é b"]
    records = [a_record(str(n), requestMetadata={"tenantId": one}) for n, one in enumerate(ids)]
    (tmp_path / "log.json").write_bytes(text_of(*records))

    result = rate("--csv", tmp_path)

    assert all(line.isprintable() for line in result.stdout.split("\n"))
    assert set(table_of(result)) == {
        r"a\x9b2J", r"a\rb", r"a\\rb", r"\u202eb", r"\t=1+1", "é b",
    }  # fmt: skip


def test_a_dimension_of_the_policy_can_be_asked_for_and_another_word_is_refused(
    logs: Path,
) -> None:
    policy = logs / "tenants.yaml"
    policy.write_text("attribution: {dimensions: {product: [app]}}\n")

    assert set(table_of(rate("--by", "product", "--csv", "--policy", policy, logs))) == {
        "chat",
        "batch",
        "(none)",
    }
    refused = rate("--by", "modl", logs)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--by 'modl': did you mean model?" in refused.stderr
