"""A DynamoDB stream feeding a function, with the promises Lambda makes about it.

The engine takes a partial failure for a success and tries a failed batch forever. Lambda begins
again at the lowest failed record, at most `MaximumRetryAttempts` times, halves a batch whose call
raised if asked to (a reported failure splits it where it failed), sends what it gives up to the
on-failure destination, and gathers records for the batching window. One batch of a mapping is in
flight at a time, as with one shard.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ministack.core import responses
from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import dynamodb, lambda_svc

from engine.shim import guard

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0  # seconds between tries; Lambda's own go up to a minute
_window_opened: dict[str, float] = {}


@dataclass
class StreamBatch:
    """Records that are tried together, and how often they failed so far."""

    records: list[dict[str, Any]]
    failures: int = 0


def poll() -> bool:
    """One pass over all stream mappings; True if any of them took a batch."""
    took = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        with _scope(account, region):
            table = _table_of(mapping)
            if table and not lambda_svc._esm_inflight.get(mapping["UUID"]):
                took = _take(mapping, table) or took
    return took


@contextmanager
def _scope(account: str, region: str) -> Iterator[None]:
    tokens = responses._request_account_id.set(account), responses._request_region.set(region)
    try:
        yield
    finally:
        responses._request_account_id.reset(tokens[0])
        responses._request_region.reset(tokens[1])


def _table_of(mapping: dict[str, Any]) -> str | None:
    """The table whose live stream feeds an enabled mapping, if it is such a mapping."""
    try:
        spec = parse_arn(mapping.get("EventSourceArn", ""))
    except ArnParseError:
        return None
    if spec.service != "dynamodb" or not mapping.get("Enabled", True):
        return None
    found = lambda_svc._dynamodb_stream_table_from_arn_spec(spec)
    table = dynamodb._tables.get(found[0]) if found else None
    if not table or table.get("LatestStreamArn") != mapping["EventSourceArn"]:
        return None
    return str(found[0])


def _take(mapping: dict[str, Any], table: str) -> bool:
    """Start on the next batch of a mapping, unless there is none or its window is still open."""
    starting = mapping.get("StartingPosition", "LATEST")
    lambda_svc._init_stream_position(mapping["UUID"], mapping["EventSourceArn"], starting)
    position = max(_positions()[mapping["UUID"]], dynamodb.stream_start_position(table))
    size = mapping.get("BatchSize") or 100
    records = dynamodb.stream_records_since(table, position, size)
    function, _ = lambda_svc._get_func_record_for_qualifier(
        mapping["FunctionName"], mapping.get("Qualifier")
    )
    if not records or function is None or _gathering(mapping, len(records) < size):
        return False
    wanted = lambda_svc._apply_filter_criteria(records, mapping)
    lambda_svc._dispatch_esm_batch(
        mapping["UUID"], _process, mapping, function, wanted, position + len(records)
    )
    return True


def _positions() -> Any:
    return lambda_svc._dynamodb_stream_positions


def _gathering(mapping: dict[str, Any], room: bool) -> bool:
    """Return whether a batch with room left should wait; its first record opens the window."""
    now = time.monotonic()
    opened = _window_opened.setdefault(mapping["UUID"], now)
    if room and now - opened < (mapping.get("MaximumBatchingWindowInSeconds") or 0):
        return True
    del _window_opened[mapping["UUID"]]
    return False


def _process(mapping: dict[str, Any], function: Any, records: list[Any], after: int) -> None:
    """Try the records until each is done or given up, then move on to `after`."""
    waiting = [StreamBatch(records)] if records else []
    while waiting:
        if not _is_live(mapping):
            return
        batch = waiting.pop(0)
        result = lambda_svc._execute_function(function, {"Records": batch.records})
        if (start := _first_failure(mapping, batch.records, result)) is not None:
            waiting[:0] = _next_tries(mapping, function, batch, start, result)
    with lambda_svc._dynamodb_stream_positions_lock:
        _positions()[mapping["UUID"]] = after
    mapping["LastProcessingResult"] = "OK"


def _is_live(mapping: dict[str, Any]) -> bool:
    current = lambda_svc._esms.get(mapping["UUID"])
    return current is not None and current.get("Enabled", True)


def _first_failure(mapping: dict[str, Any], records: list[Any], result: Any) -> int | None:
    """Index of the record to begin again at; None if all are done.

    An answer that names an unknown record, or is not a list of failures, fails the whole batch.
    """
    if result.get("error") or result.get("throttle"):
        return 0
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
        return None
    failures = (result.get("body") or {}).get("batchItemFailures") or []
    places = {record["dynamodb"]["SequenceNumber"]: at for at, record in enumerate(records)}
    return min((places.get(failed.get("itemIdentifier"), 0) for failed in failures), default=None)


def _next_tries(
    mapping: dict[str, Any], function: Any, batch: StreamBatch, start: int, result: Any
) -> list[StreamBatch]:
    """What of a failed batch is tried again; progress begins the count of failures anew."""
    mapping["LastProcessingResult"] = "FAILED"
    rest, failures = batch.records[start:], 0 if start else batch.failures
    whole = result.get("error") or result.get("throttle")
    if whole and mapping.get("BisectBatchOnFunctionError") and len(rest) > 1:
        half = len(rest) // 2  # halving does not count as a try
        return [StreamBatch(rest[:half], failures), StreamBatch(rest[half:], failures)]
    if _is_given_up(mapping, rest, failures + 1):
        lambda_svc._send_ddb_stream_failure_record(
            mapping, function, rest, mapping["EventSourceArn"], result, "RetryAttemptsExhausted"
        )
        return []
    time.sleep(min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE))
    return [StreamBatch(rest, failures + 1)]


def _is_given_up(mapping: dict[str, Any], records: list[Any], failures: int) -> bool:
    attempts = mapping.get("MaximumRetryAttempts")
    if attempts is not None and 0 <= int(attempts) < failures:
        return True
    age = int(mapping.get("MaximumRecordAgeInSeconds") or -1)
    oldest = float(records[0]["dynamodb"].get("ApproximateCreationDateTime", time.time()))
    return 0 < age < time.time() - oldest


def close() -> None:
    for function, digest in (
        (lambda_svc._poll_dynamodb_streams, "2b2460e933a9"),
        (lambda_svc._dispatch_esm_batch, "b91ab76fad0b"),
        (lambda_svc._init_stream_position, "bef560b23a1a"),
        (lambda_svc._send_ddb_stream_failure_record, "0efd5f5ffe2d"),
        (lambda_svc._apply_filter_criteria, "d8d7d5c8f77e"),
        (dynamodb.stream_records_since, "aed31a353fda"),
    ):
        guard.expect(function, digest)
    lambda_svc._poll_dynamodb_streams = poll
