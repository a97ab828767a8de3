"""What each function reads from its environment; the only place that looks at it.

The name of a setting is the name of its variable in small letters. `template.yaml` gives every
function exactly the variables of its own class (tests/template compares the two).
"""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Self

_BEFORE_EVIDENCE_ENDS = 3
"""Days: S3 expires at midnight after the day, the hours beside an hour may be a day apart."""


class SettingsWrong(Exception):
    """The environment lacks settings, or holds some that cannot be read; it names all of them."""


class Settings:
    """What the classes below share: being read from an environment.

    Their annotations are the settings; a default makes one optional. Plain classes, because every
    function pays for every class here at its cold start, and data classes are not cheap to make.
    """

    def __init__(self, values: Mapping[str, str | int]) -> None:
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: settings are read once and stay as they are")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read the settings; `SettingsWrong` names everything that is missing or wrong at once."""
        env = os.environ if env is None else env
        wrong: list[str] = []
        values: dict[str, str | int] = {}
        for name, kind in cls.__annotations__.items():
            try:
                values[name] = _value(name, kind, getattr(cls, name, None), env)
            except ValueError as problem:
                wrong.append(str(problem))
        if wrong:
            raise SettingsWrong("; ".join(wrong))
        return cls(values)


class IngestSettings(Settings):
    """Log bucket to evidence, quarantine and partials."""

    log_bucket: str
    data_bucket: str
    partials_table: str
    hours_table: str
    tenants_table: str
    partial_days: int
    object_row_days: int
    log_prefix: str = ""
    account_id: str = ""


class FoldSettings(Settings):
    """Partials to slot totals, live hours and levels."""

    data_bucket: str
    partials_table: str
    hours_table: str
    usage_table: str
    tenants_table: str
    flags_table: str
    refresh_queue_url: str
    notice_topic_arn: str
    partial_days: int
    object_row_days: int
    live_hour_seconds: int
    throttle_mode: str

    @property
    def live_hour_every(self) -> timedelta:
        """How old a live hour becomes before it is written again."""
        return timedelta(seconds=self.live_hour_seconds)


class PlanSettings(Settings):
    """The log bucket's listing to the hours that are due."""

    log_bucket: str
    data_bucket: str
    partials_table: str
    hours_table: str
    ingest_queue_url: str
    grace_minutes: int
    partial_days: int
    object_row_days: int
    seal_days: int
    evidence_days: int
    log_prefix: str = ""

    @property
    def grace(self) -> timedelta:
        """How long an hour waits for late log objects."""
        return timedelta(minutes=self.grace_minutes)

    @property
    def keep_open(self) -> timedelta | None:
        """How long hours can be closed again; None: for ever.

        An hour is final before its evidence ends, or that of the hours beside it: closed once more
        without it, a call would be lost, or counted twice.
        """
        ends = [self.seal_days] if self.seal_days else []
        ends += [self.evidence_days - _BEFORE_EVIDENCE_ENDS] if self.evidence_days else []
        return timedelta(days=min(ends)) if ends else None


class CloseSettings(Settings):
    """Evidence to closed hours, days and months, published."""

    data_bucket: str
    hours_table: str
    usage_table: str
    tenants_table: str
    account_id: str = ""


class AssessSettings(Settings):
    """Spend to levels and flags."""

    data_bucket: str
    partials_table: str
    hours_table: str
    usage_table: str
    tenants_table: str
    flags_table: str
    throttle_mode: str
    partial_days: int
    object_row_days: int


class CompletenessSettings(Settings):
    """Bedrock's own counts against what was metered."""

    account_id: str
    log_bucket: str
    data_bucket: str
    hours_table: str
    tolerance_percent: int
    log_prefix: str = ""


class AuditSettings(Settings):
    """Log objects, read once more, against published hours."""

    log_bucket: str
    data_bucket: str
    hours_table: str
    usage_table: str
    tenants_table: str
    log_object_days: int
    log_prefix: str = ""

    @property
    def logs_kept(self) -> timedelta:
        """How long the log bucket keeps log objects; a bucket of others may do otherwise."""
        return timedelta(days=self.log_object_days)


class NoticeSettings(Settings):
    """Notices to the topic."""

    tenants_table: str
    notice_topic_arn: str

    @property
    def flags_table(self) -> str:
        """Telling reads and acknowledges the outbox; the table of flags is not touched."""
        return self.tenants_table


class PriceSettings(Settings):
    """The price book against the price list."""

    data_bucket: str
    hours_table: str
    tenants_table: str


class LoggingSettings(Settings):
    """Where Bedrock is to deliver its logs."""

    log_bucket: str
    log_prefix: str = ""


class MetricSettings(Settings):
    """Which metrics every function writes: `alarms`, those that alarms read, or `full`, all."""

    metrics: str = "alarms"


def variables_of(settings: type[Settings]) -> frozenset[str]:
    """Return the environment variables that a class of settings reads."""
    return frozenset(name.upper() for name in settings.__annotations__)


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
