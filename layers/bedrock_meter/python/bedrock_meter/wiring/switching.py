"""Switching: the stack has Bedrock log, when it was asked to (ManageLogging)."""

from collections.abc import Callable

from bedrock_meter.aws.bedrock_logging import BedrockLogging
from bedrock_meter.jobs.switch_on_logging import switch_on_logging as switch_on
from bedrock_meter.settings import LoggingSettings
from bedrock_meter.wiring.clients import client


def switch_on_logging() -> Callable[[], str]:
    """Join `switch_on_logging`; call it with nothing."""
    settings = LoggingSettings.from_environment()

    def job() -> str:
        switch = BedrockLogging(client("bedrock"), client("s3"))
        return switch_on(settings.log_bucket, settings.log_prefix, switch=switch)

    return job
