"""SQS batch of announcements -> every log object in it, metered."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from bedrock_meter.aws.s3_events import announced_in
from bedrock_meter.observability import Event, Metric, gauge, logger, metrics, rejected
from bedrock_meter.wiring import intake

job = cache(intake.ingest)  # adapters are built once per container, and not on import
processor = BatchProcessor(EventType.SQS, logger=logger)  # else failures are silent


def meter(record: SQSRecord) -> None:  # Powertools passes `record` by that name
    for bucket, key, is_log_file, is_live in announced_in(record.body):
        if not is_log_file:
            logger.info(Event.SKIPPED, extra={"key": key})
            continue
        report = job()(bucket=bucket, key=key, is_live=is_live, now=datetime.now(UTC))
        logger.info(Event.METERED, extra={"object": report.object_id, "records": report.records})
        gauge(Metric.RECORDS_METERED, report.records)
        rejected(report.object_id, report.rejects)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    gauge(Metric.OBJECTS_ANNOUNCED, len(event["Records"]))
    return process_partial_response(event, meter, processor, context)
