"""Everything a meter keeps outside the log bucket, as text: inflated, decoded, read back."""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow.parquet as pq
from boto3.dynamodb.types import Binary

from tests.e2e.meter import Meter

TABLES = ("Partials", "Hours", "Usage", "Tenants", "Flags")
DEAD_LETTERS = ("IngestDeadLettersUrl", "FoldDeadLettersUrl")
INFLATED = "\n(inflated) "


def stores(meter: Meter, *listeners: str) -> dict[str, str]:
    """The whole content of each store by name; `listeners` are queues that heard what was sent."""
    found = {f"table {table}": _text_of_items(meter.items(table)) for table in TABLES}
    for bucket in _buckets(meter):
        for name, text in _objects(meter, bucket):
            found[name] = found.get(name, "") + text
    for output in DEAD_LETTERS:
        found[f"queue {output}"] = "\n".join(_messages(meter, meter.output(output)))
    for url in listeners:
        found[f"listener {url.rsplit('/', 1)[-1]}"] = "\n".join(_messages(meter, url))
    found["function log"] = "\n".join(meter.function_log_text())
    found["executions"] = "\n".join(_executions(meter))
    return found


def _text_of_items(items: Iterable[dict[str, Any]]) -> str:
    return "\n".join("\n".join(_texts(item)) for item in items)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, (list, set, tuple)):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, (Binary, bytes)):
        yield _text_of_bytes(bytes(value))
    else:
        yield str(value)


def _text_of_bytes(body: bytes) -> str:
    """Read bytes as they are, and as whatever they may be the packed form of."""
    text = body.decode(errors="replace")
    for inflate in (gzip.decompress, zlib.decompress, lambda packed: zlib.decompress(packed[1:])):
        try:
            return text + INFLATED + inflate(body).decode(errors="replace")
        except (OSError, EOFError, zlib.error):
            continue
    return text + INFLATED + _text_of_parquet(body) if body[:4] == b"PAR1" else text


def _text_of_parquet(body: bytes) -> str:
    table = pq.read_table(io.BytesIO(body))
    return f"{table.schema.metadata} {table.to_pylist()}"


def _buckets(meter: Meter) -> list[str]:
    """Every bucket of the stack but the one that Bedrock fills."""
    names = [bucket["Name"] for bucket in meter.client("s3").list_buckets()["Buckets"]]
    mine = [name for name in names if name.startswith(meter.stack.name)]
    return [name for name in mine if name != meter.output("LogBucketName")]


def _objects(meter: Meter, bucket: str) -> Iterator[tuple[str, str]]:
    """Every version of every object, by the folder it lies in."""
    s3 = meter.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", ()):
            key, number = version["Key"], version["VersionId"]
            answer = s3.get_object(Bucket=bucket, Key=key, VersionId=number)
            text = "\n".join((key, str(answer["Metadata"]), _text_of_bytes(answer["Body"].read())))
            yield f"objects {key.split('/')[0]}/", text


def _messages(meter: Meter, url: str) -> Iterator[str]:
    sqs = meter.client("sqs")
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            yield json.dumps(message)


def _executions(meter: Meter) -> Iterator[str]:
    states, machine = meter.client("stepfunctions"), meter.output("HourlyRollupArn")
    for execution in states.list_executions(stateMachineArn=machine)["executions"]:
        arn = execution["executionArn"]
        for page in states.get_paginator("get_execution_history").paginate(executionArn=arn):
            yield json.dumps(page["events"], default=str)
