"""Decisions and profile facts in the Tenants table: dated, only ever appended.

| pk                 | sk                  | attributes                                       |
|--------------------|---------------------|--------------------------------------------------|
| `DECISIONS#<kind>` | `<decided_at>#<id>` | `decided_at, id, since, until, tenant, document` |
| `PROFILE#<arn>`    | `KNOWN`             | `facts, asked_at, until, earlier, version`       |
| `PROFILE#<arn>`    | `<asked_at>`        | `models, scope, tags, asked_at`                  |

A decision has `unasked` until all closed hours that it reaches back to were asked for.

Times in sort keys have a fixed width, so that they sort as time does. `document` is the S3 key of
what was decided, for people who look. The tenants' own rows in this table begin with `T#`.

`KNOWN` holds the latest facts of a profile, each with the attributes of a row of its own, so that
many profiles are read together. What no longer fits becomes such rows, and `earlier` says so.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from bedrock_meter.aws.dynamodb import put_if, query_all
from bedrock_meter.aws.s3_policies import policy_key
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.profile import Known, ProfileFact, with_answer
from bedrock_meter.domain.time.hours import Hour, parse_time, text_of
from bedrock_meter.ports.profiles import ProfilesUnavailable

DECISIONS = "DECISIONS#"
PROFILE = "PROFILE#"
KNOWN = "KNOWN"

# Four facts of 200 tags, the most that Bedrock's interface allows, are 310 of an item's 400 KB.
_MOST_TOGETHER = 4
_MOST_KEYS = 100
_ATTEMPTS = 8


class DynamoDbDecisions:
    """`DecisionLog` on DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def append(self, decision: Decision) -> None:
        range_ = {"since": decision.since, "until": decision.until, "tenant": decision.tenant}
        item = {
            **_key(decision),
            "id": decision.id,
            "decided_at": text_of(decision.decided_at),
            "document": _document_key(decision),
            "unasked": True,
            **{name: value for name, value in range_.items() if value is not None},
        }
        put_if(self._table.put_item, Item=item, ConditionExpression=Attr("pk").not_exists())

    def decisions(self, kind: str) -> tuple[Decision, ...]:
        items = query_all(self._table, DECISIONS + kind)
        return tuple(_decision(kind, item) for item in items)

    def unasked(self, kind: str) -> tuple[Decision, ...]:
        items = query_all(self._table, DECISIONS + kind)
        return tuple(_decision(kind, item) for item in items if "unasked" in item)

    def note_asked(self, decision: Decision) -> None:
        # A decision that was renamed meanwhile stays unasked: its hours are asked for once more.
        put_if(
            self._table.update_item,
            Key=_key(decision),
            UpdateExpression="REMOVE unasked",
            ConditionExpression=Attr("pk").exists(),
        )


class DynamoDbProfileFacts:
    """`ProfileFacts` on DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def read(self, arns: Collection[str], since: datetime) -> dict[str, Known]:
        known = dict.fromkeys(arns, Known())
        for item in self._items(known):
            arn = item["pk"].removeprefix(PROFILE)
            one = _known(arn, item)
            if item["earlier"] and one.facts[0].asked_at > since:
                earlier = (_fact(arn, row) for row in self._rows(arn))
                one = one._replace(facts=(*earlier, *one.facts))
            known[arn] = one
        return known

    def remember(self, answer: ProfileFact, until: datetime) -> None:
        for _ in range(_ATTEMPTS):
            item = next(self._items([answer.arn]), None)
            before = _known(answer.arn, item) if item else Known()
            after = with_answer(before, answer, until)
            if after == before or self._replace(answer.arn, item, after):
                return
        raise ProfilesUnavailable(f"what is known of {answer.arn} keeps being replaced by others")

    def retag(self, arn: str, tags_of: Callable[[Mapping[str, str]], dict[str, str]]) -> None:
        """Put other tags in the place of those in every fact of a profile."""

        def retagged(row: dict[str, Any]) -> dict[str, Any]:
            return row | {"tags": tags_of(row["tags"])}

        # The latest first: what becomes a row of its own meanwhile has its new tags already.
        while item := next(self._items([arn]), None):
            facts = [retagged(row) for row in item["facts"]]
            if facts == item["facts"] or self._put(item | {"facts": facts}, item["version"]):
                break
        for row in list(self._rows(arn)):
            if retagged(row) != row:
                self._table.put_item(Item=retagged(row))

    def _replace(self, arn: str, before: dict[str, Any] | None, known: Known) -> bool:
        old, latest = known.facts[:-_MOST_TOGETHER], known.facts[-_MOST_TOGETHER:]
        for fact in old:
            item = {"pk": PROFILE + arn, "sk": _sortable(fact.asked_at), **_attributes(fact)}
            put_if(self._table.put_item, Item=item, ConditionExpression=Attr("pk").not_exists())
        times = {"asked_at": known.asked_at, "until": known.until}
        item = {
            "pk": PROFILE + arn,
            "sk": KNOWN,
            "facts": [_attributes(fact) for fact in latest],
            **{name: text_of(at) for name, at in times.items() if at},
            "earlier": bool(old) or bool(before and before["earlier"]),
        }
        return self._put(item, before["version"] if before else 0)

    def _put(self, item: dict[str, Any], before: int) -> bool:
        """Put the latest facts in the place of those of a version, none being version 0."""
        same = Attr("version").eq(before) if before else Attr("pk").not_exists()
        item = item | {"version": before + 1}
        return put_if(self._table.put_item, Item=item, ConditionExpression=same)

    def _rows(self, arn: str) -> Iterator[dict[str, Any]]:
        """Return the rows of facts before the latest, oldest first."""
        dated = Key("pk").eq(PROFILE + arn) & Key("sk").lt(KNOWN)
        return query_all(self._table, PROFILE + arn, KeyConditionExpression=dated)

    def _items(self, arns: Collection[str]) -> Iterator[dict[str, Any]]:
        client, name = self._table.meta.client, self._table.name
        keys = [{"pk": PROFILE + arn, "sk": KNOWN} for arn in arns]
        for some in batched(keys, _MOST_KEYS):
            request = {name: {"Keys": list(some), "ConsistentRead": True}}
            while request:
                answer = client.batch_get_item(RequestItems=request)
                yield from answer["Responses"].get(name, ())
                request = answer.get("UnprocessedKeys") or {}


def _key(decision: Decision) -> dict[str, str]:
    moment = _sortable(decision.decided_at)
    return {"pk": DECISIONS + decision.kind, "sk": f"{moment}#{decision.id}"}


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


def _known(arn: str, item: dict[str, Any]) -> Known:
    facts = tuple(_fact(arn, fact) for fact in item["facts"])
    return Known(facts, parse_time(item["asked_at"]), parse_time(item["until"]))


def _attributes(fact: ProfileFact) -> dict[str, Any]:
    return {
        "asked_at": text_of(fact.asked_at),
        "models": list(fact.model_arns),
        "tags": dict(fact.tags),
        **({"scope": fact.scope_hint} if fact.scope_hint else {}),
    }


def _fact(arn: str, item: dict[str, Any]) -> ProfileFact:
    return ProfileFact(
        arn=arn,
        model_arns=tuple(item["models"]),
        scope_hint=item.get("scope"),
        tags=dict(item["tags"]),
        asked_at=parse_time(item["asked_at"]),
        found=True,
    )
