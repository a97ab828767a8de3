"""Batches of messages are allowed by the permission for one message, as on AWS.

SQS and SNS have no permission of their own for a batch; the engine asks for `SendMessageBatch`.
"""

from typing import Any

from ministack.core import iam_actions

from engine.shim import guard

BATCHES = {
    "sqs:SendMessageBatch",
    "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibilityBatch",
    "sns:PublishBatch",
}


def close() -> None:
    guard.expect(iam_actions.extract_iam_action, "ec476b92d969")
    stock = iam_actions.extract_iam_action

    def action_of(*args: Any, **kwargs: Any) -> str | None:
        action: str | None = stock(*args, **kwargs)
        return action.removesuffix("Batch") if action in BATCHES else action

    iam_actions.extract_iam_action = action_of
