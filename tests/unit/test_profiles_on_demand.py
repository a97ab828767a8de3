"""Bedrock is connected to when the first question comes, and asked ten times a second at most."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bedrock_meter.compose.profiles import ProfilesOnDemand

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNER = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/"


class Bedrock:
    """A control plane that takes its time; the clock and its sleep are its own."""

    def __init__(self, seconds: float) -> None:
        self.meta = SimpleNamespace(region_name="us-east-1")
        self.now = 0.0
        self.asked: list[float] = []
        self.connected = 0
        self._seconds = seconds

    def connect(self) -> "Bedrock":
        self.connected += 1
        return self

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def get_inference_profile(self, inferenceProfileIdentifier: str) -> dict[str, Any]:
        self.asked.append(round(self.now, 3))
        self.now += self._seconds
        return {"models": [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/m"}]}

    def list_tags_for_resource(self, resourceARN: str) -> dict[str, Any]:
        return {"tags": []}


def source_on(bedrock: Bedrock, account: str = "") -> ProfilesOnDemand:
    return ProfilesOnDemand(account, bedrock.connect, lambda: bedrock.now, bedrock.sleep)


def test_nothing_is_connected_before_the_first_question_and_then_once():
    bedrock = Bedrock(0.0)
    source = source_on(bedrock)
    assert bedrock.connected == 0

    for number in range(3):
        assert source.ask(f"{OWNER}{number}", NOON).found

    assert bedrock.connected == 1


def test_questions_come_a_tenth_of_a_second_apart_at_least():
    quick, slow = Bedrock(0.03), Bedrock(0.25)

    for bedrock in (quick, slow):
        source = source_on(bedrock)
        for number in range(4):
            source.ask(f"{OWNER}{number}", NOON)

    assert quick.asked == [0.0, 0.1, 0.2, 0.3]
    assert slow.asked == [0.0, 0.25, 0.5, 0.75]


def test_whose_profiles_are_ours_is_known_from_the_account_and_the_client():
    source = source_on(Bedrock(0.0), "111122223333")

    assert source.is_ours(f"{OWNER}abc")
    assert not source.is_ours(f"{OWNER}abc".replace("1111", "9999"))
    assert not source.is_ours(f"{OWNER}abc".replace("us-east-1", "us-west-2"))
