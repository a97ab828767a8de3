"""The Flags table: one item per tenant, the only one applications read.

| tenant (flag key)                        | attributes                          |
|------------------------------------------|-------------------------------------|
| tenant id, odd characters as `=HH`       | the flag, field by field (contract) |
"""

from typing import Any

from bedrock_meter.domain.levels.flag import Flag
from bedrock_meter.domain.levels.flag_document import document_of, flag_of
from bedrock_meter.domain.records.tenant import flag_key


class DynamoDbFlags:
    """Reads flags; a flag is written in one transaction with its level, see `write_of`."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def flag(self, tenant: str) -> Flag | None:
        """Read a tenant's flag, never stale; None when it never had one."""
        answer = self._table.get_item(Key={"tenant": flag_key(tenant)}, ConsistentRead=True)
        item = answer.get("Item")
        return flag_of({**item, "tenant": item["tenant_id"]}) if item else None

    def write_of(self, flag: Flag) -> dict[str, Any]:
        """Return the part of a transaction that replaces an older flag."""
        item = {**document_of(flag), "tenant": flag_key(flag.tenant), "tenant_id": flag.tenant}
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(version) OR version < :version",
                "ExpressionAttributeValues": {":version": flag.version},
            }
        }
