"""A tenant's id in the tables and in the Parquet of closings, replaced by a pseudonym.

The only module that rewrites what is otherwise immutable, for `jobs/erase_tenant.py`.
While a tenant is being erased, the Tenants table holds `T#<tenant>` / `ERASING`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from boto3.dynamodb.conditions import Attr, Key

from bedrock_meter.aws.dynamodb import Item, item_at, put_if, query_all
from bedrock_meter.aws.dynamodb_decisions import DECISIONS, DynamoDbProfileFacts
from bedrock_meter.aws.dynamodb_usage import (
    CLOSED,
    HOUR,
    DynamoDbUsageTable,
    drop_from_page,
    page_key,
    period_of,
    rename_in_top,
)
from bedrock_meter.aws.parquet import opened
from bedrock_meter.aws.s3_closings import CLOSINGS, CORRECTIONS, closing_in, written_closing
from bedrock_meter.aws.s3_objects import keys_under
from bedrock_meter.aws.s3_policies import policy_key
from bedrock_meter.domain.policy.decisions import BOOK, POLICY
from bedrock_meter.domain.records.tenant import flag_key, tenant_key
from bedrock_meter.domain.time.hours import Hour, hour_after, hour_of, hours_between
from bedrock_meter.domain.totals.erasure import Erasing, renamed_totals, tags_without
from bedrock_meter.domain.totals.live_page import page_of

_ERASING = "ERASING"
_HOURS_BACK, _HOURS_AHEAD = 35 * 24, 2 * 24
"""Hours in which live pages are looked for, beside the tenant's closed hours: pages are kept for a
week after they were written, and calls may be logged late, or by a clock that is fast."""
_IN_TOP = (10, 7)
"""How long the names of days and months are, which have a list of their largest tenants."""


class AwsTenantNames:
    """`TenantNames` on DynamoDB and S3."""

    def __init__(
        self,
        usage: Any,
        tenants: Any,
        flags: Any,
        facts: DynamoDbProfileFacts,
        s3: Any,
        bucket: str,
        *,
        pages: DynamoDbUsageTable,
        clock: Callable[[], datetime],
    ) -> None:
        self._usage = usage
        self._clock = clock
        self._pages = pages
        self._tenants = tenants
        self._flags = flags
        self._facts = facts
        self._s3 = s3
        self._bucket = bucket

    def hours(self, tenant: str) -> list[Hour]:
        return [Hour(period_of(row)) for row in self._keys(tenant, HOUR)]

    def live_hours(self, tenant: str) -> list[Hour]:
        return sorted({hour for hour, _ in self._live_pages(tenant)})

    def begin(self, tenant: str, erasing: Erasing) -> Erasing:
        key = {"pk": tenant_key(tenant), "sk": _ERASING}
        item: Item = {**key, "pseudonym": erasing.pseudonym, "spellings": sorted(erasing.spellings)}
        put_if(self._tenants.put_item, Item=item, ConditionExpression=Attr("pk").not_exists())
        noted = item_at(self._tenants, key) or item
        return Erasing(noted["pseudonym"], frozenset(noted["spellings"]))

    def finish(self, tenant: str) -> None:
        self._tenants.delete_item(Key={"pk": tenant_key(tenant), "sk": _ERASING})

    def rename_policy(self, old_id: str, new_id: str) -> None:
        for item in list(query_all(self._tenants, DECISIONS + POLICY)):
            if item["id"] == old_id:
                sk = f"{item['sk'].split('#', 1)[0]}#{new_id}"
                changed = {"sk": sk, "id": new_id, "document": policy_key(new_id)}
                self._tenants.put_item(Item=item | changed)
                self._tenants.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        self._s3.delete_object(Bucket=self._bucket, Key=policy_key(old_id))

    def rename_facts(self, arn: str, spellings: frozenset[str], pseudonym: str) -> None:
        self._facts.retag(arn, lambda tags: tags_without(tags, spellings, pseudonym))

    def rename_files(self, hour: Hour, tenant: str, pseudonym: str) -> None:
        for key in list(keys_under(self._s3, self._bucket, f"{CLOSINGS}{hour}/")):
            closing = closing_in(hour, 0, self._body(key))
            if tenant in closing.totals:
                totals = renamed_totals(closing.totals, tenant, pseudonym)
                self._replace(key, written_closing(closing._replace(totals=totals)))
        for key in list(keys_under(self._s3, self._bucket, f"{CORRECTIONS}{hour}/")):
            renamed = _renamed(self._body(key), tenant_key(tenant), tenant_key(pseudonym))
            if renamed is not None:
                self._replace(key, renamed)

    def _body(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body

    def _replace(self, key: str, body: bytes) -> None:
        """Put other bytes in an object's place, with its tags: retired closings stay retired."""
        place = {"Bucket": self._bucket, "Key": key}
        tags = self._s3.get_object_tagging(**place)["TagSet"]
        tagging = urlencode([(tag["Key"], tag["Value"]) for tag in tags])
        self._s3.put_object(**place, Body=body, **({"Tagging": tagging} if tagging else {}))

    def rename_rows(self, tenant: str, pseudonym: str) -> None:
        old, new = tenant_key(tenant), tenant_key(pseudonym)
        self._drop_live(tenant)  # its closed hours, which are renamed below, say where to look
        items = list(query_all(self._usage, old))
        closed = {period_of(item) for item in items if item["sk"].startswith(CLOSED)}
        # An hour is in the lists of its day and its month, whatever else there is of them.
        listed = {one[:size] for one in closed for size in _IN_TOP if size <= len(one)}
        for period in sorted(listed):
            rename_in_top(self._usage, period, old, new)
        for item in items:
            if item["sk"].startswith(CLOSED):
                # A close under way may have written a newer one already; it stays.
                put = self._usage.put_item
                put_if(put, Item=item | {"pk": new}, ConditionExpression=Attr("pk").not_exists())
            self._delete(item)
        for item in list(query_all(self._tenants, DECISIONS + BOOK)):
            if item.get("tenant") == tenant:
                self._tenants.put_item(Item=item | {"tenant": pseudonym})
        for row in list(query_all(self._tenants, old, ProjectionExpression="pk, sk")):
            if row["sk"] != _ERASING:
                self._tenants.delete_item(Key=row)
        self._flags.delete_item(Key={"tenant": flag_key(tenant)})

    def _delete(self, item: dict[str, Any]) -> None:
        """Delete an item as it was read; one that a close has replaced since stays to be found."""
        key = {"pk": item["pk"], "sk": item["sk"]}
        number = next((name for name in ("epoch", "version") if name in item), None)
        if number is None:
            self._usage.delete_item(Key=key)
        else:
            same = Attr(number).eq(item[number])
            put_if(self._usage.delete_item, Key=key, ConditionExpression=same)

    def _drop_live(self, tenant: str) -> None:
        for hour, number in list(self._live_pages(tenant)):
            drop_from_page(self._usage, page_key(hour, number), tenant)

    def _live_pages(self, tenant: str) -> Iterator[tuple[Hour, int]]:
        """Return the live pages that have a row of a tenant, by hour and number."""
        now = hour_of(self._clock())
        lately = hours_between(hour_after(now, -_HOURS_BACK), hour_after(now, _HOURS_AHEAD))
        for first in self._pages.first_pages(sorted({*lately, *self.hours(tenant)})):
            hour, number = first.hour, page_of(tenant, first.of)
            page = self._pages.live_pages(hour, [number]).get(number) if number else first
            if page and tenant in page.uses:
                yield hour, number

    def _keys(self, tenant: str, prefix: str) -> Iterator[Item]:
        keys = Key("sk").begins_with(prefix)
        return query_all(self._usage, tenant_key(tenant), keys, ProjectionExpression="sk")


def _renamed(body: bytes, old: str, new: str) -> bytes | None:
    """Replace a tenant's key in the column `tenant` of a file; None when it is not in there."""
    table = opened(body, "corrections").read()
    names = table.column("tenant")
    here = pc.equal(names, old)
    if not pc.any(here).as_py():
        return None
    place = table.schema.get_field_index("tenant")
    renamed = pc.if_else(here, pa.scalar(new, names.type), names)
    sink = BytesIO()
    pq.write_table(table.set_column(place, "tenant", renamed), sink, compression="zstd")
    return sink.getvalue()
