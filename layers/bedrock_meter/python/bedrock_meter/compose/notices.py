"""Notices: people and systems are notified of changes of level."""

from collections.abc import Callable
from functools import partial

from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import NoticeSettings
from bedrock_meter.jobs.deliver_notices import Delivery
from bedrock_meter.jobs.deliver_notices import deliver_notices as deliver

load("dynamodb_flags", "dynamodb_levels", "eventbridge_notices", "sns_notices")


def deliver_notices() -> Callable[..., Delivery]:
    """Join `deliver_notices`; call it with now."""
    stores = stores_by(NoticeSettings.from_environment())
    return partial(deliver, outbox=stores.levels, channels=stores.channels)
