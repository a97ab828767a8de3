"""The log bucket: the objects Bedrock delivered, streamed as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError

from bedrock_meter.aws.s3_objects import folders_under, is_gone, sizes_under
from bedrock_meter.domain.records.errors import LogObjectGone
from bedrock_meter.domain.records.log_object import (
    LogObject,
    is_body_folder,
    is_log_file,
    log_object_of,
)
from bedrock_meter.domain.time.hours import Hour


class S3LogStore:
    """`LogStore` on S3. `prefix` is that of the logging configuration, with or without a slash."""

    def __init__(self, s3: Any, bucket: str, prefix: str = "") -> None:
        self._s3 = s3
        self._bucket = bucket
        self._root = f"{prefix.rstrip('/')}/AWSLogs/" if prefix.strip("/") else "AWSLogs/"

    @contextmanager
    def open(self, log_object: LogObject) -> Iterator[BinaryIO]:
        try:
            answer = self._s3.get_object(Bucket=log_object.bucket, Key=log_object.key)
        except ClientError as error:
            if is_gone(error):
                raise LogObjectGone(f"s3://{log_object.bucket}/{log_object.key}") from error
            raise
        with answer["Body"] as body:
            yield cast(BinaryIO, body)

    def delivered(self, hour: Hour) -> Iterator[LogObject]:
        for folder in self._logged_places():
            yield from self._files(f"{folder}{hour[:13].replace('-', '/').replace('T', '/')}/")

    def under(self, prefix: str) -> Iterator[LogObject]:
        yield from self._files(prefix)
        for name in folders_under(self._s3, self._bucket, prefix):
            folder = f"{prefix}{name}/"
            if not is_body_folder(folder):
                yield from self.under(folder)

    def _logged_places(self) -> Iterator[str]:
        """Find where accounts and Regions log, two folders deep."""
        for account in folders_under(self._s3, self._bucket, self._root):
            service = f"{self._root}{account}/BedrockModelInvocationLogs/"
            for region in folders_under(self._s3, self._bucket, service):
                yield f"{service}{region}/"

    def _files(self, prefix: str) -> Iterator[LogObject]:
        # With a delimiter the bodies under data/ are never walked.
        for key, size in sizes_under(self._s3, self._bucket, prefix, Delimiter="/"):
            if is_log_file(key, size):
                yield log_object_of(self._bucket, key)
