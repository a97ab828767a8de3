"""`bedrock-meter rate`: one JSON line per record, in order, and nothing else on stdout."""

import errno
import gzip
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bedrock_meter.cli.main import app
from tests.builders import a_key, a_record
from tests.log_builders import line_of, text_of, zipped

RUN = "from bedrock_meter.cli.main import app; app()"
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
    "object", "line", "request_id", "timestamp", "status", "tenant", "rule", "trust", "conflict",
    "dimensions",
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
        "conflict": False,
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
        "assumptions": ["tier_standard"],
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


def test_links_that_lead_to_no_file_are_named(tmp_path: Path) -> None:
    logs, elsewhere = tmp_path / "logs", tmp_path / "elsewhere"
    for folder in (logs, elsewhere):
        folder.mkdir()
        (folder / f"{folder.name}.json").write_bytes(line_of(a_record(folder.name)))
    (logs / "linked.json").symlink_to(elsewhere / "elsewhere.json")
    (logs / "gone.json").symlink_to("nowhere")
    (logs / "more").symlink_to(elsewhere)

    result = rate(logs)

    assert [answer["object"] for answer in lines_of(result)] == ["linked.json", "logs.json"]
    assert f"{logs}/gone.json: not read; a link to nothing\n" in result.stderr
    assert f"{logs}/more: not read; a link to a folder: name the folder itself\n" in result.stderr


@pytest.mark.parametrize("content", [b"", zipped(b""), b'{"results": [], "status": "Running"}'])
def test_a_file_without_a_record_among_others_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.json").write_bytes(line_of(a_record()))
    (tmp_path / "nothing.json").write_bytes(content)

    result = rate(tmp_path, "--summary")

    assert result.exit_code == 0
    assert f"{tmp_path}/nothing.json: empty, or a list of nothing;" in result.stderr
    assert "log.json" not in result.stderr


def test_a_folder_that_cannot_be_read_is_never_taken_for_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "log.json").write_bytes(line_of(a_record()))
    closed = tmp_path / "closed"
    closed.mkdir()
    whole = os.scandir

    def scandir(path: Path) -> Any:
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return whole(path)

    monkeypatch.setattr(os, "scandir", scandir)

    result = rate(tmp_path)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"bedrock-meter: {closed}: cannot be read: Permission denied\n"


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


def rated(tmp_path: Path, record: dict[str, Any]) -> dict[str, Any]:
    """What `rate` says about one record."""
    (tmp_path / "log.json").write_bytes(line_of(record))
    (answer,) = lines_of(rate(tmp_path / "log.json"))
    return answer


def a_gpt_call(tmp_path: Path, given: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a call of GPT-5.6 with 10 tokens of output costs."""
    output = {"outputTokenCount": 10, **changes.pop("output", {})}
    record = a_record(modelId="us.openai.gpt-5.6-sol", input=given, output=output, **changes)
    return rated(tmp_path, record)


def test_cache_writes_of_the_responses_api_are_charged(tmp_path: Path) -> None:
    parts = {"cached_tokens": 2000, "cache_write_tokens": 400}
    usage = {"input_tokens": 2600, "input_tokens_details": parts}
    answer = a_gpt_call(
        tmp_path,
        {"inputTokenCount": 2600},
        operation="Responses",
        output={"outputBodyJson": {"usage": usage}},
    )

    # 200 × 4.4 + 2,000 × 0.44 + 400 × 5.5 + 10 × 22 dollars per million
    assert answer["amount_usd"] == "0.00418"


def test_an_exclusive_count_of_the_responses_api_is_a_charge_and_no_reject(tmp_path: Path) -> None:
    answer = a_gpt_call(
        tmp_path,
        {"inputTokenCount": 2, "cacheReadInputTokenCount": 4993},
        operation="Responses",
    )

    # 2 × 4.4 + 4,993 × 0.44 + 10 × 22 dollars per million
    assert (answer["status"], answer["amount_usd"]) == ("priced", "0.00242572")


def test_gross_input_is_charged_net_and_shown_so(tmp_path: Path) -> None:
    given = {"inputTokenCount": 12_401, "cacheReadInputTokenCount": 12_399}
    output = {"outputTokenCount": 10}

    answer = rated(tmp_path, a_record(modelId="us.xai.grok-4.6", input=given, output=output))

    assert answer["amount_usd"] == "0.00688985"
    assert answer["usage"]["input_tokens"] == 2
    assert answer["assumptions"] == ["tier_standard", "gross_input"]


def test_an_image_that_was_moved_out_is_charged(tmp_path: Path) -> None:
    given = {"inputTokenCount": 4, "inputBodyS3Path": "s3://logs/data/r-1_input.json.gz"}
    record = a_record(
        modelId="amazon.titan-embed-image-v1", operation="InvokeModel", input=given, output={}
    )

    # 4 × 0.8 dollars per million, and 0.00006 for an image
    assert rated(tmp_path, record)["amount_usd"] == "0.0000632"


def test_an_image_that_nobody_saw_leaves_the_charge_open(tmp_path: Path) -> None:
    record = a_record(
        modelId="amazon.titan-embed-image-v1",
        operation="InvokeModel",
        input={"inputTokenCount": 4},
        output={},
    )

    answer = rated(tmp_path, record)

    assert (answer["status"], answer["reason"]) == ("partial_unpriced", "usage_not_logged")
    assert (answer["amount_usd"], answer["priced_usd"]) == (None, "0.0000032")


def test_web_searches_are_on_the_charge(tmp_path: Path) -> None:
    search = {"toolUse": {"name": "nova_grounding", "type": "server_tool_use"}}
    body = {"output": {"message": {"content": [search]}}}
    output = {"outputTokenCount": 1, "outputBodyJson": body}

    answer = rated(tmp_path, a_record(modelId="us.amazon.nova-2-lite-v1:0", output=output))

    lines = {line["kind"]: line["amount_usd"] for line in answer["lines"]}
    assert lines["grounding_requests"] == "0.03"


def test_one_hour_writes_cost_what_their_cache_points_ask_for(tmp_path: Path) -> None:
    body = {"system": [{"text": "s"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]}
    given = {"inputTokenCount": 0, "cacheWriteInputTokenCount": 1_000_000, "inputBodyJson": body}
    record = a_record(modelId="us.anthropic.claude-sonnet-4-6", input=given, output={})

    assert rated(tmp_path, record)["amount_usd"] == "6.6"


def test_a_routed_call_is_priced_and_named_by_the_model_that_answered(tmp_path: Path) -> None:
    place = "arn:aws:bedrock:us-east-1:111122223333"
    chosen = f"{place}:inference-profile/us.anthropic.claude-sonnet-4-6"
    body = {"trace": {"promptRouter": {"invokedModelId": chosen}}}
    output = {"outputTokenCount": 100, "outputBodyJson": body}

    answer = rated(
        tmp_path,
        a_record(modelId=f"{place}:default-prompt-router/anthropic.claude:1", output=output),
    )

    assert (answer["model"], answer["scope"]) == ("anthropic.claude-sonnet-4-6", "geo")
    # 1,000 × 3.30 + 100 × 16.50 dollars per million
    assert answer["amount_usd"] == "0.00495"


def test_an_opaque_id_has_no_scope(tmp_path: Path) -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"

    answer = rated(tmp_path, a_record(modelId=arn))

    assert (answer["status"], answer["scope"]) == ("unresolved_model", None)


def test_what_a_failed_call_shows_is_printed_and_not_charged(tmp_path: Path) -> None:
    answer = rated(tmp_path, a_record(errorCode="ModelStreamErrorException"))

    assert (answer["status"], answer["amount_usd"]) == ("failed_call", None)
    assert (answer["priced_usd"], answer["lines"]) == ("0", [])
    assert answer["usage"] == {"input_tokens": 1000, "output_tokens": 100}


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


def test_a_policy_says_whose_word_counts(tmp_path: Path) -> None:
    saas, evil = (f"arn:aws:sts::111122223333:assumed-role/{role}/s" for role in ("saas", "evil"))
    records = [
        a_record(identity={"arn": arn}, requestMetadata={"tenantId": "acme"})
        for arn in (saas, evil)
    ]
    (tmp_path / "log.json").write_bytes(text_of(*records))
    policy = tmp_path / "tenants.yaml"
    policy.write_text("attribution: {may_state: {roles: [saas]}}\n")

    answers = lines_of(rate("--policy", policy, tmp_path / "log.json"))

    assert [(one["tenant"], one["rule"], one["trust"]) for one in answers] == [
        ("acme", "request_metadata", "caller_stated"),
        (None, "none", "none"),
    ]


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


def test_a_reader_that_stops_reading_ends_the_command_without_a_word(tmp_path: Path) -> None:
    # More than a pipe holds, in two files: the second one is not tried either.
    records = [a_record(f"r-{number}") for number in range(300)]
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(text_of(*records))
    words = [sys.executable, "-c", RUN, "rate", str(tmp_path)]

    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout
        assert run.stderr
        run.stdout.readline()
        run.stdout.close()
        said = run.stderr.read()

    assert (run.returncode, said) == (141, "")


@pytest.mark.parametrize("stamp", ["00010101T000000000Z", "99991231T235959000Z"])
def test_a_file_named_after_a_time_at_the_ends_of_the_calendar_is_read(
    tmp_path: Path, stamp: str
) -> None:
    (tmp_path / f"{stamp}_0123456789abcdef.json.gz").write_bytes(zipped(text_of(a_record())))

    (line,) = lines_of(rate(tmp_path))

    assert line["status"] == "priced"
