"""The generated traffic is repeatable, complete and laid out as Bedrock lays it out."""

import gzip
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from engine.traffic import CANARY, PROFILES, Traffic, traffic_for

NOW = datetime(2026, 11, 21, 5, 41, 7, tzinfo=UTC)
ACCOUNT = "111122223333"
PLACE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}"
ARNS = {
    wish.name: f"{PLACE}:application-inference-profile/p{number}abcdefgh"
    for number, wish in enumerate(PROFILES)
}
LOG_KEY = re.compile(
    rf"^logs/AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/us-east-1/"
    r"(\d{4}/\d\d/\d\d/\d\d)/(\d{8}T\d{9}Z)_[0-9a-f]{16}\.json\.gz$"
)


def some_traffic(now: datetime = NOW, seed: int = 1, records: int = 600) -> Traffic:
    """Make a small amount of traffic under a key prefix."""
    return traffic_for(
        now,
        account=ACCOUNT,
        region="us-east-1",
        bucket="logs",
        prefix="logs/",
        profiles=ARNS,
        seed=seed,
        records=records,
    )


def lines_of(traffic: Traffic) -> list[bytes]:
    """Return the lines of all log files."""
    texts = (gzip.decompress(file.body) for file in traffic.files if file.records)
    return [line for text in texts for line in text.split(b"\n") if line.strip()]


def records_of(traffic: Traffic) -> list[dict]:
    """Return what can be read as a record."""
    records = []
    for line in lines_of(traffic):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            records.append(value)
    return records


def test_the_same_seed_and_time_give_the_same_bytes():
    assert some_traffic() == some_traffic()


def test_another_seed_gives_other_traffic():
    assert some_traffic(seed=1) != some_traffic(seed=2)


def test_the_default_traffic_is_as_large_as_promised():
    traffic = traffic_for(NOW, account=ACCOUNT, region="us-east-1", bucket="b", profiles=ARNS)
    tenants = {
        value
        for record in records_of(traffic)
        for key, value in (record.get("requestMetadata") or {}).items()
        if key.lower().replace("-", "").replace("_", "") in {"tenantid", "tenant"} and value
    }

    assert traffic.records >= 5_000
    assert traffic.records == len(lines_of(traffic))
    assert len(tenants) + 5 >= 25


@pytest.mark.parametrize("minute", [0, 3, 59])
def test_three_hours_are_covered_and_none_of_it_lies_in_the_future(minute):
    now = NOW.replace(minute=minute)

    ordinary = [
        record for record in records_of(some_traffic(now)) if record["timestamp"][-1] == "Z"
    ]
    times = sorted(record["timestamp"] for record in ordinary)
    hours = {time[:13] for time in times if time <= f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    tomorrow = f"{now + timedelta(hours=12):%Y-%m-%dT%H}"

    assert hours == {"2026-11-21T03", "2026-11-21T04", "2026-11-21T05"}
    assert not [time for time in times if f"{now:%Y-%m-%dT%H:%M:%SZ}" < time < tomorrow]


def test_log_files_stand_where_bedrock_puts_them_and_side_objects_beside_them():
    traffic = some_traffic()

    for file in traffic.files:
        name = file.key.rpartition("/")[2]
        if file.records:
            folder, stamp = LOG_KEY.match(file.key).groups()
            assert stamp[:11].replace("T", "") == folder.replace("/", "")[:10]
        else:
            assert "/data/" in file.key or name.endswith("permission-check") or not file.body


def test_every_operation_and_every_state_of_a_body_occurs():
    records = records_of(some_traffic(records=3_000))
    bodies = {
        state
        for record in records
        if "output" in record
        for state in (
            type(record["output"].get("outputBodyJson")).__name__,
            "offloaded" if "outputBodyS3Path" in record["output"] else "",
        )
    }

    assert {record["operation"] for record in records} >= {
        "Converse",
        "ConverseStream",
        "InvokeModel",
        "InvokeModelWithResponseStream",
        "ChatCompletions",
    }
    assert bodies >= {"dict", "list", "NoneType", "offloaded"}
    assert any("errorCode" in record and "input" not in record for record in records)


def test_offloaded_bodies_exist_as_objects_under_the_path_the_record_names():
    traffic = some_traffic(records=2_000)
    keys = {file.key for file in traffic.files}

    named = [
        record[side][f"{side}BodyS3Path"]
        for record in records_of(traffic)
        for side in ("input", "output")
        if f"{side}BodyS3Path" in record.get(side, {})
    ]

    assert named
    assert {path.removeprefix("s3://logs/") for path in named} <= keys


def test_the_planted_phrase_stands_in_the_prompts():
    assert sum(CANARY.encode() in line for line in lines_of(some_traffic())) > 400


def test_some_request_ids_come_twice():
    ids = [record["requestId"] for record in records_of(some_traffic())]

    assert len(ids) - len(set(ids)) >= 4
