"""Decisions and profile facts in the Tenants table: dated rows, only ever appended.

| pk                 | sk                  | attributes                               |
|--------------------|---------------------|------------------------------------------|
| `DECISIONS#<kind>` | `<decided_at>#<id>` | `decided_at, id, since, until, tenant, document` |
| `PROFILE#<arn>`    | `<asked_at>`        | `models, scope, tags, asked_at`          |

Times in sort keys have a fixed width, so that they sort as time does. `document` is the S3 key of
what was decided, for people who look. The tenants' own rows in this table begin with `T#`.
"""

from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.conditions import Attr

from bedrock_meter.aws.dynamodb import put_if, query_all
from bedrock_meter.aws.s3_policies import policy_key
from bedrock_meter.domain.decisions import POLICY, Decision
from bedrock_meter.domain.hours import Hour, parse_time, text_of
from bedrock_meter.domain.profile import ProfileFact

DECISIONS = "DECISIONS#"
PROFILE = "PROFILE#"


class DynamoDbDecisions:
    """`DecisionLog` on DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def append(self, decision: Decision) -> None:
        range_ = {"since": decision.since, "until": decision.until, "tenant": decision.tenant}
        item = {
            "pk": DECISIONS + decision.kind,
            "sk": f"{_sortable(decision.decided_at)}#{decision.id}",
            "id": decision.id,
            "decided_at": text_of(decision.decided_at),
            "document": _document_key(decision),
            **{name: value for name, value in range_.items() if value is not None},
        }
        put_if(self._table.put_item, Item=item, ConditionExpression=Attr("pk").not_exists())

    def decisions(self, kind: str) -> tuple[Decision, ...]:
        items = query_all(self._table, DECISIONS + kind)
        return tuple(_decision(kind, item) for item in items)


class DynamoDbProfileFacts:
    """`ProfileFacts` on DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def facts_of(self, arn: str) -> tuple[ProfileFact, ...]:
        return tuple(_fact(arn, item) for item in query_all(self._table, PROFILE + arn))

    def remember(self, fact: ProfileFact) -> None:
        if not fact.found:
            raise ValueError(f"{fact.arn} was not found: that is no fact")
        item = {
            "pk": PROFILE + fact.arn,
            "sk": _sortable(fact.asked_at),
            "asked_at": text_of(fact.asked_at),
            "models": list(fact.model_arns),
            "tags": dict(fact.tags),
            **({"scope": fact.scope_hint} if fact.scope_hint else {}),
        }
        put_if(self._table.put_item, Item=item, ConditionExpression=Attr("pk").not_exists())


def _sortable(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _document_key(decision: Decision) -> str:
    return policy_key(decision.id) if decision.kind == POLICY else f"{decision.kind}s/{decision.id}"


def _decision(kind: str, item: dict[str, Any]) -> Decision:
    return Decision(
        kind=kind,
        id=item["id"],
        since=Hour(item["since"]) if "since" in item else None,
        until=Hour(item["until"]) if "until" in item else None,
        tenant=item.get("tenant"),
        decided_at=parse_time(item["decided_at"]),
    )


def _fact(arn: str, item: dict[str, Any]) -> ProfileFact:
    return ProfileFact(
        arn=arn,
        model_arns=tuple(item["models"]),
        scope_hint=item.get("scope"),
        tags=dict(item["tags"]),
        asked_at=parse_time(item["asked_at"]),
        found=True,
    )
