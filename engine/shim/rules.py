"""A rule delivers to a queue only if the queue's policy lets it; the engine delivers always."""

import logging
from typing import Any

from ministack.services import eventbridge, sqs

from engine.shim import guard

logger = logging.getLogger("engine.shim")


def is_let_in(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any]) -> bool:
    """Return whether a target takes the event: schedules use their role, queues a policy."""
    arn = target.get("Arn", "")
    if event.get("Source") == "aws.scheduler" or not arn.startswith("arn:aws:sqs:"):
        return True
    account = arn.split(":")[4]
    return bool(sqs.queue_policy_allows(arn, "events.amazonaws.com", rule.get("Arn", ""), account))


def close() -> None:
    guard.expect(eventbridge._dispatch_to_sqs, "eb75981283a2")
    guard.expect(sqs.queue_policy_allows, "5de01aa09a4c")
    stock = eventbridge._invoke_target

    def invoke(target: dict[str, Any], event: dict[str, Any], rule: Any, *args: Any) -> Any:
        if is_let_in(target, event, rule):
            return stock(target, event, rule, *args)
        logger.warning("%s has no policy that lets %s in", target["Arn"], rule.get("Arn"))
        return None

    eventbridge._invoke_target = invoke
