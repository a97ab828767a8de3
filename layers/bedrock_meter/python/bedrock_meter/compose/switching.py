"""Switching: the stack has Bedrock log, when it was asked to (ManageLogging)."""

from collections.abc import Callable
from functools import partial

from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import LoggingSettings
from bedrock_meter.jobs.switch_on_logging import switch_on_logging as switch_on

load("bedrock_logging")


def switch_on_logging() -> Callable[[], str]:
    """Join `switch_on_logging`; call it with nothing."""
    settings = LoggingSettings.from_environment()
    switch = stores_by(settings).logging
    return partial(switch_on, settings.log_bucket, settings.log_prefix, switch=switch)
