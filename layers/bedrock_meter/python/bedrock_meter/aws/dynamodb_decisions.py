"""Decisions and profile facts in the Tenants table: dated, only ever appended.

| pk                 | sk                  | attributes                                       |
|--------------------|---------------------|--------------------------------------------------|
| `DECISIONS#<kind>` | `<decided_at>#<id>` | `decided_at, id, since, until, tenant, document` |
| `PROFILE#<arn>`    | `KNOWN`             | `facts, asked_at, until, earlier, version`       |
| `PROFILE#<arn>`    | `<asked_at>`        | `models, scope, tags, asked_at`                  |

A decision is `unasked` until all closed hours that it reaches back to were asked for.

Times in sort keys have a fixed width, so that they sort by time. `document` is the S3 key of what
was decided, for people who look. The tenants' own rows in this table begin with `T#`.

`KNOWN` holds the latest facts of a profile, each with the attributes of a row of its own, so that
many profiles are read together. Facts that no longer fit become such rows, and `earlier` is true.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from bedrock_meter.aws.dynamodb import Item, get_all, put_if, query_all, replace_item
from bedrock_meter.aws.s3_policies import policy_key
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.profile import Known, ProfileFact, with_answer
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, parse_time, text_of
from bedrock_meter.ports.profiles import ProfilesUnavailable

DECISIONS = "DECISIONS#"
PROFILE = "PROFILE#"
KNOWN = "KNOWN"

# Four facts of 200 tags, the most that Bedrock's interface allows, are 310 of an item's 400 KB.
_MOST_TOGETHER = 4


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
        for item in get_all(self._table, map(_known_key, known)):
            arn = item["pk"].removeprefix(PROFILE)
            one = _known(arn, item)
            if item["earlier"] and one.facts[0].asked_at > since:
                earlier = (_fact(arn, row) for row in self._rows(arn))
                one = one._replace(facts=(*earlier, *one.facts))
            known[arn] = one
        return known

    def remember(self, answer: ProfileFact, until: datetime) -> None:
        arn = answer.arn

        def change(item: Item) -> Item | None:
            before = _known(arn, item) if item else Known()
            after = with_answer(before, answer, until)
            return None if after == before else self._changed(arn, item, after)

        try:
            replace_item(lambda: self._latest(arn), change, self._table)
        except Contended as contended:
            raise ProfilesUnavailable(f"what is known of {arn}: {contended}") from contended

    def retag(self, arn: str, tags_of: Callable[[Mapping[str, str]], dict[str, str]]) -> None:
        """Put other tags in the place of those in every fact of a profile."""

        def retagged(row: Item) -> Item:
            return row | {"tags": tags_of(row["tags"])}

        def change(item: Item) -> Item | None:
            facts = [retagged(row) for row in item.get("facts", ())]
            return item | {"facts": facts} if facts != item.get("facts", []) else None

        # The latest first: what becomes a row of its own meanwhile has its new tags already.
        replace_item(lambda: self._latest(arn), change, self._table)
        for row in list(self._rows(arn)):
            if retagged(row) != row:
                self._table.put_item(Item=retagged(row))

    def _changed(self, arn: str, before: Item, known: Known) -> Item:
        """Return the item of the latest facts; those that it has no room for become rows."""
        old, latest = known.facts[:-_MOST_TOGETHER], known.facts[-_MOST_TOGETHER:]
        for fact in old:
            item = {"pk": PROFILE + arn, "sk": _sortable(fact.asked_at), **_attributes(fact)}
            put_if(self._table.put_item, Item=item, ConditionExpression=Attr("pk").not_exists())
        times = {"asked_at": known.asked_at, "until": known.until}
        return {
            **_known_key(arn),
            "facts": [_attributes(fact) for fact in latest],
            **{name: text_of(at) for name, at in times.items() if at},
            "earlier": bool(old) or before.get("earlier", False),
        }

    def _latest(self, arn: str) -> Item | None:
        # In a batch of one: the functions may read this table by batches only.
        return next(get_all(self._table, [_known_key(arn)]), None)

    def _rows(self, arn: str) -> Iterator[Item]:
        """Return the rows of facts before the latest, oldest first."""
        return query_all(self._table, PROFILE + arn, Key("sk").lt(KNOWN))


def _known_key(arn: str) -> dict[str, str]:
    return {"pk": PROFILE + arn, "sk": KNOWN}


def _key(decision: Decision) -> dict[str, str]:
    moment = _sortable(decision.decided_at)
    return {"pk": DECISIONS + decision.kind, "sk": f"{moment}#{decision.id}"}


def _sortable(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _document_key(decision: Decision) -> str:
    from bedrock_meter.aws.s3_books import book_key  # with it come all prices

    return policy_key(decision.id) if decision.kind == POLICY else book_key(decision.id)


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
