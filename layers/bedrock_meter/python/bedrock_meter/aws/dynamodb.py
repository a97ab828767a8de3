"""The three gestures that every DynamoDB adapter shares; no table's keys are known here."""

from collections.abc import Callable, Iterator
from decimal import Context, Decimal, Inexact, Rounded
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

_EXACT = Context(prec=38, traps=[Inexact, Rounded])
"""DynamoDB keeps 38 digits; an amount that needs more is refused, never rounded."""


def put_if(write: Callable[..., Any], **request: Any) -> bool:
    """Do a conditional write; False when its condition did not hold, any other error is raised."""
    try:
        write(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def query_all(table: Any, pk: str, **request: Any) -> Iterator[dict[str, Any]]:
    """Read all items under a partition key, page by page; never stale."""
    request = {
        "KeyConditionExpression": Key("pk").eq(pk),
        "ConsistentRead": True,
        **request,
    }
    while True:
        page = table.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def number_of(amount: Decimal) -> Decimal:
    """Check that an amount fits a DynamoDB number exactly."""
    return _EXACT.plus(amount)
