"""Somebody's own log files become objects of a log bucket, whatever form they were kept in."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from engine.demo.own_logs import NoLogs, load

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


@pytest.mark.parametrize("content", [None, '{"no": "record"}', "not json"])
def test_a_folder_without_records_is_refused_in_one_line(tmp_path, content):
    if content:
        (tmp_path / "a.json").write_text(content)

    with pytest.raises(NoLogs, match="no "):
        load(tmp_path)
