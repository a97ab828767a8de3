"""Announcements in the three forms a queue may hold."""

import json

import pytest

from bedrock_meter.aws.s3_events import AnnouncedObject, NotAnAnnouncement, announced_in

KEY = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/21/05/2026Z_a.json.gz"
ODD = KEY.replace("2026Z_a", "a+b c%2Fé")


def eventbridge(key: str, **known: object) -> str:
    return json.dumps({"detail": {"bucket": {"name": "b"}, "object": {"key": key, **known}}})


def notification(*keys: str, size: int = 5) -> str:
    records = [{"s3": {"bucket": {"name": "b"}, "object": {"key": k, "size": size}}} for k in keys]
    return json.dumps({"Records": records})


def test_eventbridge_names_keys_as_they_are() -> None:
    assert announced_in(eventbridge(ODD, size=5)) == (AnnouncedObject("b", ODD, True, True),)


def test_a_notification_names_keys_form_encoded() -> None:
    encoded = KEY.replace("2026Z_a", "a%2Bb+c%252F%C3%A9")

    assert announced_in(notification(encoded)) == (AnnouncedObject("b", ODD, True, True),)


def test_a_notification_may_announce_several_objects() -> None:
    assert len(announced_in(notification(KEY, KEY))) == 2


def test_a_plain_announcement_names_keys_as_they_are() -> None:
    plain = json.dumps({"bucket": "b", "key": ODD})

    assert announced_in(plain) == (AnnouncedObject("b", ODD, True, True),)


def test_a_replay_says_that_it_is_not_live() -> None:
    (announced,) = announced_in(json.dumps({"bucket": "b", "key": KEY, "live": False}))

    assert not announced.is_live


def test_the_first_message_of_a_notification_announces_nothing() -> None:
    assert announced_in('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}') == ()


@pytest.mark.parametrize(
    ("key", "size"),
    [
        (KEY, 0),
        (KEY.replace("2026Z_a", "data/1_input"), 5),
        ("p/AWSLogs/amazon-bedrock-logs-permission-check", 5),
        (KEY.replace(".json.gz", ".pdf"), 5),
    ],
)
def test_what_holds_no_records_is_told_apart(key: str, size: int) -> None:
    assert not announced_in(eventbridge(key, size=size))[0].is_log_file
    assert not announced_in(notification(key, size=size))[0].is_log_file


def test_an_object_of_unknown_size_may_hold_records() -> None:
    assert announced_in(eventbridge(KEY))[0].is_log_file


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "null",
        "7",
        "{}",
        '"bucket"',
        '{"bucket": "b"}',
        '{"bucket": "b", "key": 7}',
        '{"bucket": "", "key": "k"}',
        '{"bucket": "b", "key": "k", "size": "5"}',
        '{"bucket": "b", "key": "k", "size": -1}',
        '{"detail": {}}',
        '{"detail": null}',
        '{"detail": {"bucket": {"name": "b"}, "object": []}}',
        '{"Records": [{"s3": {}}]}',
        '{"Records": {"a": 1}}',
        '{"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": 5}}}]}',
    ],
)
def test_a_message_that_announces_nothing_is_refused(body: str) -> None:
    with pytest.raises(NotAnAnnouncement):
        announced_in(body)
