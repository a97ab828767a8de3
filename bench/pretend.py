"""S3 and DynamoDB without AWS, at the clients of boto3: everything lies on disk, nothing in memory.

The shipped adapters run on it as they are. There is one worker, so conditions of DynamoDB always
hold and are not looked at; those of S3 are.
"""

import hashlib
import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from boto3.dynamodb.conditions import And
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError

KEYS_A_PAGE = 1_000
ITEMS_A_PAGE = 1_000
_TAIL = ".="
"""Ends the name of every file, so that a key may also be what another key begins with."""


class FolderS3:
    """An S3 client on a folder; `requests` counts what was asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._metadata: dict[str, dict[str, str]] = {}
        self._tags: dict[str, list[dict[str, str]]] = {}
        self.requests = 0

    def path(self, bucket: str, key: str) -> Path:
        """Return the file of an object."""
        return self._folder / bucket / (key + _TAIL)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        file = self._stored(Bucket, Key, "NoSuchKey")
        return {
            "Body": file.open("rb"),
            "ETag": _tag_of(file),
            "Metadata": self._metadata.get(Key, {}),
        }

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        file = self._stored(Bucket, Key, "404")
        return {"ETag": _tag_of(file), "Metadata": self._metadata.get(Key, {})}

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes | BinaryIO,
        Metadata: dict[str, str] | None = None,
        IfNoneMatch: str | None = None,
        IfMatch: str | None = None,
    ) -> dict[str, Any]:
        self.requests += 1
        file = self.path(Bucket, Key)
        if (IfNoneMatch and file.exists()) or (IfMatch and _tag_of(file) != IfMatch):
            raise _refused("PreconditionFailed")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(Body if isinstance(Body, bytes) else Body.read())
        self._metadata[Key] = Metadata or {}
        return {"ETag": _tag_of(file)}

    def get_object_tagging(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self._stored(Bucket, Key, "NoSuchKey")
        return {"TagSet": self._tags.get(Key, [])}

    def put_object_tagging(self, *, Bucket: str, Key: str, Tagging: dict[str, Any]) -> None:
        self.requests += 1
        self._tags[Key] = Tagging["TagSet"]

    def get_paginator(self, _operation: str) -> "FolderS3":
        return self

    def paginate(self, *, Bucket: str, Prefix: str, Delimiter: str = "") -> Iterator[Any]:
        self.requests += 1
        top = self._folder / Bucket / Prefix[: Prefix.rfind("/") + 1]
        if Delimiter:
            folders = sorted(one.name for one in top.iterdir()) if top.is_dir() else []
            yield {"CommonPrefixes": [{"Prefix": f"{Prefix}{name}/"} for name in folders]}
            return
        files = (file for file in top.rglob(f"*{_TAIL}")) if top.is_dir() else ()
        root = self._folder / Bucket
        sizes = {str(file.relative_to(root)): file.stat().st_size for file in files}
        keys = sorted(sizes)
        for first in range(0, max(1, len(keys)), KEYS_A_PAGE):
            some = keys[first : first + KEYS_A_PAGE]
            yield {"Contents": [{"Key": k.removesuffix(_TAIL), "Size": sizes[k]} for k in some]}

    def _stored(self, bucket: str, key: str, code: str) -> Path:
        self.requests += 1
        file = self.path(bucket, key)
        if not file.exists():
            raise _refused(code)
        return file


class FileTables:
    """A DynamoDB resource on a file: `table(name)`. Is its own client, as `table.meta.client`."""

    def __init__(self, file: Path) -> None:
        self._rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._rows.execute("pragma journal_mode = off")
        self._rows.execute("pragma synchronous = off")
        self._rows.execute("create table if not exists items (k text primary key, body blob)")
        self._one_at_a_time = Lock()
        self.requests = 0

    def table(self, name: str) -> "FileTable":
        """Return a handle on one table."""
        return FileTable(name, self)

    def put_item(self, *, TableName: str, Item: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.requests += 1
        held = {k: Binary(v) if isinstance(v, bytes) else v for k, v in Item.items()}
        row = (_place(TableName, Item), pickle.dumps(held))
        self._ask("insert or replace into items values (?, ?)", row)
        return {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        found = {
            name: [item for key in asked["Keys"] if (item := self.item(name, key))]
            for name, asked in RequestItems.items()
        }
        return {"Responses": found}

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        for name, writes in RequestItems.items():
            for write in writes:
                if "PutRequest" in write:
                    self.put_item(TableName=name, Item=write["PutRequest"]["Item"])
        return {}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> None:
        for write in TransactItems:
            if "Put" in write:
                self.put_item(TableName=write["Put"]["TableName"], Item=write["Put"]["Item"])

    def item(self, name: str, key: dict[str, Any]) -> dict[str, Any] | None:
        """Read one item."""
        self.requests += 1
        found = self._ask("select body from items where k = ?", (_place(name, key),))
        return pickle.loads(found[0][0]) if found else None

    def between(self, name: str, pk: str, first: str, last: str, skip: int) -> list[Any]:
        """Read a page of the items under a partition key, sort keys from `first` to `last`."""
        self.requests += 1
        places = (f"{name} {pk} {first}", f"{name} {pk} {last}", ITEMS_A_PAGE, skip)
        text = "select body from items where k between ? and ? order by k limit ? offset ?"
        return [pickle.loads(body) for (body,) in self._ask(text, places)]

    def _ask(self, text: str, values: tuple[Any, ...]) -> list[Any]:
        with self._one_at_a_time:
            return self._rows.execute(text, values).fetchall()


class FileTable:
    """One table of `FileTables`; indexes are empty."""

    def __init__(self, name: str, tables: FileTables) -> None:
        self.name = name
        self.client = tables
        self.meta = self

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:
        item = self.client.item(self.name, Key)
        return {"Item": item} if item else {}

    def put_item(self, *, Item: dict[str, Any], **_: Any) -> dict[str, Any]:
        return self.client.put_item(TableName=self.name, Item=Item)

    def update_item(self, **_: Any) -> dict[str, Any]:
        return {}

    def query(self, **request: Any) -> dict[str, Any]:
        if "IndexName" in request:
            return {"Items": []}
        skip = request.get("ExclusiveStartKey", 0)
        found = self.client.between(self.name, *_range_of(request["KeyConditionExpression"]), skip)
        more = {"LastEvaluatedKey": skip + len(found)} if len(found) == ITEMS_A_PAGE else {}
        return {"Items": found, **more}


def _range_of(condition: Any) -> tuple[str, str, str]:
    """Read a partition key and the first and last sort key out of a condition."""
    if not isinstance(condition, And):
        return condition.get_expression()["values"][1], "", "\uffff"
    whole, some = condition.get_expression()["values"]
    pk = whole.get_expression()["values"][1]
    _, *values = some.get_expression()["values"]
    return (pk, values[0], values[0] + "\uffff") if len(values) == 1 else (pk, *values)


def _place(name: str, item: dict[str, Any]) -> str:
    return f"{name} {item.get('pk', item.get('tenant'))} {item.get('sk', '')}"


def _tag_of(file: Path) -> str:
    if not file.exists():
        return ""
    status = file.stat()
    return hashlib.md5(f"{status.st_mtime_ns} {status.st_size}".encode()).hexdigest()


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "PretendedRequest")


def fill(table: FileTable, items: Iterable[dict[str, Any]]) -> None:
    """Put many items."""
    for item in items:
        table.put_item(Item=item)
