"""Scheduler fills the `<aws.scheduler.…>` words of a target's input; the engine leaves them."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ministack.services import eventbridge, scheduler

from engine.shim import guard

SWEEP = 1  # seconds between two looks at what is due; the engine's own ten are long in a test
PLACEHOLDER = re.compile(r"<aws\.scheduler\.([a-z-]+)>")


def filled(text: str, event: dict[str, Any]) -> str:
    """The input with its placeholders replaced; words that are not known stay as they are."""
    minute = datetime.fromtimestamp(event["Time"], UTC).replace(second=0, microsecond=0)
    words = {
        "scheduled-time": minute.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "schedule-arn": event["Resources"][0],
        "execution-id": str(uuid4()),
        "attempt-number": "1",
    }
    return PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), text)


def close() -> None:
    guard.expect(scheduler._tick_schedules, "0ece514e9120")
    guard.expect(eventbridge._invoke_target, "550e304af080")
    stock = eventbridge._invoke_target

    def invoke(target: dict[str, Any], event: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if event.get("Source") == "aws.scheduler" and target.get("Input"):
            target = {**target, "Input": filled(target["Input"], event)}
        return stock(target, event, *args, **kwargs)

    eventbridge._invoke_target = invoke
    scheduler._SCHEDULE_TICK_INTERVAL = SWEEP
