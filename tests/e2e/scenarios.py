"""A scenario for each function in which it needs every permission it has.

Each scenario is fresh: new tenants, hours, objects and a new policy, so that no cache of a function
saves a request. What other functions would have written is put in place by root, through the same
adapters. A scenario has the event, and a check of what must be there once it was handled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bedrock_meter.aws.level_items import item_of_notice
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.log_object import log_object_of
from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.live_page import LivePage
from bedrock_meter.domain.totals.partial import Partial
from bedrock_meter.domain.totals.total import Total
from bedrock_meter.jobs.ingest import IngestStores
from bedrock_meter.jobs.set_aside import set_aside
from bedrock_meter.ports import Closing
from engine import server
from tests.builders import a_record, a_row
from tests.e2e.meter import DAY, NOW, Meter, a_key, at

NUMBERS = count(1)
DOLLAR = 10**18
OPEN_HOUR = Hour(f"{DAY}T10")
LAST_HOUR = Hour(f"{DAY}T09")
CLOSED_HOUR = Hour(f"{DAY}T08")
YOUNG_HOUR = Hour(f"{DAY}T07")
FUTURE = f"{DAY}T23:59:59Z"
KEPT = timedelta(days=400)
Check = Callable[[], bool]


@dataclass(frozen=True)
class FunctionScenario:
    """An event for a function, and whether everything it should do was done."""

    event: Any
    done: Check = lambda: True


class Setup:
    """Sets up what a scenario needs, as root."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.stores = meter.stores

    def a_tenant(self) -> str:
        """Return a new tenant, under a new policy that grants it next to nothing."""
        tenant = f"minus-{next(NUMBERS)}"
        plan = {"budgets": {"day": {"usd": "0.01"}}}
        document = {"version": 1, "plans": {"tiny": plan}, "tenants": {tenant: {"plan": "tiny"}}}
        policy = Policy.from_document(document)
        self.stores.policies.put(policy)
        self.stores.decisions.append(
            Decision(POLICY, policy.id, None, None, None, datetime.now(UTC))
        )
        return tenant

    def a_profile(self, tenant: str) -> str:
        """Create an application inference profile that is tagged with a tenant; its ARN."""
        model = "anthropic.claude-haiku-4-5-20251001-v1:0"
        answer = self.meter.client("bedrock").create_inference_profile(
            inferenceProfileName=f"profile {tenant}",
            modelSource={"copyFrom": f"arn:aws:bedrock:{server.REGION}::foundation-model/{model}"},
            tags=[{"key": "tenantId", "value": tenant}],
        )
        return str(answer["inferenceProfileArn"])

    def knows_profile(self, arn: str) -> bool:
        """Return whether what Bedrock says of a profile was kept."""
        table = self.meter.table("Tenants")
        found = table.query(
            KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": f"PROFILE#{arn}"}
        )
        return bool(found["Items"])

    def forget_profiles(self) -> None:
        """Remove what was kept of profiles, so that closing has to ask for itself."""
        table = self.meter.table("Tenants")
        for item in self.meter.items("Tenants"):
            if item["pk"].startswith("PROFILE#"):
                table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})

    def give_up(self, key: str) -> None:
        """Set a log object aside, as an operator does."""
        log_object = log_object_of(self.meter.output("LogBucketName"), key)
        set_aside(log_object, "a scenario", now=NOW, stores=self.stores.of(IngestStores))

    def flagged(self, tenant: str) -> bool:
        """Return whether a tenant's flag was raised."""
        return bool(self.meter.item("Flags", tenant=tenant).get("level") == "red")

    def notified(self, tenant: str) -> bool:
        """Return whether the notice of a tenant's last change of level was sent."""
        table = self.meter.table("Tenants")
        found = table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": f"T#{tenant}", ":sk": "OUTBOX#"},
            ScanIndexForward=False,
        )
        return bool(found["Items"] and "sent_at" in found["Items"][0])

    def data_up_to(self, hour: Hour) -> None:
        """Note that every hour before this one is published."""
        self.meter.table("Hours").put_item(Item={"pk": "STATE", "data_up_to": hour})


def _now() -> datetime:
    return NOW


def ingest(setup: Setup, hour: str = "10") -> FunctionScenario:
    """A log object that was given up, with a call through an unknown profile and a broken line."""
    tenant = setup.a_tenant()
    arn = setup.a_profile(tenant)
    key = setup.meter.put(
        a_key(hour, "29:00"),
        a_record(f"{tenant}-1", timestamp=at(f"{hour}:20:00"), modelId=arn, requestMetadata=None),
        b"a line that is no record",
    )
    setup.give_up(key)
    record = {"messageId": "1", "body": setup.meter.announcement(key), "eventSource": "aws:sqs"}
    return FunctionScenario({"Records": [record]}, lambda: setup.knows_profile(arn))


def fold_slot(setup: Setup) -> FunctionScenario:
    """Partials of an hour in which a tenant spends too much, and of one whose page is too young."""
    tenant, slots = setup.a_tenant(), (Slot(f"{OPEN_HOUR}:20"), Slot(f"{YOUNG_HOUR}:20"))
    before = setup.stores.usage.live_pages(YOUNG_HOUR, [0])
    version = before[0].version + 1 if before else 1
    setup.stores.usage.put_live_page(LivePage(YOUNG_HOUR, 0, 1, version, {}, FUTURE))
    records = []
    for slot in slots:
        setup.stores.live.put_partial(Partial(tenant, slot, 1, (a_row(tenant, DOLLAR),)))
        keys = {"pk": {"S": f"S#{slot}#0"}, "sk": {"S": f"O#{tenant}"}}
        records.append({"eventSource": "aws:dynamodb", "dynamodb": {"Keys": keys}})
    return FunctionScenario(
        {"Records": records}, lambda: setup.flagged(tenant) and setup.notified(tenant)
    )


def plan_hours(setup: Setup) -> FunctionScenario:
    """The first plan of all, and a log object that was never announced."""
    setup.meter.put(a_key("10", "08:00"), a_record("plan", timestamp=at("10:01:00")))
    setup.meter.table("Hours").delete_item(Key={"pk": "STATE"})
    return FunctionScenario({}, lambda: setup.stores.hours.progress().data_up_to is not None)


def close_day(setup: Setup) -> FunctionScenario:
    """An hour that was published before, with calls through a profile not looked up yet."""
    scenario = ingest(setup, CLOSED_HOUR[-2:])
    setup.meter.stack.invoke("Ingest", scenario.event)
    event = {"day": DAY, "hours": [CLOSED_HOUR], "hold": CLOSED_HOUR}
    setup.meter.stack.invoke("CloseDay", event)
    late = ingest(setup, CLOSED_HOUR[-2:])
    setup.meter.stack.invoke("Ingest", late.event)
    setup.forget_profiles()
    return FunctionScenario(event, late.done)


def assess_tenants(setup: Setup) -> FunctionScenario:
    """A tenant that was seen in the last closed hour and spends too much in the open one."""
    tenant = setup.a_tenant()
    setup.data_up_to(OPEN_HOUR)
    epoch = next(NUMBERS)
    setup.stores.closings.put(Closing(LAST_HOUR, epoch, {tenant: Total(requests=1)}, ()))
    row = {"pk": f"{LAST_HOUR}#0", "epoch": epoch, "dirty": 0, "cleaned": 0, "published": epoch}
    setup.meter.table("Hours").put_item(Item=row)
    use = Use(requests=1, cost=DOLLAR)
    before = setup.stores.live.totals_of_slot(Slot(f"{OPEN_HOUR}:25"))
    totals = before._replace(version=before.version + 1, tenants={tenant: use})
    setup.stores.live.put_slot_totals(totals)
    return FunctionScenario({"bucket": 0, "of": 1}, lambda: setup.flagged(tenant))


def deliver_notices(setup: Setup) -> FunctionScenario:
    """A notice that waits to be sent."""
    tenant, number = setup.a_tenant(), next(NUMBERS)
    notice = Notice(tenant, number, Level.GREEN, Level.RED, NOW, "subject", "body")
    key = {"pk": f"T#{tenant}", "sk": f"OUTBOX#{number:014d}"}
    item = {**key, **item_of_notice(notice), "alert": "NOTICE"}
    setup.meter.table("Tenants").put_item(Item=item)
    return FunctionScenario({}, lambda: setup.notified(tenant))


def check_completeness(setup: Setup) -> FunctionScenario:
    """Two published hours without calls, ended long enough ago, and calls that CloudWatch knows."""
    setup.data_up_to(LAST_HOUR)
    for hour in (f"{DAY}T05", f"{DAY}T06"):
        row = {"pk": f"{hour}#0", "epoch": 1, "dirty": 0, "cleaned": 0, "published": 1}
        setup.meter.table("Hours").put_item(Item=row)
    return FunctionScenario({})


def audit_hour(setup: Setup) -> FunctionScenario:
    """A published hour with a total that differs from its log object."""
    setup.meter.stack.invoke("Ingest", ingest(setup, CLOSED_HOUR[-2:]).event)
    event = {"day": DAY, "hours": [CLOSED_HOUR], "hold": CLOSED_HOUR}
    setup.meter.stack.invoke("CloseDay", event)
    found = next(item for item in setup.meter.items("Usage") if item["sk"] == f"H#{CLOSED_HOUR}")
    setup.meter.table("Usage").put_item(Item=found | {"requests": 99})
    return FunctionScenario({"hour": CLOSED_HOUR})


SCENARIOS: dict[str, Callable[[Setup], FunctionScenario]] = {
    "Ingest": ingest,
    "FoldSlot": fold_slot,
    "PlanHours": plan_hours,
    "CloseDay": close_day,
    "AssessTenants": assess_tenants,
    "DeliverNotices": deliver_notices,
    "CheckCompleteness": check_completeness,
    "AuditHour": audit_hour,
}
