"""Refusals of AWS, each as one line for a person: what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bedrock_meter.cli.output import refuse
from bedrock_meter.domain.records.errors import Contended

SDK = ("boto3", "botocore")
NO_REGION = "no Region is configured: add --region (such as us-east-1) or set AWS_DEFAULT_REGION"
NO_CREDENTIALS = (
    "no AWS credentials: log in (`aws sso login`, `aws configure`) or name some with --profile"
)
NOT_VALID = (
    "AWS does not take these credentials ({code}): they have expired or are not valid; "
    "log in again, or name others with --profile"
)
OUT_OF_REACH = "AWS cannot be reached: {error}; check --region, --endpoint-url and the network"
REFUSED = "AWS refused: {error}"

_EXPIRED = frozenset(
    (
        *("ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId"),
        *("UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    )
)
_LOGINS = frozenset(
    (
        *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        *("SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError"),
    )
)
_NETWORK = frozenset(
    ("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError")
)


@contextmanager
def in_one_line() -> Iterator[None]:
    """End the command with exit code 2 and one line if AWS cannot be asked, or refuses.

    The same if somebody else is writing what the command would write.
    """
    # By name: a command that never asked AWS anything has no SDK loaded to compare with.
    try:
        yield
    except Contended as contended:
        refuse(str(contended))
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in SDK:
            raise
        refuse(aws_line(error))


def aws_line(error: Exception) -> str:
    """Return in one line why AWS could not be asked, and what to do about it."""
    kind = type(error).__name__
    if kind == "NoRegionError":
        return NO_REGION
    if kind in _LOGINS:
        return NO_CREDENTIALS
    if kind in _NETWORK:
        return OUT_OF_REACH.format(error=error)
    code = code_of(error)
    return NOT_VALID.format(code=code) if code in _EXPIRED else REFUSED.format(error=error)


def code_of(error: Exception) -> str:
    """Return the code of an answer of AWS; empty when there was no answer."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""
