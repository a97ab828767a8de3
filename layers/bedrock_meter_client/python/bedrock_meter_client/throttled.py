"""The only error that an application gets when its tenant is throttled."""

from typing import Any


class TenantThrottled(Exception):
    """The call was not sent. `retry_after` is in seconds; `reason` is meant for people.

    `level` and `action` are those of the flag, or empty when there was no flag to read. Errors with
    equal fields are equal; pickling keeps them all, so an error may cross processes.
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

    def __reduce__(self) -> tuple[Any, ...]:
        # The inherited way would call the class with the message alone.
        return _revived, (type(self), self.args), self.__dict__

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._fields() == self._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def _fields(self) -> tuple[Any, ...]:
        return self.tenant, self.reason, self.retry_after, self.level, self.action, self.version


def _revived(kind: type[TenantThrottled], args: tuple[Any, ...]) -> TenantThrottled:
    return kind.__new__(kind, *args)
