"""A DynamoDB stream feeding a function: what Lambda promises, kept by the engine."""

import json
import time

import pytest

from engine.waiting import until

pytestmark = pytest.mark.engine

# Tells a queue which keys it was given, and fails for the keys its environment names.
TELLS = """
import boto3, json, os
sqs = boto3.client("sqs")
def handler(event, context):
    keys = [record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]]
    sqs.send_message(QueueUrl=os.environ["TELL"], MessageBody=json.dumps(keys))
    bad = [r for r in event["Records"] if r["dynamodb"]["Keys"]["sk"]["S"] in os.environ["BAD"]]
    if bad and os.environ["HOW"] == "raise":
        raise ValueError(keys)
    name = "unknown" if os.environ["HOW"] == "malformed" else None
    return {"batchItemFailures": [
        {"itemIdentifier": name or r["dynamodb"]["SequenceNumber"]} for r in bad
    ]}
"""


@pytest.fixture
def mapped(aws, a_table, a_queue, a_function):
    """`mapped(how, bad, …)`: a streamed table, the queue its function tells, the failure queue."""
    made = []

    def mapping(how="report", bad="", **options):
        table = a_table(stream="KEYS_ONLY")
        tell, _ = a_queue()
        failed, failed_arn = a_queue()
        found = aws("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
        mapping = aws("lambda").create_event_source_mapping(
            EventSourceArn=found,
            FunctionName=a_function(TELLS, TELL=tell, HOW=how, BAD=bad),
            StartingPosition="TRIM_HORIZON",
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": failed_arn}},
            **{"BatchSize": 10, "MaximumBatchingWindowInSeconds": 1} | options,
        )
        made.append(mapping["UUID"])
        return table, tell, failed

    yield mapping
    for uuid in made:
        aws("lambda").delete_event_source_mapping(UUID=uuid)


@pytest.fixture
def write(aws):
    def puts(table, *names, pk="S#1"):
        for name in names:
            aws("dynamodb").put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": name}})

    return puts


def test_records_of_a_window_arrive_together_and_in_order(mapped, write, messages):
    table, tell, _ = mapped()

    write(table, "a", "b", "c")

    assert messages(tell, 1) == [["a", "b", "c"]]


def test_a_full_batch_does_not_wait_for_the_window(mapped, write, messages):
    table, tell, _ = mapped(BatchSize=2, MaximumBatchingWindowInSeconds=60)
    started = time.monotonic()

    write(table, "a", "b")

    assert messages(tell, 1) == [["a", "b"]]
    assert time.monotonic() - started < 20


def test_a_partial_failure_is_tried_again_from_the_lowest_failed_record(mapped, write, messages):
    table, tell, failed = mapped(bad="b", MaximumRetryAttempts=1)

    write(table, "a", "b", "c")

    assert messages(tell, 2) == [["a", "b", "c"], ["b", "c"]]
    assert messages(failed, 1)[0]["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_a_failing_batch_is_given_up_after_its_attempts_and_the_next_goes_on(
    mapped, write, messages
):
    table, tell, failed = mapped("raise", "a", BatchSize=1, MaximumRetryAttempts=2)

    write(table, "a", "b")

    assert messages(tell, 4) == [["a"], ["a"], ["a"], ["b"]]
    assert messages(failed, 1)[0]["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_failing_batch_is_halved_until_the_bad_record_stands_alone(mapped, write, messages):
    table, tell, failed = mapped(
        "raise", "c", MaximumRetryAttempts=0, BisectBatchOnFunctionError=True
    )

    write(table, "a", "b", "c", "d")

    told = [["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c"], ["d"]]
    assert messages(tell, 5) == told
    assert messages(failed, 1)[0]["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_reported_failure_splits_the_batch_where_it_failed_and_is_not_halved(
    mapped, write, messages
):
    table, tell, failed = mapped(bad="b", MaximumRetryAttempts=1, BisectBatchOnFunctionError=True)

    write(table, "a", "b", "c", "d")

    assert messages(tell, 2) == [["a", "b", "c", "d"], ["b", "c", "d"]]
    assert messages(failed, 1)[0]["DDBStreamBatchInfo"]["batchSize"] == 3


def test_an_answer_that_names_no_record_fails_the_whole_batch(mapped, write, messages):
    table, tell, failed = mapped("malformed", "b", MaximumRetryAttempts=1)

    write(table, "a", "b")

    assert messages(tell, 2) == [["a", "b"], ["a", "b"]]
    assert len(messages(failed, 1)) == 1


def test_only_records_that_match_the_filter_reach_the_function(mapped, write, messages):
    pattern = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "S#"}]}}}}
    table, tell, _ = mapped(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})

    write(table, "totals", pk="B#1")
    write(table, "partial")

    assert messages(tell, 1) == [["partial"]]


def test_writing_the_same_item_again_is_no_news(mapped, write, messages):
    table, tell, _ = mapped()

    write(table, "a", "a", "b")

    assert messages(tell, 1) == [["a", "b"]]


def test_a_stream_that_keeps_failing_holds_up_no_queue(aws, mapped, write, a_queue, a_function):
    table, _, _ = mapped("raise", "a")
    write(table, "a")
    tell, _ = a_queue()
    url, arn = a_queue()
    tells = "import boto3, os\ndef handler(event, context):\n" + (
        "    boto3.client('sqs').send_message(QueueUrl=os.environ['TELL'], MessageBody='\"here\"')"
    )
    aws("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=a_function(tells, TELL=tell)
    )

    aws("sqs").send_message(QueueUrl=url, MessageBody="{}")

    assert until(lambda: aws("sqs").receive_message(QueueUrl=tell).get("Messages"), seconds=10)
