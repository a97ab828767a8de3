"""What Bedrock itself counted, and where it delivers its logs."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bedrock_meter.domain.time.hours import Hour


class InvocationCounts(Protocol):
    """What Bedrock itself counted in this account and Region, logged or not."""

    def invocations(self, hours: Sequence[Hour]) -> Mapping[Hour, Mapping[str, int]]:
        """Count the calls of consecutive hours by model."""


class LoggingPlace(Protocol):
    """Where Bedrock delivers the invocation logs of this account and Region."""

    def place(self) -> tuple[str, str] | None:
        """Return bucket and key prefix; None when nothing is delivered to S3."""


class LoggingSwitch(LoggingPlace, Protocol):
    """The account's logging configuration in this Region, and the log bucket's announcements."""

    def role(self) -> str | None:
        """Return the role with which Bedrock logs to CloudWatch; None when it does not."""

    def command_for(self, bucket: str, prefix: str) -> str:
        """Return the command with which a person has Bedrock deliver to a bucket as well."""

    def deliver_to(self, bucket: str, prefix: str) -> None:
        """Have Bedrock deliver to a bucket as well; other destinations stay."""

    def announce(self, bucket: str) -> bool:
        """Have a bucket announce to EventBridge as well; False when it does already."""
