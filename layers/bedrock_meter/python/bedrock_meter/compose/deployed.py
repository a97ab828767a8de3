"""What everything is called in a deployed stack, for `Stores`: by its outputs and parameters."""

from typing import Any, Protocol

OUTPUTS = {
    "log_bucket": "LogBucketName",
    "data_bucket": "DataBucketName",
    "partials_table": "PartialsTableName",
    "hours_table": "HoursTableName",
    "usage_table": "UsageTableName",
    "tenants_table": "TenantsTableName",
    "flags_table": "FlagsTableName",
    "replay_queue_url": "ReplayQueueUrl",
}
PARAMETERS: dict[str, tuple[str, str | int]] = {
    "log_prefix": ("LogPrefix", ""),
    "partial_days": ("PartialDays", 35),
    "object_row_days": ("ObjectRowDays", 400),
}
"""Parameters, each with the value for a stack that was deployed without it."""


class Deployed(Protocol):
    """A deployed stack."""

    @property
    def account(self) -> str:
        """The account that it is deployed in."""

    def output(self, name: str) -> str:
        """Return an output."""

    def parameter(self, name: str) -> str:
        """Return the value a parameter was deployed with; empty when the stack has no such one."""


class StackNames:
    """The names of a stack, each looked up when it is needed."""

    def __init__(self, stack: Deployed) -> None:
        self._stack = stack

    @property
    def account_id(self) -> str:
        """The account whose profiles may be asked about."""
        return self._stack.account

    def __getattr__(self, name: str) -> Any:
        if name in OUTPUTS:
            return self._stack.output(OUTPUTS[name])
        if name not in PARAMETERS:
            raise AttributeError(f"{name} is neither an output nor a parameter that stores need")
        parameter, default = PARAMETERS[name]
        return type(default)(self._stack.parameter(parameter) or default)
