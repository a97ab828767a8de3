"""Switch on logging: have Bedrock deliver to the log bucket, and the bucket announce its objects.

It only adds: what somebody else set up is kept, or reported in one line if it is in the way.
"""

from bedrock_meter.ports.bedrock import LoggingSwitch


class LoggingElsewhere(Exception):
    """Bedrock's logging is in use for another place; changing it would take that away."""


class RoleNeeded(Exception):
    """Bedrock logs to CloudWatch with a role; only a caller who may pass it can add a bucket."""


def switch_on_logging(bucket: str, prefix: str, *, switch: LoggingSwitch) -> str:
    """Make sure that calls are logged and log objects announced; return what was changed.

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
        f"Bedrock logs to CloudWatch Logs with the role {role}; only a caller who may pass it "
        f"can add a bucket. Deploy with ManageLogging=false; such a caller then runs what "
        f"`bedrock-meter doctor` prints, for instance: {switch.command_for(*wanted)}"
    )
