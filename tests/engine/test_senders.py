"""A role may be held to one source of events."""

import pytest

pytestmark = pytest.mark.engine

SEND = """
import boto3

def handler(sources, context):
    entries = [{"Source": source, "DetailType": "d", "Detail": "{}"} for source in sources]
    return boto3.client("events").put_events(Entries=entries)["FailedEntryCount"]
"""


@pytest.fixture
def send(a_role, a_function, invoke):
    """`send("ours")`: what a role answers that may send events of source `ours` alone."""
    condition = {"StringEquals": {"events:source": "ours"}}
    role = a_role({"Action": "events:PutEvents", "Resource": "*", "Condition": condition})
    name = a_function(SEND, role=role)
    return lambda *sources: invoke(name, sources)


def test_events_of_the_source_that_is_allowed_are_taken(send):
    assert send("ours") == send("ours", "ours") == 0


@pytest.mark.parametrize("sources", [("theirs",), ("ours", "theirs")])
def test_events_of_another_source_are_refused(send, sources):
    assert "AccessDenied" in send(*sources)["errorMessage"]
