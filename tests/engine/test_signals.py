"""What the stack says about itself: metrics in log lines, schedules, events of buckets."""

import json
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.engine


def test_metrics_in_log_lines_reach_cloudwatch(aws, a_name, a_function, invoke):
    namespace = a_name("Meter")
    prints = """
import json, time
def handler(event, context):
    print(json.dumps({
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{
            "Namespace": event, "Dimensions": [["service"]],
            "Metrics": [{"Name": "Rejects"}, {"Name": "Files", "Unit": "Count"}]}]},
        "service": "meter", "Rejects": [1, 2], "Files": 4}))
    print('{"_aws": "CloudWatchMetrics" no json')
"""

    invoke(a_function(prints), namespace)

    def total(metric):
        now = datetime.now(UTC)
        points = aws("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": "service", "Value": "meter"}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in points)

    assert (total("Rejects"), total("Files")) == (3, 4)


def test_a_schedule_fills_in_when_and_what_it_is(aws, a_name, a_queue, a_role, messages):
    url, arn = a_queue()
    at = datetime.now(UTC) + timedelta(seconds=1)
    schedule = aws("scheduler").create_schedule(
        Name=a_name("schedule"),
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn,
            "RoleArn": a_role({"Action": "sqs:SendMessage", "Resource": arn}),
            "Input": json.dumps(
                {
                    "at": "<aws.scheduler.scheduled-time>",
                    "by": "<aws.scheduler.schedule-arn>",
                    "what": "<aws.scheduler.unheard-of>",
                }
            ),
        },
    )

    (told,) = messages(url, 1)

    assert datetime.fromisoformat(told["at"]) <= at
    assert at - datetime.fromisoformat(told["at"]) < timedelta(minutes=2)
    assert told["by"] == schedule["ScheduleArn"]
    assert told["what"] == "<aws.scheduler.unheard-of>"


def test_a_new_object_is_announced_with_its_key_if_the_rule_wants_it(
    aws, a_name, a_queue, messages
):
    bucket, rule = a_name("logs"), a_name("rule")
    url, arn = a_queue()
    s3, events = aws("s3"), aws("events")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"wildcard": "AWSLogs/*Z_*"}]}},
    }
    rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    odd = "AWSLogs/1/20261121T05Z_a b+ü=%20.json.gz"

    for key in ("other/20261121T05Z_x.gz", "AWSLogs/1/input.json", odd):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")

    (event,) = messages(url, 1)
    assert event["detail"]["bucket"]["name"] == bucket
    assert event["detail"]["object"]["key"] == odd
    assert event["detail"]["object"]["size"] == 1
    assert "Messages" not in aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)


def test_a_queue_without_a_policy_for_the_rule_gets_nothing(aws, a_name, a_queue):
    url, arn = a_queue()
    rule = a_name("rule")
    aws("events").put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    aws("events").put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])

    aws("events").put_events(Entries=[{"Source": rule, "DetailType": "x", "Detail": "{}"}])

    assert "Messages" not in aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1)


def test_an_alarm_on_an_expression_is_made_and_described(aws, a_name, deploy):
    name = a_name("alarm")
    counted = {"Namespace": "Meter", "MetricName": "Runs"}
    queries = [
        {"Id": "all", "Expression": "SUM([runs])", "ReturnData": True},
        {"Id": "runs", "MetricStat": {"Metric": counted, "Period": 60, "Stat": "Sum"}},
    ]
    alarm = {
        "AlarmName": name,
        "Metrics": queries,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
    }
    made = {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}

    deploy(name, document={"Resources": {"Silent": made}})

    (found,) = aws("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert found["StateValue"] == "INSUFFICIENT_DATA"
    assert "MetricName" not in found
