"""`bedrock-meter rate` and `tenants discover` on files that people keep of CloudWatch Logs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bedrock_meter.cli.main import app
from tests.builders import a_key, a_record
from tests.kept_forms import FORMS, GREETED, GREETING
from tests.log_builders import line_of, text_of, zipped

SAMPLES = Path(__file__).parents[1] / "golden" / "samples"
RECORDS = [json.loads(path.read_text()) for path in sorted(SAMPLES.rglob("*.json"))]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def lines_of(result: Result) -> list[dict[str, Any]]:
    """What `rate` printed, without the places that depend on the file."""
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    return [
        {name: value for name, value in one.items() if name not in ("object", "line")}
        for one in answers
    ]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What `rate` says of the published records as log lines."""
    path = tmp_path_factory.mktemp("plain") / "log.json"
    path.write_bytes(text_of(*RECORDS))
    result = run("rate", path)
    assert result.exit_code == 0
    assert len(lines_of(result)) == 35
    return lines_of(result)


@pytest.mark.parametrize("form", FORMS)
def test_records_in_every_form_are_rated_like_plain_ones(
    tmp_path: Path, form: str, plain: list[dict[str, Any]]
) -> None:
    (tmp_path / "kept.json").write_bytes(FORMS[form](RECORDS))

    result = run("rate", tmp_path)

    assert result.exit_code == 0, result.stderr
    assert lines_of(result) == plain
    assert ("about permissions" in result.stderr) == (form in GREETED)
    assert result.stderr.count("\n") == (form in GREETED)


@pytest.mark.parametrize(
    ("form", "name"), [("export, packed", "000000.gz"), ("csv of the console", "log.csv")]
)
def test_what_cloudwatch_writes_is_found_in_a_folder_under_the_name_it_has(
    tmp_path: Path, form: str, name: str
) -> None:
    (tmp_path / name).write_bytes(FORMS[form](RECORDS[:1]))

    result = run("rate", tmp_path)

    assert (result.exit_code, len(lines_of(result))) == (0, 1), result.stderr


@pytest.mark.parametrize("form", FORMS)
def test_records_in_every_form_are_discovered(tmp_path: Path, form: str) -> None:
    records = [a_record(name, requestMetadata={"tenantId": name}) for name in ("acme", "bolt")]
    (tmp_path / "kept.json").write_bytes(FORMS[form](records))

    result = run("tenants", "discover", "--json", tmp_path)

    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert (document["calls"], document["tenant_key"]) == (2, "tenantId")


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_record_in_a_form_is_refused_alone(tmp_path: Path, form: str) -> None:
    bad = a_record("bad", input={"inputTokenCount": -1})
    (tmp_path / "kept.json").write_bytes(FORMS[form]([a_record("one"), bad, a_record("two")]))

    result = run("rate", tmp_path)

    assert [one["status"] for one in lines_of(result)] == ["priced", "rejected", "priced"]
    assert result.exit_code == 0


def test_a_large_file_of_events_on_one_line_is_read(tmp_path: Path) -> None:
    body = {"messages": "x" * 60_000}
    given = {"inputTokenCount": 1, "inputBodyJson": body}
    records = [a_record(f"r-{n}", input=given) for n in range(400)]
    (tmp_path / "kept.json").write_bytes(FORMS["filter-log-events on one line"](records))

    assert len(lines_of(run("rate", tmp_path / "kept.json"))) == 400


UNKNOWN = {
    "config": b'{"name": "x", "version": 1}\n',
    "printed config": b'{\n  "name": "x",\n  "tags": ["a", {"b": 1}]\n}\n',
    "text": b"hello\nworld\n",
    "a list": b'[1, 2, {"a": 1}]',
    "events of something else": b'{"events": [{"message": "START RequestId: 1"}, {"a": 1}]}',
    "flow logs": b'2026-11-21T09:05:00Z {"version": 2}\n' * 50,
    "not gzip": b"\x00\x01\x02\x03",
    "damaged gzip": zipped(line_of(a_record()))[:20],
}


@pytest.mark.parametrize("content", UNKNOWN.values(), ids=UNKNOWN.keys())
@pytest.mark.parametrize("command", [("rate",), ("tenants", "discover")], ids=["rate", "discover"])
def test_a_file_of_an_unknown_form_is_one_clear_line_and_costs_the_exit_code(
    tmp_path: Path, content: bytes, command: tuple[str, ...]
) -> None:
    (tmp_path / "odd.json").write_bytes(content)
    (tmp_path / "log.json").write_bytes(line_of(a_record()))

    result = run(*command, tmp_path)

    assert result.exit_code == 2
    (line,) = (line for line in result.stderr.splitlines() if "odd.json" in line)
    assert "no invocation record" in line
    assert "CloudWatch" in line
    if command == ("rate",):
        assert [one["status"] for one in lines_of(result)] == ["priced"]


def test_a_record_that_cannot_be_metered_is_an_answer_and_no_unknown_form(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(line_of(a_record(timestamp=None)))

    result = run("rate", tmp_path)

    assert [one["status"] for one in lines_of(result)] == ["rejected"]
    assert result.exit_code == 0


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"events": []}', GREETING.encode()], ids=repr)
def test_logs_without_any_record_are_said_to_be_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log.json").write_bytes(content)

    result = run("rate", tmp_path)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "no record in these logs" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", [("rate",), ("tenants", "discover")], ids=["rate", "discover"])
def test_a_folder_without_log_files_is_one_line_that_says_what_is_looked_for(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = run(*command, tmp_path)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert f"{tmp_path}: no log files in this folder" in result.stderr


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number}.json").write_bytes(text_of(*[a_record()] * 60))
    command = [sys.executable, "-c", "from bedrock_meter.cli.main import app; app()", "rate"]

    with subprocess.Popen(
        [*command, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as rating:
        assert rating.stdout
        assert rating.stderr
        rating.stdout.readline()
        rating.stdout.close()
        said = rating.stderr.read().decode()

    assert said == ""


WRITES = {"inputTokenCount": 0, "cacheWriteInputTokenCount": 1_000_000}
SONNET = "us.anthropic.claude-sonnet-4-6"
MOVED = "s3://logs/model-logs/AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/21/"
NAME = "11111111-2222-3333-4444-555555555555"


class TestBodiesBesideTheLogs:
    """Bodies that Bedrock moved out are read where they were copied with the logs."""

    def a_moved_call(self) -> dict[str, Any]:
        """A call whose bodies lie in the folder of the hour."""
        given = {**WRITES, "inputBodyS3Path": f"{MOVED}09/data/{NAME}_input.json.gz"}
        output = {
            "outputTokenCount": 0,
            "outputBodyS3Path": f"{MOVED}09/data/{NAME}_output.json.gz",
        }
        return a_record(NAME, operation="InvokeModel", modelId=SONNET, input=given, output=output)

    def an_answer(self) -> bytes:
        made = {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 1_000_000}
        return zipped(json.dumps({"usage": {"cache_creation": made}}).encode())

    @pytest.mark.parametrize(
        ("log", "body"),
        [
            (f"bucket/{a_key()}", f"bucket/{a_key().rpartition('/')[0]}/data"),
            ("09/log.json.gz", "09/data"),
            (
                "logs/log.json",
                "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/21/09/data",
            ),
            ("log.json", "2026/11/21/09/data"),
        ],
        ids=["a bucket", "an hour", "apart", "by day"],
    )
    def test_a_body_is_found_however_the_folder_is_laid_out(
        self, tmp_path: Path, log: str, body: str
    ) -> None:
        for path in (tmp_path / log, tmp_path / body / "x"):
            path.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / log).write_bytes(line_of(self.a_moved_call()))
        (tmp_path / body / f"{NAME}_output.json.gz").write_bytes(self.an_answer())

        result = run("rate", tmp_path)

        (answer,) = lines_of(result)
        assert answer["usage"] == {"cache_write_1h_tokens": 1_000_000}
        assert answer["assumptions"] == ["tier_standard"]
        assert result.exit_code == 0
        assert result.stderr.count("\n") == 1

    def test_the_request_counts_too(self, tmp_path: Path) -> None:
        given = {"inputTokenCount": 4, "inputBodyS3Path": f"{MOVED}09/data/{NAME}_input.json.gz"}
        record = a_record(
            NAME, operation="InvokeModel", modelId="amazon.titan-embed-image-v1", input=given
        )
        (tmp_path / "data").mkdir()
        (tmp_path / "log.json").write_bytes(line_of(record | {"output": {}}))
        (tmp_path / "data" / f"{NAME}_input.json.gz").write_bytes(zipped(b'{"inputText": "a"}'))

        (answer,) = lines_of(run("rate", tmp_path / "log.json"))

        assert answer["usage"] == {"input_tokens": 4}

    @pytest.mark.parametrize("name", ["x" * 300, "x/" * 3000, "\0"])
    def test_a_place_that_no_file_can_have_costs_no_record(self, tmp_path: Path, name: str) -> None:
        given = {"inputTokenCount": 4, "inputBodyS3Path": f"s3://logs/{name}"}
        records = [a_record("1", input=given), a_record("2")]
        (tmp_path / "log.json").write_bytes(text_of(*records))

        result = run("rate", tmp_path)

        assert [line["request_id"] for line in lines_of(result)] == ["1", "2"]
        assert result.exit_code == 0

    @pytest.mark.parametrize("content", [None, b"not gzip \x00", b"no JSON"])
    def test_without_it_the_record_says_what_it_says(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        (tmp_path / "data").mkdir()
        if content is not None:
            (tmp_path / "data" / f"{NAME}_output.json.gz").write_bytes(content)
        (tmp_path / "log.json").write_bytes(line_of(self.a_moved_call()))

        (answer,) = lines_of(run("rate", tmp_path))

        assert answer["assumptions"] == ["tier_standard", "cache_ttl_5m"]

    def test_a_path_leads_nowhere_outside_of_the_folder(self, tmp_path: Path) -> None:
        record = self.a_moved_call()
        record["output"]["outputBodyS3Path"] = f"s3://logs/../../{NAME}_output.json.gz"
        folder = tmp_path / "a" / "b"
        folder.mkdir(parents=True)
        (folder / "log.json").write_bytes(line_of(record))
        (tmp_path / f"{NAME}_output.json.gz").write_bytes(self.an_answer())

        (answer,) = lines_of(run("rate", folder))

        assert answer["assumptions"] == ["tier_standard", "cache_ttl_5m"]


PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"
LISTED = {
    "inferenceProfileName": "shop",
    "inferenceProfileArn": PROFILE,
    "models": [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET[3:]}"}],
    "tags": [{"key": "tenant", "value": "zeta"}],
}


@pytest.mark.parametrize("listing", [{"inferenceProfileSummaries": [LISTED]}, LISTED])
@pytest.mark.parametrize("named", [PROFILE, PROFILE.rpartition("/")[2]])
def test_profiles_are_resolved_by_what_bedrock_listed(
    tmp_path: Path, listing: object, named: str
) -> None:
    (tmp_path / "profiles.txt").write_text(json.dumps(listing))
    (tmp_path / "log.json").write_bytes(line_of(a_record(modelId=named, requestMetadata=None)))

    result = run("rate", "--profiles", tmp_path / "profiles.txt", tmp_path / "log.json")

    (answer,) = lines_of(result)
    assert (answer["status"], answer["model"]) == ("priced", SONNET[3:])
    assert (answer["tenant"], answer["rule"]) == ("zeta", "profile_tags")


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"inferenceProfileSummaries": [{}]}'])
def test_a_listing_that_is_none_ends_the_command_with_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "profiles.txt").write_text(text)

    result = run("rate", "--profiles", tmp_path / "profiles.txt", SAMPLES)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "profiles.txt: not a list of inference profiles" in result.stderr
