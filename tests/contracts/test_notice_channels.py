"""Ways to notify people, and everything else, of a change of level."""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from bedrock_meter.aws.eventbridge_notices import EventBridgeNotices
from bedrock_meter.aws.sns_notices import SnsContacts, SnsNotices
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.ports.levels import NotSent
from tests.level_builders import NOON

pytestmark = pytest.mark.engine


def a_notice(**changes: Any) -> Notice:
    sent = {"subject": "Bedrock Meter: acme green -> red", "body": "Why: 100 % of the budget"}
    return Notice("acme", 17, Level.GREEN, Level.RED, NOON, **{**sent, **changes})


@pytest.fixture
def a_queue(aws: Any) -> Any:
    """The URL and ARN of a queue that everybody may send to."""
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName=f"sent-{time.time_ns()}")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def sent_to(aws: Any, url: str) -> Any:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        found = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
        if found:
            return json.loads(found[0]["Body"])
    raise AssertionError("nothing was sent within 15 seconds")


def test_people_are_notified_through_the_topic(aws: Any, a_queue: Any) -> None:
    url, arn = a_queue
    topic = aws("sns").create_topic(Name=f"notices-{time.time_ns()}")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    SnsNotices(aws("sns"), topic).notify(a_notice())

    sent = sent_to(aws, url)
    assert sent["Subject"] == "Bedrock Meter: acme green -> red"
    assert sent["Message"] == "Why: 100 % of the budget"
    attributes = {name: one["Value"] for name, one in sent["MessageAttributes"].items()}
    assert attributes == {
        "notice": "17",
        "tenant": "acme",
        "before": "green",
        "after": "red",
        "direction": "up",
    }


def test_the_customers_contact_is_notified_too(aws: Any, a_queue: Any) -> None:
    url, arn = a_queue
    contact = aws("sns").create_topic(Name=f"contact-{time.time_ns()}")["TopicArn"]
    aws("sns").subscribe(TopicArn=contact, Protocol="sqs", Endpoint=arn)

    SnsContacts(aws("sns")).notify(a_notice())
    SnsContacts(aws("sns")).notify(a_notice(contact=contact))

    assert sent_to(aws, url)["Subject"].startswith("Bedrock Meter: acme")


@pytest.mark.parametrize("contact", ["arn:aws:sns:us-east-1:000000000000:nobody", "no arn at all"])
def test_a_contact_that_cannot_be_notified_is_named(aws: Any, contact: str) -> None:
    with pytest.raises(NotSent, match=contact):
        SnsContacts(aws("sns")).notify(a_notice(contact=contact))


def test_an_event_that_the_bus_did_not_take_was_not_sent() -> None:
    refused = {"ErrorCode": "InternalException", "ErrorMessage": "try again"}
    answer = {"FailedEntryCount": 1, "Entries": [refused]}
    events = SimpleNamespace(put_events=lambda **_: answer)

    with pytest.raises(NotSent, match="event bus default: InternalException: try again"):
        EventBridgeNotices(events).notify(a_notice())


def test_programs_are_notified_by_an_event(aws: Any, a_queue: Any) -> None:
    url, arn = a_queue
    rule = f"levels-{time.time_ns()}"
    pattern = {"source": ["bedrock-meter"], "detail": {"after": ["red"]}}
    aws("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    aws("events").put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])

    EventBridgeNotices(aws("events")).notify(a_notice())

    event = sent_to(aws, url)
    assert event["detail-type"] == "Tenant level changed"
    assert event["detail"]["tenant"] == "acme"
    assert (event["detail"]["before"], event["detail"]["after"]) == ("green", "red")
