"""Somebody's own log files become objects of a log bucket, whatever form they were kept in."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from engine.demo.own_logs import NoLogs, load
from tests.kept_forms import FORMS, GREETED, GREETING
from tests.oracle import expected
from tests.oracle.rates import PriceRows

KEY = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-west-2/2026/08/18/02"
NAME = "20260818T021500000Z_0123456789abcdef.json.gz"


def a_record(at: str = "2026-08-18T02:13:36Z", **fields) -> dict:
    """Make a record as the log has it."""
    return {
        "schemaType": "ModelInvocationLog",
        "timestamp": at,
        "accountId": "111122223333",
        "region": "us-west-2",
        "requestId": f"r-{at}",
        "operation": "Converse",
        "modelId": "us.amazon.nova-lite-v1:0",
        "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/shop/i-1"},
        "input": {"inputTokenCount": 10},
        "output": {"outputTokenCount": 1},
        **fields,
    }


def test_a_file_under_its_own_key_is_uploaded_as_it_is(tmp_path):
    path = tmp_path / "backup" / KEY / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps(a_record()).encode()))

    (file,) = load(tmp_path).files

    assert file.key == f"{KEY}/{NAME}"
    assert file.body == path.read_bytes()


def test_a_printed_file_is_laid_out_as_bedrock_would_have(tmp_path):
    records = [a_record(), a_record("2026-08-18T02:13:30Z")]
    text = "\n".join(json.dumps(record, indent=2) for record in records)
    (tmp_path / "kept.json").write_text(text)

    (file,) = load(tmp_path).files

    assert file.key.startswith(f"{KEY}/20260818T021336000Z_")
    assert len(gzip.decompress(file.body).splitlines()) == file.records == 2


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"]
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_time_at_the_ends_of_the_calendar_stops_nothing(tmp_path, at, indent):
    records = [a_record(), a_record(at)]
    (tmp_path / "a.json").write_text("\n".join(json.dumps(one, indent=indent) for one in records))

    own = load(tmp_path)

    assert f"{own.newest:%Y-%m-%d}" == "2026-08-18"
    assert [file.key.rpartition("/")[0] for file in own.files] == [KEY]


def test_a_region_that_is_none_makes_no_key(tmp_path):
    record = json.dumps(a_record(region="../" * 400), indent=2)
    (tmp_path / "a.json").write_text(record)

    (file,) = load(tmp_path).files

    assert file.key.startswith("AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/")


def test_the_newest_record_is_the_present_of_the_demo(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(a_record()))
    (tmp_path / "b.jsonl").write_text(json.dumps(a_record("2026-08-17T23:00:00Z")))

    assert load(tmp_path).newest == datetime(2026, 8, 18, 2, 13, 36, tzinfo=UTC)


def test_metadata_keys_and_roles_are_discovered(tmp_path):
    named = a_record(requestMetadata={"customerName": "acme", "env": "prod"})
    (tmp_path / "a.json").write_text(json.dumps(named))

    discovery = load(tmp_path).discovery

    assert set(discovery.keys) == {"customerName", "env"}
    assert set(discovery.identities.seen) == {"shop"}


def ids_in(files) -> list[str]:
    """List the request ids that are uploaded, in the order of the objects."""
    bodies = [gzip.decompress(f.body) if f.body[:2] == b"\x1f\x8b" else f.body for f in files]
    return [json.loads(line)["requestId"] for body in bodies for line in body.splitlines()]


def assessed(own) -> int:
    """Have the oracle assess what would be uploaded; give the lines that it refuses."""
    objects = {file.key: file.body for file in own.files}
    right = expected(objects, copies={}, tags={}, policy={}, rows=PriceRows())
    return sum(right.refused.values())


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_a_log_group_is_laid_out_as_bedrock_would_have(tmp_path, form):
    records = [a_record(), a_record("2026-08-18T02:13:30Z")]
    (tmp_path / "kept.json").write_bytes(FORMS[form](records))

    own = load(tmp_path)

    assert ids_in(own.files) == [record["requestId"] for record in records]
    assert own.discovery.total().calls == 2
    assert bool(own.remarks) == (form in GREETED)
    assert assessed(own) == 0


@pytest.mark.parametrize("damage", ["cut", "checksum", "no gzip"])
@pytest.mark.parametrize("place", ["kept.json.gz", f"{KEY}/{NAME}"])
def test_a_damaged_file_is_played_as_far_as_it_goes_and_said_so(tmp_path, damage, place):
    (tmp_path / "good.json").write_text(json.dumps(a_record("2026-08-18T03:00:00Z")))
    packed = gzip.compress(json.dumps(a_record()).encode() + b"\n" + b" " * 50, mtime=0)
    body = {"cut": packed[:-6], "checksum": packed[:-8] + b"\0" * 8, "no gzip": b"\0\1\2"}[damage]
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_bytes(body)

    own = load(tmp_path)

    assert "damaged" in own.remarks[0]
    assert len(ids_in(own.files)) == (1 if damage == "no gzip" else 2)
    assert assessed(own) == 0


@pytest.mark.parametrize(
    "content", ['{"name": "x"}', '{\n "name": "x",\n "tags": [1]\n}', "hello", "[1, 2]", ""]
)
def test_a_stray_file_is_named_and_left_out(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    (tmp_path / "log.json").write_text(json.dumps(a_record()))

    own = load(tmp_path)

    assert len(own.files) == 1
    assert own.remarks == (f"{tmp_path}/config.json: no invocation record in it; not played",)


@pytest.mark.parametrize("missing", ["timestamp", "modelId", "region", "input", "accountId"])
@pytest.mark.parametrize("indent", [None, 2], ids=["lines", "printed"])
def test_a_record_that_lacks_a_field_breaks_neither_the_play_nor_the_oracle(
    tmp_path, missing, indent
):
    bad = {name: value for name, value in a_record().items() if name != missing}
    texts = [json.dumps(record, indent=indent) for record in (bad, a_record())]
    (tmp_path / "log.json").write_text("\n".join(texts))

    own = load(tmp_path)

    refused = missing in ("timestamp", "modelId")
    assert assessed(own) == (refused and indent is None)
    assert own.discovery.total().calls == (1 if refused else 2)
    assert bool(own.remarks) == (refused and indent is not None)


@pytest.mark.parametrize("between", ["", " ", "\r\n"], ids=repr)
@pytest.mark.parametrize("place", ["kept.json", f"{KEY}/{NAME.removesuffix('.gz')}"])
def test_records_without_a_line_end_between_them_are_played(tmp_path, between, place):
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    texts = [json.dumps(a_record() | {"requestId": name}) for name in ("r-1", "r-2", "r-3")]
    (tmp_path / place).write_bytes(between.join(texts).encode())

    own = load(tmp_path)

    assert sorted(ids_in(own.files)) == ["r-1", "r-2", "r-3"]
    assert (own.discovery.total().calls, assessed(own)) == (3, 0)


def test_a_number_that_python_cannot_hold_costs_one_line(tmp_path):
    long = json.dumps(a_record())[:-1] + ',"extra":' + "1" * 5000 + "}"
    (tmp_path / "log.json").write_text(f"{GREETING}\n{long}\n{json.dumps(a_record())}\n")

    own = load(tmp_path)

    assert len(ids_in(own.files)) == 1
    assert own.remarks[1].endswith("not played: 1")


def test_a_time_that_is_none_is_played_with_the_others_and_refused_by_both(tmp_path):
    records = [a_record(), a_record("never")]
    (tmp_path / "log.json").write_text("\n".join(json.dumps(one, indent=1) for one in records))

    own = load(tmp_path)

    assert assessed(own) == 1
    assert own.discovery.total().calls == 1


def test_bodies_that_lie_beside_kept_files_are_no_logs(tmp_path):
    (tmp_path / "data").mkdir()
    name = "11111111-2222-3333-4444-555555555555_output.json.gz"
    (tmp_path / "data" / name).write_bytes(gzip.compress(b'{"usage": {}}'))
    (tmp_path / "log.json").write_text(json.dumps(a_record()))

    own = load(tmp_path)

    remark = f"{tmp_path}: bodies moved out of records, not played: 1"
    assert (len(own.files), own.remarks) == (1, (remark,))


def test_every_file_that_is_not_played_is_named_in_one_line(tmp_path):
    headless = {name: value for name, value in a_record().items() if name != "timestamp"}
    (tmp_path / "a.txt").write_text("notes")
    (tmp_path / "b.json").write_bytes(bytes(range(256)))
    (tmp_path / "c.json").write_text(json.dumps(headless, indent=1))
    (tmp_path / "d.json").write_text("[" * 900 + "]" * 900)
    (tmp_path / "log.json").write_text(json.dumps(a_record()))
    (tmp_path / "amazon-bedrock-logs-permission-check").touch()

    own = load(tmp_path)

    assert [remark.removeprefix(f"{tmp_path}/") for remark in own.remarks] == [
        "a.txt: not played; log files end in .json, .gz, .jsonl, .ndjson, .csv",
        "b.json: damaged (not_gzip); no invocation record in it; not played",
        "c.json: no record in it that can be metered (bad_time); not played",
        "d.json: no invocation record in it; not played",
    ]
    assert (len(own.files), assessed(own)) == (1, 0)


def test_what_cloudwatch_writes_is_played_under_the_names_it_has(tmp_path):
    for form, name in (("export, packed", "000000.gz"), ("csv of the console", "log-events.csv")):
        (tmp_path / name).write_bytes(FORMS[form]([a_record(requestId=name)]))

    own = load(tmp_path)

    assert sorted(ids_in(own.files)) == ["000000.gz", "log-events.csv"]
    assert assessed(own) == 0


def test_links_that_lead_to_no_file_are_named(tmp_path):
    elsewhere, logs = tmp_path / "elsewhere", tmp_path / "logs"
    for folder in (elsewhere, logs):
        folder.mkdir()
        (folder / "log.json").write_text(json.dumps(a_record()))
    (logs / "gone.json").symlink_to("nowhere")
    (logs / "more").symlink_to(elsewhere)

    assert [remark.removeprefix(f"{logs}/") for remark in load(logs).remarks] == [
        "gone.json: not played; a link to nothing",
        "more: not played; a link to a folder: name the folder itself",
    ]


@pytest.mark.parametrize("content", [None, '{"no": "record"}', "not json"])
def test_a_folder_without_records_is_refused_in_one_line(tmp_path, content):
    if content:
        (tmp_path / "a.json").write_text(content)

    with pytest.raises(NoLogs, match="no "):
        load(tmp_path)
