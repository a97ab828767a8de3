"""A queued announcement -> the log object it names, metered."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.aws.s3_events import announced_in
from bedrock_meter.compose import intake
from bedrock_meter.observability import Log, Metric, gauge, logger, metrics, rejected

job = cache(intake.ingest)  # adapters are built once per container, and not on import


def meter(announcement: str) -> None:
    for bucket, key, is_log_file, is_live in announced_in(announcement):
        if not is_log_file:
            logger.info(Log.SKIPPED, extra={"key": key})
            continue
        report = job()(bucket=bucket, key=key, is_live=is_live, now=datetime.now(UTC))
        said = Log.KNOWN if report.is_known else Log.METERED
        logger.info(said, extra={"object": report.object_id, "records": report.records})
        if report.is_restored:
            logger.warning(Log.RESTORED, extra={"object": report.object_id})
        gauge(Metric.RECORDS_METERED, 0 if report.is_known else report.records)
        rejected(report.object_id, report.rejects)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> None:
    gauge(Metric.OBJECTS_ANNOUNCED, len(event["Records"]))
    for record in event["Records"]:  # one: see the queue's BatchSize
        meter(record["body"])
