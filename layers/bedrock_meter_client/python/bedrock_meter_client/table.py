"""The Flags table: one read of one flag, and what it means when a read fails."""

import inspect
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from bedrock_meter_client.faults import (
    BUSY,
    FAILED,
    MALFORMED,
    NETWORK,
    REFUSED,
    TABLE_MISSING,
    described,
    one_line,
)
from bedrock_meter_client.flag import BadFlag, Flag, flag_key

# A second attempt helps where a connection that was kept open has died meanwhile. Whoever waits
# gives up earlier than all of this may take: see the reader.
_BRIEF = Config(
    connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2}
)
_BUSY = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
_REFUSED = (
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "UnrecognizedClientException",
)
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
_value_of = TypeDeserializer().deserialize


class Fresh(NamedTuple):
    """What a read brought: the flag, None when there is no item; DynamoDB's time, if it told."""

    flag: Flag | None
    server_time: float | None


def brief_client(region: str | None) -> Any:
    """Return a DynamoDB client that gives up soon."""
    return boto3.client("dynamodb", region_name=region, config=_BRIEF)


class FlagTable:
    """Reads flags with a boto3 client or a boto3 resource of DynamoDB."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        """Check what can be checked without a read: TypeError or ValueError, in one line."""
        self.name = _checked_name(name)
        _check_service(dynamodb)
        is_resource = callable(getattr(dynamodb, "Table", None))
        self._table = dynamodb.Table(name) if is_resource else None
        self._client = dynamodb

    def read(self, tenant: str) -> Fresh:
        """Read a flag; raise what boto3 raises, or `BadFlag`."""
        key = flag_key(tenant)
        if self._table is not None:
            answer = self._table.get_item(Key={"tenant": key})
        else:
            answer = self._client.get_item(TableName=self.name, Key={"tenant": {"S": key}})
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        item = answer.get("Item")
        if item:
            return Fresh(_flag_in(item, typed=self._table is None), _server_time(headers))
        # boto3 takes a page of a proxy for an answer without an item, and that would mean green.
        kind = headers.get("content-type", "json")
        if "json" not in kind:
            raise ValueError(f"the answer is of type {kind!r}, so it is not DynamoDB's")
        return Fresh(None, _server_time(headers))

    def why(self, error: BaseException) -> tuple[str, str]:
        """Return what a failed read means: the kind of fault, and a sentence for people."""
        if isinstance(error, ClientError):
            return self._answered(error)
        if isinstance(error, BadFlag):
            return MALFORMED, f"the flag is not understood: {error}"
        if isinstance(error, _NO_CREDENTIALS):
            return REFUSED, f"there are no usable credentials ({described(error)})"
        if isinstance(error, (NoConnectionError, HTTPClientError)):
            return NETWORK, f"DynamoDB cannot be reached ({described(error)})"
        return FAILED, f"the read failed ({described(error)})"

    def _answered(self, error: ClientError) -> tuple[str, str]:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code == "ResourceNotFoundException":
            return TABLE_MISSING, f"there is no table {self.name!r} in this account and Region"
        if code in _REFUSED:
            return REFUSED, f"reading the table {self.name!r} is refused ({described(error)})"
        if code in _BUSY:
            return BUSY, f"reads of the table {self.name!r} are throttled ({code})"
        return FAILED, f"DynamoDB failed ({described(error)})"


def _flag_in(item: Mapping[str, Any], *, typed: bool) -> Flag:
    try:
        plain = {name: _value_of(value) for name, value in item.items()} if typed else item
        return Flag.of(plain)
    except (ArithmeticError, AttributeError, TypeError) as error:
        raise BadFlag(f"the item is not a DynamoDB item ({described(error)})") from error


def _server_time(headers: Mapping[str, Any]) -> float | None:
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return None


def _checked_name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"the Flags table is {name!r}, it must be the table's name")
    if not name.strip():
        raise ValueError(
            "the name of the Flags table is empty; it is the stack output FlagsTableName"
        )
    return name


def _check_service(dynamodb: Any) -> None:
    wanted = "it must be boto3.client('dynamodb') or boto3.resource('dynamodb')"
    client = getattr(getattr(dynamodb, "meta", None), "client", dynamodb)
    service = service_of(client)
    if service not in ("", "dynamodb"):
        raise TypeError(f"dynamodb is a client of {service!r}; {wanted}")
    if is_asyncio(client):
        raise TypeError(
            f"dynamodb is an asyncio client; {wanted}, which a thread uses: it blocks no loop"
        )
    if isinstance(getattr(dynamodb, "table_name", None), str):
        raise TypeError(f"dynamodb is one table; {wanted}")
    if not callable(getattr(dynamodb, "Table", None) or getattr(dynamodb, "get_item", None)):
        raise TypeError(f"dynamodb is {one_line(repr(dynamodb))}; {wanted}")


def service_of(client: Any) -> str:
    """Return the service of a boto3 or aiobotocore client; empty for anything else."""
    model = getattr(getattr(client, "meta", None), "service_model", None)
    name = getattr(model, "service_name", "")
    return name if isinstance(name, str) else ""


def is_asyncio(client: Any) -> bool:
    """Return whether a client is of aiobotocore, whose calls are awaited, and not of boto3."""
    return inspect.iscoroutinefunction(getattr(client, "close", None))
