"""A request of CloudFormation -> Bedrock's logging switched on; a deletion leaves it on."""

import json
import sys
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

from bedrock_meter.compose import switching
from bedrock_meter.observability import Log, logger

job = cache(switching.switch_on_logging)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    status, reason = "FAILED", ""
    try:
        reason = "left as it is" if event["RequestType"] == "Delete" else job()()
        status = "SUCCESS"
        logger.info(Log.LOGGING_LOOKED_AT, extra={"outcome": reason})
    finally:
        # Without an answer, CloudFormation waits for an hour.
        answer(event, status, reason or f"{sys.exception()!r}")


def answer(event: dict[str, Any], status: str, reason: str) -> None:
    document = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": "bedrock-invocation-logging",
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = Request(event["ResponseURL"], json.dumps(document).encode(), method="PUT")
    urlopen(request, timeout=10).close()
