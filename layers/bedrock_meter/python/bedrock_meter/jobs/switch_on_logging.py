"""Switch on logging: have Bedrock deliver to the log bucket, and the bucket announce its objects.

Only ever adds: what somebody else set up is kept, or refused in one line if it stands in the way.
"""

from typing import Protocol


class LoggingElsewhere(Exception):
    """Bedrock's logging is in use for another place; changing it would take that away."""


class RoleNeeded(Exception):
    """Bedrock logs to CloudWatch with a role; only who may pass that role can add a bucket."""


class LoggingSwitch(Protocol):
    """The account's logging configuration in this Region, and the log bucket's announcements."""

    def place(self) -> tuple[str, str] | None:
        """Give the bucket and key prefix that Bedrock delivers to; None without any."""

    def role(self) -> str | None:
        """Name the role with which Bedrock logs to CloudWatch; None when it does not."""

    def command_for(self, bucket: str, prefix: str) -> str:
        """Write the command by which a person has Bedrock deliver to a bucket as well."""

    def deliver_to(self, bucket: str, prefix: str) -> None:
        """Have Bedrock deliver to a bucket as well; other destinations stay."""

    def announce(self, bucket: str) -> bool:
        """Have a bucket announce to EventBridge as well; False when it does already."""


def switch_on_logging(bucket: str, prefix: str, *, switch: LoggingSwitch) -> str:
    """Make sure that calls are logged and log objects announced; say what was changed.

    A second time changes nothing. `LoggingElsewhere` when Bedrock delivers to another place,
    `RoleNeeded` when it logs to CloudWatch Logs alone.
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
        _refuse_to_pass_on(switch.role(), wanted, switch)
        switch.deliver_to(*wanted)
        changed.append("logging switched on")
    if switch.announce(bucket):
        changed.append("announcements switched on")
    return ", ".join(changed) or "nothing had to be changed"


def _refuse_to_pass_on(role: str | None, wanted: tuple[str, str], switch: LoggingSwitch) -> None:
    if role is None:
        return
    raise RoleNeeded(
        f"Bedrock logs to CloudWatch Logs with the role {role}; only who may pass that role can "
        f"add a bucket. Deploy with ManageLogging=false; then somebody who may runs what "
        f"`bedrock-meter doctor` prints, such as: {switch.command_for(*wanted)}"
    )
