"""What each function reads from its environment; the only place that looks at it.

The name of a setting is the name of its variable in small letters. `template.yaml` gives every
function exactly the variables of its own class (tests/template compares the two).
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import timedelta
from typing import Any, Self


class SettingsWrong(Exception):
    """The environment lacks settings, or holds some that cannot be read; it names all of them."""


class Settings:
    """What the classes below share: being read from an environment."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read the settings; `SettingsWrong` names everything that is missing or wrong at once."""
        env = os.environ if env is None else env
        wrong: list[str] = []
        values: dict[str, Any] = {}
        for setting in _fields_of(cls):
            try:
                values[setting.name] = _value(setting, env)
            except ValueError as problem:
                wrong.append(str(problem))
        if wrong:
            raise SettingsWrong("; ".join(wrong))
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings(Settings):
    """Log bucket to charges, quarantine and partials."""

    log_bucket: str
    data_bucket: str
    partials_table: str
    hours_table: str
    tenants_table: str
    partial_days: int
    object_row_days: int
    log_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldSettings(Settings):
    """Partials to boards, pulses and levels."""

    data_bucket: str
    partials_table: str
    hours_table: str
    usage_table: str
    tenants_table: str
    flags_table: str
    wake_queue_url: str
    notice_topic_arn: str
    partial_days: int
    object_row_days: int
    pulse_seconds: int
    throttle_mode: str

    @property
    def pulse_every(self) -> timedelta:
        """How old a pulse becomes before it is written again."""
        return timedelta(seconds=self.pulse_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    log_prefix: str = ""

    @property
    def grace(self) -> timedelta:
        """How long an hour waits for late log objects."""
        return timedelta(minutes=self.grace_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSettings(Settings):
    """Charges to closed hours and days."""

    data_bucket: str
    hours_table: str
    usage_table: str
    tenants_table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSettings(Settings):
    """Days to months."""

    data_bucket: str
    usage_table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishSettings(Settings):
    """Closed hours to published ones."""

    data_bucket: str
    hours_table: str
    grace_minutes: int

    @property
    def grace(self) -> timedelta:
        """How long an hour waits for late log objects."""
        return timedelta(minutes=self.grace_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSettings(Settings):
    """Notices to the topic."""

    tenants_table: str
    notice_topic_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSettings(Settings):
    """The price book against the price list."""

    data_bucket: str
    hours_table: str
    tenants_table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings(Settings):
    """Where Bedrock is to deliver its logs."""

    log_bucket: str
    log_prefix: str = ""


def variables_of(settings: type[Settings]) -> frozenset[str]:
    """Name the environment variables that a class of settings reads."""
    return frozenset(setting.name.upper() for setting in _fields_of(settings))


def _fields_of(settings: type[Any]) -> tuple[Field[Any], ...]:
    return fields(settings)


def _value(setting: Field[Any], env: Mapping[str, str]) -> str | int:
    name = setting.name.upper()
    text = env.get(name, "").strip()
    if not text:
        if setting.default is MISSING:
            raise ValueError(f"{name} is missing")
        return str(setting.default)
    if setting.type is not int:
        return text
    if not text.isdecimal():
        raise ValueError(f"{name} is {text!r}, it must be a whole number")
    return int(text)
