"""Switching on logging adds, and takes nothing away from anybody."""

from dataclasses import dataclass, field

import pytest

from bedrock_meter.jobs.switch_on_logging import (
    LoggingElsewhere,
    RoleNeeded,
    switch_on_logging,
)


@dataclass
class Switch:
    """`LoggingSwitch` in memory."""

    delivered: tuple[str, str] | None = None
    announcing: set[str] = field(default_factory=set)
    passed: str | None = None

    def place(self) -> tuple[str, str] | None:
        return self.delivered

    def role(self) -> str | None:
        return self.passed

    def command_for(self, bucket: str, prefix: str) -> str:
        return f"aws … {bucket}/{prefix}"

    def deliver_to(self, bucket: str, prefix: str) -> None:
        self.delivered = (bucket, prefix)

    def announce(self, bucket: str) -> bool:
        new = bucket not in self.announcing
        self.announcing.add(bucket)
        return new


def test_logging_and_announcements_are_switched_on() -> None:
    switch = Switch()

    said = switch_on_logging("logs", "p/", switch=switch)

    assert (switch.delivered, switch.announcing) == (("logs", "p"), {"logs"})
    assert said == "logging switched on, announcements switched on"


def test_a_second_time_changes_nothing() -> None:
    switch = Switch(("logs", ""), {"logs"})

    assert switch_on_logging("logs", "", switch=switch) == "nothing had to be changed"


def test_logging_to_another_place_is_left_alone_and_said() -> None:
    switch = Switch(("others", ""))

    with pytest.raises(LoggingElsewhere, match="LogBucketName"):
        switch_on_logging("logs", "", switch=switch)

    assert (switch.delivered, switch.announcing) == (("others", ""), set())


def test_where_bedrock_logs_to_cloudwatch_a_person_is_given_the_command() -> None:
    switch = Switch(passed="arn:aws:iam::111122223333:role/logs")

    with pytest.raises(RoleNeeded, match=r"role/logs.*ManageLogging=false.*aws … logs/p"):
        switch_on_logging("logs", "p/", switch=switch)

    assert (switch.delivered, switch.announcing) == (None, set())


def test_with_a_bucket_beside_cloudwatch_nothing_has_to_be_passed() -> None:
    switch = Switch(("logs", ""), passed="arn:aws:iam::111122223333:role/logs")

    assert switch_on_logging("logs", "", switch=switch) == "announcements switched on"
