"""The levels in the Tenants table, beside rows of policies and decisions.

| pk           | sk                  | holds                                                    |
|--------------|---------------------|----------------------------------------------------------|
| `T#<tenant>` | `LEVEL`             | level state, version, the automatic flag                 |
| `T#<tenant>` | `OVERRIDE`          | a person's flag, while there is one                      |
| `T#<tenant>` | `BASELINE`          | what is usual for the tenant, derived once a day         |
| `T#<tenant>` | `OUTBOX#<version>`  | a notice; `sent_at`: it is settled, `unsent`: given up   |
| `T#<tenant>` | `HISTORY#<version>` | what happened, by whom, why                              |
| `SWITCH`     | `THROTTLING`        | all automatic throttling is stopped, by whom, why        |

Index `not_green` (hash `alert`, range `pk`, keys only) holds levels that are not green (`LEVEL`)
and notices that are not settled (`NOTICE`).
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from bedrock_meter.aws.dynamodb import get_all, put_if, query_all, update_if
from bedrock_meter.aws.dynamodb_flags import DynamoDbFlags
from bedrock_meter.aws.level_items import (
    entry_of_item,
    item_of_entry,
    item_of_notice,
    item_of_state,
    notice_of_item,
    packed_baseline,
    state_of_item,
    unpacked_baseline,
)
from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.flag_document import document_of, flag_of
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.domain.levels.stored_state import HistoryEntry, LevelChange, StoredState
from bedrock_meter.domain.records.tenant import tenant_key, tenant_of_key
from bedrock_meter.domain.time.hours import text_of
from bedrock_meter.ports.levels import Claim

INDEX = "not_green"
NOT_GREEN, TO_BE_SENT = "LEVEL", "NOTICE"
LOST = {"ConditionalCheckFailed", "TransactionConflict"}
_SWITCH = {"pk": "SWITCH", "sk": "THROTTLING"}


class DynamoDbLevels:
    """`LevelStore` and `NoticeOutbox` on DynamoDB."""

    def __init__(self, table: Any, flags: DynamoDbFlags) -> None:
        self._table = table
        self._flags = flags
        self._client = table.meta.client

    def stored_state(self, tenant: str) -> StoredState:
        sort_keys = ("LEVEL", "OVERRIDE", "BASELINE")
        keys = [*(_key(tenant, sk) for sk in sort_keys), _SWITCH]
        items = {item["sk"]: item for item in get_all(self._table, keys)}
        level, override = items.get("LEVEL"), items.get("OVERRIDE")
        baseline = items.get("BASELINE")
        return StoredState(
            tenant=tenant,
            version=int(level["version"]) if level else 0,
            state=state_of_item(level) if level else None,
            flag=flag_of(level["flag"]) if level else None,
            override=flag_of(override["flag"]) if override else None,
            baseline=unpacked_baseline(bytes(baseline["body"])) if baseline else None,
            switched_off="THROTTLING" in items,
        )

    def put(self, change: LevelChange) -> bool:
        writes = [self._level_write(change), self._flags.write_of(change.flag)]
        if change.override_changed:
            writes.append(self._override_write(change))
        if change.notice:
            notice = {**item_of_notice(change.notice), "alert": TO_BE_SENT}
            writes.append(self._put(change.tenant, _numbered("OUTBOX", change.version), notice))
        if change.entry:
            entry = item_of_entry(change.entry)
            writes.append(self._put(change.tenant, _numbered("HISTORY", change.version), entry))
        try:
            self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if _lost(error):
                return False
            raise
        return True

    def _level_write(self, change: LevelChange) -> dict[str, Any]:
        item = {
            **item_of_state(change.state),
            "version": change.version,
            "flag": document_of(change.automatic),
        }
        if change.state.level > Level.GREEN:
            item["alert"] = NOT_GREEN
        write = self._put(change.tenant, "LEVEL", item)
        write["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
        if change.previous:
            write["Put"]["ConditionExpression"] = "version = :previous"
            write["Put"]["ExpressionAttributeValues"] = {":previous": change.previous}
        return write

    def _override_write(self, change: LevelChange) -> dict[str, Any]:
        if change.override:
            return self._put(change.tenant, "OVERRIDE", {"flag": document_of(change.override)})
        return {"Delete": {"TableName": self._table.name, "Key": _key(change.tenant, "OVERRIDE")}}

    def _put(self, tenant: str, sk: str, item: dict[str, Any]) -> dict[str, Any]:
        return {"Put": {"TableName": self._table.name, "Item": {**_key(tenant, sk), **item}}}

    def touch(self, tenant: str, version: int, state: LevelState) -> bool:
        fields = item_of_state(state)
        values = {f":{name}": value for name, value in fields.items()}
        return put_if(
            self._table.update_item,
            Key=_key(tenant, "LEVEL"),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
            ConditionExpression="version = :version",
            ExpressionAttributeNames={f"#{name}": name for name in fields},
            ExpressionAttributeValues={":version": version, **values},
        )

    def put_baseline(self, tenant: str, baseline: Baseline) -> None:
        item = {"body": packed_baseline(baseline), "up_to": baseline.up_to}
        self._table.put_item(Item={**_key(tenant, "BASELINE"), **item})

    def not_green(self) -> Iterator[str]:
        for item in self._alerts(NOT_GREEN):
            tenant = tenant_of_key(item["pk"])
            if tenant is not None:
                yield tenant

    def _alerts(self, alert: str) -> Iterator[dict[str, Any]]:
        wanted = Key("alert").eq(alert)
        return query_all(
            self._table, alert, IndexName=INDEX, KeyConditionExpression=wanted, ConsistentRead=False
        )

    def history(self, tenant: str) -> list[HistoryEntry]:
        entries = Key("pk").eq(tenant_key(tenant)) & Key("sk").begins_with("HISTORY#")
        found = query_all(self._table, tenant_key(tenant), KeyConditionExpression=entries)
        return [entry_of_item(item) for item in found]

    def switch(self) -> HistoryEntry | None:
        item = self._table.get_item(Key=_SWITCH, ConsistentRead=True).get("Item")
        return entry_of_item(item) if item else None

    def put_switch(self, entry: HistoryEntry | None) -> None:
        if entry is None:
            self._table.delete_item(Key=_SWITCH)
        else:
            self._table.put_item(Item={**_SWITCH, **item_of_entry(entry)})

    def pending(self) -> Iterator[Notice]:
        keys = [{"pk": item["pk"], "sk": item["sk"]} for item in self._alerts(TO_BE_SENT)]
        for key in sorted(keys, key=lambda key: key["sk"]):
            item = self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
            if item.get("alert") == TO_BE_SENT:
                yield notice_of_item(item)

    def claim(self, notice: Notice, now: datetime, until: datetime) -> Claim | None:
        # An attempt counts from its beginning, so that one whose process dies counts, too.
        is_free = "(attribute_not_exists(claimed_until) OR claimed_until <= :now)"
        values = {":waiting": TO_BE_SENT, ":now": text_of(now), ":until": text_of(until), ":one": 1}
        claimed = update_if(
            self._table,
            Key=_key(notice.tenant, _numbered("OUTBOX", notice.id)),
            UpdateExpression="SET claimed_until = :until ADD attempts :one",
            ConditionExpression=f"alert = :waiting AND {is_free}",
            ExpressionAttributeValues=values,
        )
        if claimed is None:
            return None
        return Claim(frozenset(claimed.get("sent", ())), int(claimed["attempts"]))

    def defer(self, notice: Notice, sent: Collection[str], until: datetime) -> None:
        values = {":sent": sorted(sent), ":until": text_of(until)}
        self._note(notice, "SET sent = :sent, claimed_until = :until", values)

    def acknowledge(self, notice: Notice, now: datetime, unsent: Collection[str] = ()) -> None:
        values = {":now": text_of(now), ":unsent": sorted(unsent)}
        settled = "SET sent_at = :now, unsent = :unsent REMOVE alert, claimed_until"
        self._note(notice, settled, values)

    def _note(self, notice: Notice, update: str, values: dict[str, Any]) -> None:
        put_if(
            self._table.update_item,
            Key=_key(notice.tenant, _numbered("OUTBOX", notice.id)),
            UpdateExpression=update,
            ConditionExpression="alert = :waiting",
            ExpressionAttributeValues={":waiting": TO_BE_SENT, **values},
        )


def _key(tenant: str, sk: str) -> dict[str, str]:
    return {"pk": tenant_key(tenant), "sk": sk}


def _numbered(kind: str, version: int) -> str:
    # As wide as milliseconds since 1970 will ever be here, so that keys sort as numbers do.
    return f"{kind}#{version:014d}"


def _lost(error: ClientError) -> bool:
    """Return whether a transaction lost a race: each of its reasons is one of `LOST`."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return False
    reasons = {reason.get("Code", "None") for reason in error.response["CancellationReasons"]}
    return reasons - {"None"} <= LOST
