"""`bedrock-meter rate`: one JSON line per record, in order, and nothing else on stdout."""

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bedrock_meter.cli.main import app
from tests.builders import a_key, a_record
from tests.log_builders import line_of, text_of, zipped

SAMPLES = Path(__file__).parents[1] / "golden" / "samples"

# What must come out of the published records, worked out by hand from the price rows.
AMOUNTS = {
    "aleck31-log-format/001-Converse-global.anthropic.claude-opus-4-5-20251101-v1_0.json": "0.0041",
    "aleck31-log-format/002-ConverseStream-global.anthropic.claude-opus-4-6-v1.json": "0.15430875",
    "aleck31-log-format/003-InvokeModelWithResponseStream-global.anthropic.claude-opus-4-7.json": (
        "1.41616125"
    ),
    "aws-bbg-responses/001-Responses-gpt-5.6-sol-profileARN.json": "0.000451",
}
UNPRICED = {
    "greenscale-metadata/001-InvokeModel-meta.llama2-13b-chat-v1.json": "unknown_model",
    "greenscale-metadata/002-InvokeModelWithResponseStream-mistral.mistral-large-2402-v1_0.json": (
        "no_rate_for_region"
    ),
}
KEYS = [
    "object", "line", "request_id", "timestamp", "status", "tenant", "rule", "trust", "dimensions",
    "model", "scope", "region", "operation", "error_code", "latency_ms", "usage", "amount_usd",
    "priced_usd", "lines", "assumptions", "reason",
]  # fmt: skip


def rate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["rate", *map(str, arguments)])


def lines_of(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    """What `rate` says about all published records."""
    result = rate(SAMPLES)
    assert result.exit_code == 0
    return lines_of(result)


class TestPublishedRecords:
    """The fixed check: 35 records of others, and what each of them must cost."""

    def test_all_35_are_rated(self, answers: list[dict[str, Any]]) -> None:
        statuses = [answer["status"] for answer in answers]

        assert len(statuses) == 35
        assert statuses.count("failed_call") == 23
        assert statuses.count("priced") == 10
        assert statuses.count("unpriced") == 2

    def test_each_amount_is_exact(self, answers: list[dict[str, Any]]) -> None:
        amounts = {answer["object"]: answer["amount_usd"] for answer in answers}

        assert {name: amounts[name] for name in AMOUNTS} == AMOUNTS

    def test_the_six_good_calls_of_one_capture_come_to_their_sum(
        self, answers: list[dict[str, Any]]
    ) -> None:
        priced = [
            Decimal(answer["amount_usd"])
            for answer in answers
            if answer["object"].startswith("vectadb/") and answer["status"] == "priced"
        ]

        assert len(priced) == 6
        assert sum(priced) == Decimal("0.011171")

    def test_everything_comes_to_its_sum(self, answers: list[dict[str, Any]]) -> None:
        assert sum(Decimal(answer["priced_usd"]) for answer in answers) == Decimal("1.586192")

    def test_what_has_no_rate_says_why(self, answers: list[dict[str, Any]]) -> None:
        unpriced = {a["object"]: a["reason"] for a in answers if a["status"] == "unpriced"}

        assert unpriced == UNPRICED

    def test_failed_calls_used_nothing(self, answers: list[dict[str, Any]]) -> None:
        failed = [answer for answer in answers if answer["status"] == "failed_call"]

        assert {answer["error_code"] for answer in failed} == {"ThrottlingException"}
        assert all(answer["usage"] == {} and answer["amount_usd"] is None for answer in failed)

    def test_none_of_them_names_a_tenant(self, answers: list[dict[str, Any]]) -> None:
        assert {(a["tenant"], a["rule"], a["trust"]) for a in answers} == {(None, "none", "none")}

    def test_the_objects_come_sorted_by_their_path(self, answers: list[dict[str, Any]]) -> None:
        names = [answer["object"] for answer in answers]

        assert names == sorted(names)

    def test_every_line_has_the_same_keys(self, answers: list[dict[str, Any]]) -> None:
        assert all(list(answer) == KEYS for answer in answers)


def test_a_record_is_explained_line_by_line(tmp_path: Path) -> None:
    record = a_record(requestMetadata={"tenantId": "acme", "app": "chat", "secret": "x"})
    (tmp_path / "log.json").write_bytes(line_of(record))

    (answer,) = lines_of(rate(tmp_path / "log.json"))

    assert answer == {
        "object": "log.json",
        "line": 1,
        "request_id": "r-1",
        "timestamp": "2026-11-21T09:05:00Z",
        "status": "priced",
        "tenant": "acme",
        "rule": "request_metadata",
        "trust": "caller_stated",
        "dimensions": {"application": "chat"},
        "model": "anthropic.claude-haiku-4-5-20251001-v1:0",
        "scope": "global",
        "region": "us-east-1",
        "operation": "Converse",
        "error_code": None,
        "latency_ms": None,
        "usage": {"input_tokens": 1000, "output_tokens": 100},
        "amount_usd": "0.0015",
        "priced_usd": "0.0015",
        "lines": [{**line, "rate_id": line["rate_id"]} for line in answer["lines"]],
        "assumptions": [],
        "reason": None,
    }
    assert [(line["kind"], line["quantity"], line["rate_usd"], line["per"], line["amount_usd"])
            for line in answer["lines"]] == [
        ("input_tokens", 1000, "1", 1_000_000, "0.001"),
        ("output_tokens", 100, "5", 1_000_000, "0.0005"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.json.gz", zipped(text_of(a_record("one"), a_record("two")))),
        ("log.json", text_of(a_record("one"), a_record("two"))),
        ("log.jsonl", text_of(a_record("one"), a_record("two"))),
        ("log.ndjson", line_of(a_record("one")) + line_of(a_record("two"))),
        ("log.json", json.dumps([a_record("one"), a_record("two")]).encode()),
        ("log.json", json.dumps([a_record("one"), a_record("two")], indent=1).encode()),
        ("inflated-already.json.gz", text_of(a_record("one"), a_record("two"))),
        ("packed-all-the-same.json", zipped(text_of(a_record("one"), a_record("two")))),
    ],
    ids=["gz", "lines", "jsonl", "run", "array", "printed", "no gz", "gz"],
)
def test_every_form_of_a_log_file_is_read(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    result = rate(tmp_path)

    assert [answer["request_id"] for answer in lines_of(result)] == ["one", "two"]
    assert result.exit_code == 0


def test_folders_are_read_whole_and_in_order_and_others_are_named(tmp_path: Path) -> None:
    for name in ("b/two.json", "a/one.json.gz", "c.jsonl", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(line_of(a_record(name)))

    result = rate(tmp_path)

    assert [a["object"] for a in lines_of(result)] == ["a/one.json.gz", "b/two.json", "c.jsonl"]
    assert "notes.txt" in result.stderr
    assert result.exit_code == 0


def test_a_delivered_object_is_known_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "bucket" / a_key()
    path.parent.mkdir(parents=True)
    path.write_bytes(zipped(line_of(a_record(region=None))))
    body = path.parent / "data" / "r-1_input.json.gz"
    body.parent.mkdir()
    body.write_bytes(zipped(b"{}"))

    result = rate(tmp_path)

    (answer,) = lines_of(result)
    assert (answer["object"], answer["region"]) == (a_key(), "us-east-1")
    assert "r-1_input.json.gz" in result.stderr


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(line_of(a_record()))

    assert len(lines_of(rate(path, tmp_path, path))) == 1


def test_what_cannot_be_metered_is_a_line_too(tmp_path: Path) -> None:
    bad = a_record("11111111-2222-3333-4444-555555555555", input={"inputTokenCount": -1})
    (tmp_path / "log.json").write_bytes(text_of(a_record("one"), bad, b"no json", a_record("two")))

    result = rate(tmp_path)
    answers = lines_of(result)

    assert [a["status"] for a in answers] == ["priced", "rejected", "rejected", "priced"]
    assert [a["line"] for a in answers] == [1, 2, 3, 4]
    assert all(list(answer) == KEYS for answer in answers)
    assert answers[1]["request_id"] == "11111111-2222-3333-4444-555555555555"
    assert answers[1]["reason"].startswith("bad_count: inputTokenCount")
    assert answers[2]["reason"] == "not_json"
    assert result.exit_code == 0


def test_a_truncated_file_gives_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "log.json.gz").write_bytes(zipped(text_of(a_record("one")))[:-4])

    result = rate(tmp_path)

    assert [a["status"] for a in lines_of(result)] == ["priced", "rejected"]
    assert lines_of(result)[1]["reason"] == "truncated_gzip"
    assert result.exit_code == 0


def test_images_are_counted_by_kind_and_priced_by_their_size(tmp_path: Path) -> None:
    config = {"width": 1024, "height": 1024, "quality": "standard", "numberOfImages": 2}
    record = a_record(
        modelId="amazon.nova-canvas-v1:0",
        operation="InvokeModel",
        timestamp="2026-08-01T00:00:00Z",
        input={"inputBodyJson": {"imageGenerationConfig": config}},
        output={"outputBodyJson": {"images": ["", ""]}},
    )
    (tmp_path / "log.json").write_bytes(line_of(record))

    (answer,) = lines_of(rate(tmp_path))

    assert (answer["usage"], answer["amount_usd"]) == ({"output_images": 2}, "0.08")


def test_a_policy_names_tenants_and_a_bad_one_ends_the_command(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(line_of(a_record(requestMetadata={"customer": "zeta"})))
    good = tmp_path / "tenants.yaml"
    good.write_text('version: "1"\nattribution:\n  tenant_keys: [customer]\n')
    bad = tmp_path / "bad.yaml"
    bad.write_text("no_such_key: 1\n")

    (answer,) = lines_of(rate("--policy", good, tmp_path / "log.json"))
    refused = rate("--policy", bad, tmp_path / "log.json")

    assert (answer["tenant"], answer["rule"]) == ("zeta", "request_metadata")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "no_such_key" in refused.stderr


@pytest.mark.parametrize("code", [None, "ThrottlingException"])
def test_a_policy_gives_profiles_to_tenants_though_rate_can_ask_nobody(
    tmp_path: Path, code: str | None
) -> None:
    profile = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"
    records = [
        a_record(modelId=model, requestMetadata=None, errorCode=code)
        for model in (profile, "abc123def456")
    ]
    (tmp_path / "log.json").write_bytes(text_of(*records))
    policy = tmp_path / "tenants.yaml"
    policy.write_text(f'tenants: {{acme: {{recognised_by: {{profiles: ["{profile}"]}}}}}}\n')

    answers = lines_of(rate("--policy", policy, tmp_path / "log.json"))

    assert [(one["tenant"], one["rule"]) for one in answers] == [("acme", "profile_tags")] * 2


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    result = rate(tmp_path / "nothing.json")

    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "nothing.json" in result.stderr


def test_a_file_that_cannot_be_read_costs_the_exit_code_and_not_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("/proc/self/mem")
    (tmp_path / "b.json").write_bytes(line_of(a_record()))

    result = rate(tmp_path)

    assert result.exit_code == 2
    assert len(lines_of(result)) == 1
    assert "a.json: cannot be read" in result.stderr


def test_no_word_of_a_prompt_is_printed(tmp_path: Path) -> None:
    canary = "the canary sings"
    body = {"messages": [{"text": canary}], "model": canary}
    records = [
        a_record("one", input={"inputTokenCount": 1, "inputBodyJson": body}),
        a_record(canary, input={"inputTokenCount": -1, "inputBodyJson": body}, operation=canary),
        canary.encode(),
        gzip.compress(canary.encode()),
    ]
    (tmp_path / "log.json").write_bytes(text_of(*records[:3]))

    result = rate(tmp_path)

    assert len(lines_of(result)) == 3
    assert canary not in result.output
