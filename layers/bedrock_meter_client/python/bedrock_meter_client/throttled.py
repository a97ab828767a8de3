"""The one error an application meets when its tenant is throttled."""


class TenantThrottled(Exception):
    """The call was not sent. `retry_after` is in seconds; `reason` is meant for people.

    `level` and `action` are those of the flag, or empty when there was no flag to read.
    """

    def __init__(
        self,
        tenant: str,
        reason: str,
        retry_after: float,
        *,
        level: str = "",
        action: str = "",
        version: int = 0,
    ) -> None:
        super().__init__(
            f"tenant {tenant!r} is throttled: {reason} (try again in {retry_after:.0f} s)"
        )
        self.tenant = tenant
        self.reason = reason
        self.retry_after = retry_after
        self.level = level
        self.action = action
        self.version = version
