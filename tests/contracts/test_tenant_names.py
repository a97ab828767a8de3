"""`TenantNames` on AWS: which items and files name a tenant, and what a renaming leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from bedrock_meter.aws import dynamodb_decisions
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.aws.s3_closings import S3ClosingStore
from bedrock_meter.aws.s3_policies import S3Policies
from bedrock_meter.aws.tenant_names import AwsTenantNames
from bedrock_meter.domain.policy.decisions import BOOK, POLICY, Decision
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import Day, Hour, Month
from bedrock_meter.domain.totals.correction import Correction
from bedrock_meter.domain.totals.erasure import Erasing
from bedrock_meter.domain.totals.live_page import LivePage, page_of
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.domain.totals.total import EMPTY, DayTotal, Total
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.objects import MemoryClosingStore
from bedrock_meter.local.profiles import MemoryProfileFacts
from bedrock_meter.local.tenant_names import MemoryTenantNames
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.ports import Closing
from bedrock_meter.ports.decisions import PolicyMissing
from tests.builders import NINE, at
from tests.contracts.conftest import clock

pytestmark = pytest.mark.engine

DAY, MONTH = Day("2026-11-21"), Month("2026-11")
ONE, TWO = Total(requests=1, cost=5), Total(requests=2, cost=7)
ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3d4e5f6"


class Places:
    """The tables and the bucket, and the names in them."""

    def __init__(self, table: Callable[..., Any], bucket: tuple[Any, str], flags: Any) -> None:
        self.usage_items, self.tenant_items, self.flag_items = table(), table(), flags
        self.bucket = bucket
        kept = timedelta(days=7)
        self.usage = DynamoDbUsageTable(self.usage_items, clock=clock, live_hours_kept=kept)
        self.decisions = dynamodb_decisions.DynamoDbDecisions(self.tenant_items)
        self.facts = dynamodb_decisions.DynamoDbProfileFacts(self.tenant_items)
        self.closings = S3ClosingStore(*bucket)
        self.policies = S3Policies(*bucket)
        tables = self.usage_items, self.tenant_items, flags
        self.names = AwsTenantNames(*tables, self.facts, *bucket, pages=self.usage, clock=clock)


@pytest.fixture
def places(a_dynamodb_table: Any, a_bucket: Any) -> Places:
    table = a_dynamodb_table()
    client = table.meta.client
    name = f"{table.name}-flags"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "tenant", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "tenant", "KeyType": "HASH"}],
    )
    flags = boto3.resource(
        "dynamodb",
        endpoint_url=client.meta.endpoint_url,
        region_name=client.meta.region_name,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    ).Table(name)
    return Places(a_dynamodb_table, a_bucket(), flags)


def test_totals_go_to_the_pseudonym_and_everything_else_goes(places: Places) -> None:
    places.usage.put_hours(NINE, 3, {"me": ONE, "other": TWO})
    places.usage.put_day("me", DayTotal(DAY, 1, 512, ONE))
    places.usage.put_top(DAY, {"me": Ranked(5, 1), "other": Ranked(7, 1)})
    numbers = {page_of("me", 4), 0}
    for number in numbers:
        uses = {"me": Use(1), "other": Use(2)} if number == page_of("me", 4) else {}
        places.usage.put_live_page(LivePage(NINE, number, 4, 1, uses, "2026-11-21T09:06:00Z"))
    places.tenant_items.put_item(Item={"pk": "T#me", "sk": "LEVEL"})
    places.flag_items.put_item(Item={"tenant": "me"})
    assert places.names.hours("me") == places.names.live_hours("me") == [NINE]

    places.names.rename_rows("me", "erased-1")

    assert places.names.hours("me") == places.names.live_hours("me") == []
    (hour,) = places.usage.hours_in("erased-1", DAY)
    assert (hour.epoch, hour.total) == (3, ONE)
    assert places.usage.day("erased-1", DAY) == DayTotal(DAY, 1, 512, ONE)
    assert places.usage.top(DAY) == [("other", 7), ("erased-1", 5)]
    assert places.usage.live_pages(NINE, [page_of("me", 4)])[page_of("me", 4)].uses == {
        "other": Use(2)
    }
    for items in (places.usage_items, places.tenant_items, places.flag_items):
        found = items.scan()["Items"]
        assert not [one for one in found if "'T#me'" in repr(one) or one.get("tenant") == "me"]


def test_a_newer_total_of_the_pseudonym_stays(places: Places) -> None:
    places.usage.put_hours(NINE, 3, {"me": ONE})
    places.usage.put_hours(NINE, 4, {"erased-1": TWO})
    places.usage.put_day("me", DayTotal(DAY, 1, 512, EMPTY))
    places.usage.put_top(DAY, {"erased-1": Ranked(7, 1), "me": Ranked(0, 2)})

    places.names.rename_rows("me", "erased-1")

    assert places.usage.top(DAY) == [("erased-1", 7)]
    assert [one.total for one in places.usage.hours_in("erased-1", DAY)] == [TWO]


def test_a_total_that_a_close_writes_meanwhile_stays_to_be_found(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.usage.put_hours(NINE, 3, {"me": ONE})
    places.usage.put_day("me", DayTotal(DAY, 1, 512, ONE))

    def close(*_: Any) -> None:
        places.usage.put_hours(NINE, 4, {"me": TWO})
        places.usage.put_day("me", DayTotal(DAY, 2, 512, TWO))

    monkeypatch.setattr("bedrock_meter.aws.tenant_names.rename_in_top", close)
    places.names.rename_rows("me", "erased-1")

    assert [one.total for one in places.usage.hours_in("erased-1", DAY)] == [ONE]
    assert [one.total for one in places.usage.hours_in("me", DAY)] == [TWO]
    assert places.usage.day("me", DAY) == DayTotal(DAY, 2, 512, TWO)


def test_no_list_of_the_largest_keeps_the_id_where_only_an_hour_is_left(places: Places) -> None:
    places.usage.put_hours(NINE, 3, {"me": ONE})
    for period in (DAY, MONTH):
        places.usage.put_top(period, {"me": Ranked(5, 1)})

    places.names.rename_rows("me", "erased-1")

    assert places.usage.top(DAY) == places.usage.top(MONTH) == [("erased-1", 5)]


def test_closings_and_corrections_name_the_pseudonym_also_to_who_has_read_them(
    places: Places,
) -> None:
    closing = Closing(NINE, 3, {"me": ONE, "other": TWO, None: ONE}, ("one", "two"), 4)
    places.closings.put(closing)
    places.closings.put_corrections(
        NINE, 2, 3, [Correction(NINE, "me", 2, 3, ONE, TWO), Correction(NINE, None, 2, 3, ONE, TWO)]
    )
    assert places.closings.read(NINE, 3) == closing

    places.names.rename_files(NINE, "me", "erased-1")

    renamed = {"erased-1": ONE, "other": TWO, None: ONE}
    assert places.closings.read(NINE, 3) == closing._replace(totals=renamed)
    told = [one.tenant for one in places.closings.corrections(NINE, 3)]
    assert sorted(told, key=str) == [None, "erased-1"]


def test_closings_of_every_epoch_are_renamed_and_stay_retired(places: Places) -> None:
    s3, bucket = places.bucket
    for epoch in (3, 9):
        places.closings.put(Closing(NINE, epoch, {"me": ONE}, ()))
    places.closings.retire(NINE, 9)

    places.names.rename_files(NINE, "me", "erased-1")

    assert [places.closings.read(NINE, epoch).totals for epoch in (3, 9)] == [{"erased-1": ONE}] * 2
    tags = [
        s3.get_object_tagging(Bucket=bucket, Key=f"closings/{NINE}/0/{epoch}.parquet")["TagSet"]
        for epoch in (3, 9)
    ]
    assert tags == [[{"Key": "superseded", "Value": "true"}], []]


@pytest.mark.parametrize("kept", ["memory", "aws"])
def test_a_closing_that_knows_both_names_has_one_total_then(places: Places, kept: str) -> None:
    closings, names = places.closings, places.names
    if kept == "memory":
        closings = MemoryClosingStore()
        others = (MemoryUsageTable(), closings, MemoryDecisions(), MemoryPolicies())
        names = MemoryTenantNames(*others, MemoryProfileFacts())
    closings.put(Closing(NINE, 3, {"me": EMPTY, "erased-1": TWO}, ()))
    closings.put(Closing(NINE, 4, {"me": ONE, "erased-1": TWO}, ()))

    names.rename_files(NINE, "me", "erased-1")

    assert closings.read(NINE, 3).totals == {"erased-1": TWO}
    assert closings.read(NINE, 4).totals == {"erased-1": ONE.plus(TWO)}


def test_files_of_other_hours_and_tenants_stay_as_they_are(places: Places) -> None:
    s3, bucket = places.bucket
    places.closings.put(Closing(NINE, 3, {"other": TWO}, ()))
    places.closings.put(Closing(Hour("2026-11-21T10"), 3, {"me": ONE}, ()))
    before = s3.list_objects_v2(Bucket=bucket)["Contents"]

    places.names.rename_files(NINE, "me", "erased-1")

    after = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["ETag"] for one in after] == [one["ETag"] for one in before]


def test_decisions_speak_of_the_renamed_policy_and_tenant_with_their_time(places: Places) -> None:
    old, new = (Policy.from_document({"version": 1, "tenants": {n: {}}}) for n in ("me", "x"))
    for policy in (old, new):
        places.policies.put(policy)
    policies = Decision(POLICY, old.id, NINE, None, None, at("08:00"))
    book = Decision(BOOK, "b", NINE, None, "me", at("08:00"))
    for decision in (policies, book):
        places.decisions.append(decision)

    places.names.rename_policy(old.id, new.id)
    places.names.rename_rows("me", "erased-1")

    assert places.decisions.decisions(POLICY) == (policies._replace(id=new.id),)
    assert places.decisions.decisions(BOOK) == (book._replace(tenant="erased-1"),)
    with pytest.raises(PolicyMissing):
        S3Policies(*places.bucket).policy(old.id)


def test_remembered_tags_of_a_profile_lose_the_name(places: Places) -> None:
    tags = {"tenantId": "me", "env": "prod"}
    changing = [{**tags, "n": str(minute)} for minute in range(10)]
    for minute, one in enumerate(changing):
        fact = ProfileFact(ARN, (), None, one, at(f"08:0{minute}"), found=True)
        places.facts.remember(fact, at("10:00"))

    places.names.rename_facts(ARN, frozenset({"me"}), "erased-1")

    known = places.facts.read([ARN], at("08:00"))[ARN]
    assert [fact.tags for fact in known.facts] == [
        {**one, "tenantId": "erased-1"} for one in changing
    ]


def test_the_first_pseudonym_stays_until_the_erasing_is_finished(places: Places) -> None:
    first = Erasing("erased-1", frozenset({"me", "Me"}))

    assert places.names.begin("me", first) == first
    assert places.names.begin("me", Erasing("erased-2", frozenset({"me"}))) == first
    places.names.rename_rows("me", "erased-1")
    assert places.names.begin("me", Erasing("erased-2", frozenset({"me"}))) == first

    places.names.finish("me")

    assert places.tenant_items.scan()["Items"] == []
