"""What each function reads from its environment; the only place that looks at it.

The name of a setting is the name of its variable in small letters. `template.yaml` gives every
function exactly the variables of its own class (tests/template compares the two).
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Self

_BEFORE_EVIDENCE_ENDS = 3
"""Days: S3 expires at the midnight after, and the hours beside an hour may be of another day."""


class SettingsWrong(Exception):
    """Settings are missing from the environment or unreadable; the message names all of them."""


class Settings:
    """What the classes below share: being read from an environment.

    Their annotations are the settings, those of a base included; a default makes one optional.
    Plain classes, because a cold start makes all of them, and data classes take long to make.
    """

    def __init__(self, values: Mapping[str, str | int]) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: settings are read once and stay as they are")

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read the settings; `SettingsWrong` names everything that is missing or wrong at once."""
        env = os.environ if env is None else env
        wrong: list[str] = []
        values: dict[str, str | int] = {}
        for name, kind in kinds_of(cls).items():
            try:
                values[name] = _value(name, kind, getattr(cls, name, None), env)
            except ValueError as problem:
                wrong.append(str(problem))
        if wrong:
            raise SettingsWrong("; ".join(wrong))
        return cls(values)


class _LogSettings(Settings):
    """Where Bedrock delivers its logs."""

    log_bucket: str
    log_prefix: str = ""


class _HourSettings(Settings):
    """What is known of hours, and the files they were made of."""

    data_bucket: str
    hours_table: str


class _LiveSettings(_HourSettings):
    """The live table."""

    partials_table: str
    partial_days: int
    object_row_days: int


class IngestSettings(_LogSettings, _LiveSettings):
    """Log bucket to evidence, quarantine and partials."""

    tenants_table: str
    account_id: str = ""


class AssessSettings(_LiveSettings):
    """Spend to levels and flags."""

    usage_table: str
    tenants_table: str
    flags_table: str
    throttle_mode: str


class FoldSettings(AssessSettings):
    """Partials to slot totals, live hours and levels."""

    refresh_queue_url: str
    notice_topic_arn: str
    live_hour_seconds: int

    @property
    def live_hour_every(self) -> timedelta:
        """How old a live hour becomes before it is written again."""
        return timedelta(seconds=self.live_hour_seconds)


class PlanSettings(_LogSettings, _LiveSettings):
    """The log bucket's listing to the hours that are due."""

    ingest_queue_url: str
    grace_minutes: int
    seal_days: int
    evidence_days: int

    @property
    def grace(self) -> timedelta:
        """How long an hour waits for late log objects."""
        return timedelta(minutes=self.grace_minutes)

    @property
    def keep_open(self) -> timedelta | None:
        """How long hours can be closed again; None when there is no limit.

        An hour becomes final before its evidence, or that of the hours beside it, expires: a close
        without that evidence would lose calls, or count some twice.
        """
        ends = [self.seal_days] if self.seal_days else []
        ends += [self.evidence_days - _BEFORE_EVIDENCE_ENDS] if self.evidence_days else []
        return timedelta(days=min(ends)) if ends else None


class CloseSettings(_HourSettings):
    """Evidence to closed hours, days and months, published."""

    usage_table: str
    tenants_table: str
    account_id: str = ""


class CompletenessSettings(_LogSettings, _HourSettings):
    """Bedrock's own counts against what was metered."""

    account_id: str
    tolerance_percent: int


class AuditSettings(_LogSettings, _HourSettings):
    """Log objects, read once more, against published hours."""

    usage_table: str
    tenants_table: str
    log_object_days: int

    @property
    def logs_kept(self) -> timedelta:
        """How long the stack's own log bucket keeps log objects."""
        return timedelta(days=self.log_object_days)


class NoticeSettings(Settings):
    """Notices to the topic."""

    tenants_table: str
    notice_topic_arn: str

    @property
    def flags_table(self) -> str:
        """The Tenants table: delivery reads and acknowledges the outbox, and needs no flags."""
        return self.tenants_table


class PriceSettings(_HourSettings):
    """The price book against the price list."""

    tenants_table: str


class LoggingSettings(_LogSettings):
    """Where Bedrock is to deliver its logs."""


def kinds_of(settings: type[Settings]) -> dict[str, type]:
    """Return the settings of a class, each with its type."""
    bases = (vars(base).get("__annotations__", {}) for base in reversed(settings.__mro__))
    return {name: kind for annotations in bases for name, kind in annotations.items()}


class MetricSettings(Settings):
    """Which metrics every function writes: `alarms`, those that alarms read, or `full`, all."""

    metrics: str = "alarms"


def variables_of(settings: type[Settings]) -> frozenset[str]:
    """Return the environment variables that a class of settings reads."""
    return frozenset(name.upper() for name in kinds_of(settings))


def _value(name: str, kind: type, default: str | None, env: Mapping[str, str]) -> str | int:
    name = name.upper()
    text = env.get(name, "").strip()
    if not text:
        if default is None:
            raise ValueError(f"{name} is missing")
        return default
    if kind is not int:
        return text
    if not text.isdecimal():
        raise ValueError(f"{name} is {text!r}, it must be a whole number")
    return int(text)
