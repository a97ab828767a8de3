"""Switch on logging: have Bedrock deliver to the log bucket, and the bucket announce its objects.

Only ever adds: what somebody else set up is kept, or refused in one line if it stands in the way.
"""

from typing import Protocol


class LoggingElsewhere(Exception):
    """Bedrock's logging is in use for another place; changing it would take that away."""


class LoggingSwitch(Protocol):
    """The account's logging configuration in this Region, and the log bucket's announcements."""

    def place(self) -> tuple[str, str] | None:
        """Give the bucket and key prefix that Bedrock delivers to; None without any."""

    def deliver_to(self, bucket: str, prefix: str) -> None:
        """Have Bedrock deliver to a bucket as well; other destinations stay."""

    def announce(self, bucket: str) -> bool:
        """Have a bucket announce to EventBridge as well; False when it does already."""


def switch_on_logging(bucket: str, prefix: str, *, switch: LoggingSwitch) -> str:
    """Make sure that calls are logged and log objects announced; say what was changed.

    A second time changes nothing. `LoggingElsewhere` when Bedrock delivers to another place.
    """
    wanted = (bucket, prefix.strip("/"))
    current = switch.place()
    if current not in (None, wanted):
        raise LoggingElsewhere(
            f"Bedrock already logs to {current}; give the stack that place (LogBucketName, "
            f"LogPrefix), or switch that logging off first"
        )
    changed = []
    if current is None:
        switch.deliver_to(*wanted)
        changed.append("logging switched on")
    if switch.announce(bucket):
        changed.append("announcements switched on")
    return ", ".join(changed) or "nothing had to be changed"
