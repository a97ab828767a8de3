"""Each port twice: in memory, and on AWS as the embedded engine plays it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import boto3
import pytest

NUMBERS = count(1)
BOTH = ["memory", pytest.param("aws", marks=pytest.mark.engine)]


def clock() -> datetime:
    """The time that dates expiries."""
    return datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def a_dynamodb_table(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`a_dynamodb_table(index="due")`: an empty table with the keys all our tables have."""

    def table(*, has_sort_key: bool = True, index: str | None = None) -> Any:
        engine = request.getfixturevalue("engine")
        keys = ["pk", "sk"] if has_sort_key else ["pk"]
        names = [*keys, *([index] if index else [])]
        extra = {"GlobalSecondaryIndexes": [_index(index)]} if index else {}
        engine = request.getfixturevalue("engine")
        name = f"contract-{time.time_ns()}-{next(NUMBERS)}"
        engine.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            KeySchema=_schema(keys),
            **extra,
        )
        return _resource(engine).Table(name)

    return table


@pytest.fixture
def a_bucket(request: pytest.FixtureRequest) -> Callable[[], tuple[Any, str]]:
    """`a_bucket()`: an S3 client and the name of an empty bucket."""

    def bucket() -> tuple[Any, str]:
        s3 = request.getfixturevalue("aws")("s3")
        name = f"contract-{time.time_ns()}-{next(NUMBERS)}"
        s3.create_bucket(Bucket=name)
        return s3, name

    return bucket


@pytest.fixture(params=BOTH)
def live_table(request: pytest.FixtureRequest) -> Any:
    """`LiveTable`."""
    if request.param == "memory":
        from bedrock_meter.local.live import MemoryLiveTable

        return MemoryLiveTable()
    from bedrock_meter.aws.dynamodb_live import DynamoDbLiveTable
    from bedrock_meter.aws.s3_bodies import S3Bodies

    return DynamoDbLiveTable(
        request.getfixturevalue("a_dynamodb_table")(),
        bodies=S3Bodies(*request.getfixturevalue("a_bucket")()),
        clock=clock,
        partials_kept=timedelta(days=35),
        objects_kept=timedelta(days=400),
    )


@pytest.fixture(params=BOTH)
def hour_table(request: pytest.FixtureRequest) -> Any:
    """`HourTable`."""
    if request.param == "memory":
        from bedrock_meter.local.hours import MemoryHourTable

        return MemoryHourTable()
    from bedrock_meter.aws.dynamodb_hours import INDEX, DynamoDbHourTable

    table = request.getfixturevalue("a_dynamodb_table")(has_sort_key=False, index=INDEX)
    return DynamoDbHourTable(table)


@pytest.fixture(params=BOTH)
def usage_table(request: pytest.FixtureRequest) -> Any:
    """`UsageTable`."""
    if request.param == "memory":
        from bedrock_meter.local.usage import MemoryUsageTable

        return MemoryUsageTable()
    from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable

    table = request.getfixturevalue("a_dynamodb_table")()
    return DynamoDbUsageTable(table, clock=clock, live_hours_kept=timedelta(days=7))


@pytest.fixture(params=BOTH)
def closing_store(request: pytest.FixtureRequest) -> Any:
    """`ClosingStore`."""
    if request.param == "memory":
        from bedrock_meter.local.objects import MemoryClosingStore

        return MemoryClosingStore()
    from bedrock_meter.aws.s3_closings import S3ClosingStore

    return S3ClosingStore(*request.getfixturevalue("a_bucket")())


@pytest.fixture(params=BOTH)
def evidence_store(request: pytest.FixtureRequest) -> Any:
    """`EvidenceStore`."""
    if request.param == "memory":
        from bedrock_meter.local.objects import MemoryEvidenceStore

        return MemoryEvidenceStore()
    from bedrock_meter.aws.s3_evidence import S3EvidenceStore

    return S3EvidenceStore(*request.getfixturevalue("a_bucket")())


@pytest.fixture(params=BOTH)
def manifest_store(request: pytest.FixtureRequest) -> Any:
    """`ManifestStore`."""
    if request.param == "memory":
        from bedrock_meter.local.manifests import MemoryManifestStore

        return MemoryManifestStore()
    from bedrock_meter.aws.s3_manifests import S3ManifestStore

    return S3ManifestStore(*request.getfixturevalue("a_bucket")())


@pytest.fixture(params=BOTH)
def wait_list(request: pytest.FixtureRequest) -> Any:
    """`WaitList`."""
    if request.param == "memory":
        from bedrock_meter.local.waiting import MemoryWaitList

        return MemoryWaitList()
    from bedrock_meter.aws.dynamodb_waiting import DynamoDbWaitList

    return DynamoDbWaitList(request.getfixturevalue("a_dynamodb_table")())


def _resource(engine: Any) -> Any:
    names = {
        "endpoint_url": "AWS_ENDPOINT_URL",
        "region_name": "AWS_REGION",
        "aws_access_key_id": "AWS_ACCESS_KEY_ID",
        "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    }
    environment = engine.environment()
    return boto3.resource("dynamodb", **{name: environment[key] for name, key in names.items()})


@pytest.fixture
def level_tables(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """The tables of tenants and of flags, empty."""
    engine = request.getfixturevalue("engine")
    name = f"contract-{time.time_ns()}-{next(NUMBERS)}"
    index = {
        "IndexName": "not_green",
        "KeySchema": _schema(["alert", "pk"]),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    for table, keys, more in (
        ("tenants", ["pk", "sk"], {"GlobalSecondaryIndexes": [index]}),
        ("flags", ["tenant"], {}),
    ):
        names = [*keys, *(["alert"] if more else [])]
        engine.client("dynamodb").create_table(
            TableName=f"{name}-{table}",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            KeySchema=_schema(keys),
            **more,
        )
    resource = _resource(engine)
    return resource.Table(f"{name}-tenants"), resource.Table(f"{name}-flags")


def _index(name: str | None) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _schema([name or "", "pk"]),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


def _schema(names: list[str]) -> list[dict[str, str]]:
    kinds = zip(names, ("HASH", "RANGE"), strict=False)
    return [{"AttributeName": name, "KeyType": kind} for name, kind in kinds]
