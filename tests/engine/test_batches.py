"""Who may send a message may send ten at once; nobody else may."""

import pytest

pytestmark = pytest.mark.engine

SEND_TWO = """
import boto3, os

def handler(event, context):
    entries = [{"Id": text, "MessageBody": text} for text in ("one", "two")]
    sent = boto3.client("sqs").send_message_batch(QueueUrl=os.environ["QUEUE"], Entries=entries)
    return len(sent["Successful"])
"""


def test_the_permission_to_send_a_message_is_enough_for_a_batch(
    a_queue, a_role, a_function, invoke
):
    url, arn = a_queue()
    role = a_role({"Action": "sqs:SendMessage", "Resource": arn})

    assert invoke(a_function(SEND_TWO, role=role, QUEUE=url)) == 2


def test_a_permission_on_another_queue_is_not(a_queue, a_role, a_function, invoke):
    (url, _), (_, another) = a_queue(), a_queue()
    role = a_role({"Action": "sqs:SendMessage", "Resource": another})

    assert "AccessDenied" in invoke(a_function(SEND_TWO, role=role, QUEUE=url))["errorMessage"]
