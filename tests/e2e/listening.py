"""Queues that receive what a stack sends, for a test to read."""

import json
from typing import Any

from tests.e2e.meter import Meter


def listen_to_topic(meter: Meter, output: str, name: str) -> str:
    """Subscribe a new queue to a topic of the stack; its URL."""
    url, arn = _a_queue(meter, name)
    topic = meter.output(output)
    meter.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def listen_to_events(meter: Meter, source: str, name: str) -> str:
    """Have everything that a source says on the event bus sent to a new queue; its URL."""
    url, arn = _a_queue(meter, name)
    events = meter.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=name, Targets=[{"Id": name, "Arn": arn}])
    return url


def heard(meter: Meter, url: str) -> list[dict[str, Any]]:
    """Take out of a queue what it holds now."""
    sqs, found = meter.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def _a_queue(meter: Meter, name: str) -> tuple[str, str]:
    sqs = meter.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    let = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [let]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return str(url), str(arn)
