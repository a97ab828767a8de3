"""What a store of levels promises: the one in memory, and the one on DynamoDB."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from bedrock_meter.aws.dynamodb_flags import DynamoDbFlags
from bedrock_meter.aws.dynamodb_levels import DynamoDbLevels
from bedrock_meter.domain.levels.baseline import baseline_for
from bedrock_meter.domain.levels.flag import ENFORCE, override_flag
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.plan import Response
from bedrock_meter.domain.levels.stored_state import HistoryEntry, change_of
from bedrock_meter.domain.time.hours import hour_after, hour_of
from bedrock_meter.jobs.assess_tenant import FULL, assess_tenant
from bedrock_meter.local.levels import MemoryLevels
from bedrock_meter.ports.levels import Claim
from tests.level_builders import HOUR, MINUTE, NOON, a_budget, a_change_of, a_spend, usd

ODD = "a#b/ü=,$\n\"'"


class _Memory:
    def __init__(self):
        self.levels = MemoryLevels()

    def flag(self, tenant):
        return self.levels.flags.get(tenant)


class _DynamoDb:
    def __init__(self, tenants, flags):
        self._flags = DynamoDbFlags(flags)
        self.levels = DynamoDbLevels(tenants, self._flags)

    def flag(self, tenant):
        return self._flags.flag(tenant)


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.engine)])
def place(request):
    if request.param == "memory":
        return _Memory()
    return _DynamoDb(*request.getfixturevalue("level_tables"))


@pytest.fixture
def levels(place):
    return place.levels


def a_change(levels, tenant="acme", day="100", now=NOON):
    spend, plan = a_spend(tenant=tenant, day=day, at=now), a_budget(day="100")
    return a_change_of(levels.stored_state(tenant), spend, plan, now)


def test_nothing_is_known_of_a_new_tenant(levels):
    stored_state = levels.stored_state("acme")

    assert (stored_state.version, stored_state.state, stored_state.flag) == (0, None, None)
    assert stored_state.switched_off is False


@pytest.mark.parametrize("tenant", ["acme", ODD, "x" * 256])
def test_a_change_is_read_back_whole(place, levels, tenant):
    change = a_change(levels, tenant)

    assert levels.put(change) is True

    stored_state = levels.stored_state(tenant)
    assert stored_state.state == change.state
    assert stored_state.version == change.version
    assert stored_state.flag == change.automatic
    assert place.flag(tenant) == change.flag
    assert list(levels.pending()) == [change.notice]
    assert levels.history(tenant) == [change.entry]


def test_a_change_of_an_older_version_is_refused_and_nothing_of_it_stays(place, levels):
    first = a_change(levels, day="80")
    second = a_change(levels, day="100")
    assert levels.put(first) is True

    assert levels.put(second) is False

    assert levels.stored_state("acme").state == first.state
    assert place.flag("acme") == first.flag
    assert len(list(levels.pending())) == 1
    assert len(levels.history("acme")) == 1


def test_of_eight_changes_at_once_one_wins(levels):
    changes = [a_change(levels) for _ in range(8)]
    won = []
    threads = [Thread(target=lambda one=one: won.append(levels.put(one))) for one in changes]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == [False] * 7 + [True]
    assert len(list(levels.pending())) == 1


def test_an_assessment_without_change_is_noted_under_the_same_version(levels):
    change = a_change(levels)
    levels.put(change)
    later = replace(change.state, as_of=NOON + HOUR)

    assert levels.touch("acme", change.version, later) is True
    assert levels.touch("acme", change.version - 1, change.state) is False

    assert levels.stored_state("acme").state == later
    assert levels.stored_state("acme").version == change.version


def test_only_tenants_that_are_not_green_are_found(levels):
    for tenant, day in (("calm", "1"), ("busy", "60"), (ODD, "100")):
        levels.put(a_change(levels, tenant, day))

    assert sorted(levels.not_green()) == sorted(["busy", ODD])


def test_a_tenant_that_is_green_again_is_no_longer_found(levels):
    levels.put(a_change(levels, day="50"))
    tomorrow = NOON + 13 * HOUR

    levels.put(a_change(levels, day="1", now=tomorrow))

    assert list(levels.not_green()) == []


def test_an_override_is_kept_until_a_change_without_it(place, levels):
    change = a_change(levels, day="80")
    override = override_flag(
        "acme",
        level=Level.GREEN,
        response=Response("none"),
        reason="month-end run",
        stale_rule="open",
        now=NOON,
        until=NOON + HOUR,
    )
    stored = levels.stored_state("acme")
    levels.put(change_of(stored, change.state, change.automatic, override, NOON))

    assert levels.stored_state("acme").override == override
    assert place.flag("acme").then.action == "slow"

    levels.put(a_change(levels, day="80", now=NOON + 2 * HOUR))

    assert levels.stored_state("acme").override is None
    assert place.flag("acme").source == "assess"


def test_a_baseline_is_kept_beside_the_level(levels):
    first = hour_after(hour_of(NOON), -40 * 24)
    costs = {hour_after(first, at): usd("1.23") * (at % 24) for at in range(40 * 24)}
    baseline = baseline_for(costs, hour_of(NOON))

    levels.put_baseline("acme", baseline)

    assert levels.stored_state("acme").baseline == baseline


def test_the_switch_shows_in_every_stored_state(levels):
    entry = HistoryEntry(NOON, "throttling off", "ana", "incident 12")

    levels.put_switch(entry)
    assert levels.stored_state("acme").switched_off is True
    assert levels.switch() == entry

    levels.put_switch(None)
    assert levels.stored_state("acme").switched_off is False
    assert levels.switch() is None


def test_a_notice_is_claimed_by_one_delivery_and_gone_once_acknowledged(levels):
    levels.put(a_change(levels))
    [notice] = levels.pending()

    assert levels.claim(notice, NOON, NOON + 5 * MINUTE) == Claim(frozenset(), 1)
    assert levels.claim(notice, NOON + MINUTE, NOON + 6 * MINUTE) is None
    assert levels.claim(notice, NOON + 5 * MINUTE, NOON + 10 * MINUTE) == Claim(frozenset(), 2)

    levels.acknowledge(notice, NOON)
    levels.acknowledge(notice, NOON, ["contact"])

    assert list(levels.pending()) == []
    assert levels.claim(notice, NOON + HOUR, NOON + 2 * HOUR) is None


def test_a_deferred_notice_remembers_which_channels_have_sent_it(levels):
    levels.put(a_change(levels))
    [notice] = levels.pending()
    levels.claim(notice, NOON, NOON + 5 * MINUTE)

    levels.defer(notice, {"operators", "events"}, NOON + HOUR)

    assert levels.claim(notice, NOON + 59 * MINUTE, NOON + 64 * MINUTE) is None
    claim = levels.claim(notice, NOON + HOUR, NOON + HOUR + 5 * MINUTE)
    assert claim == Claim(frozenset({"operators", "events"}), 2)
    assert list(levels.pending()) == [notice]


def test_notices_wait_in_the_order_in_which_levels_changed(levels):
    levels.put(a_change(levels, "late", now=NOON + timedelta(seconds=2)))
    levels.put(a_change(levels, "early", now=NOON + timedelta(seconds=1)))

    assert [notice.tenant for notice in levels.pending()] == ["early", "late"]


def test_the_assess_job_runs_on_it(place, levels):
    plan = a_budget(day="100")
    for hours, day in ((0, "10"), (1, "85"), (2, "85")):
        at = NOON + hours * HOUR
        assess_tenant(
            "acme",
            spend=lambda day=day, at=at: a_spend(day=day, at=at),
            plan=plan,
            now=at,
            store=levels,
            lane=FULL,
            mode=ENFORCE,
        )

    assert place.flag("acme").action == "slow"
    assert levels.stored_state("acme").state.as_of == NOON + 2 * HOUR
    assert [notice.after for notice in levels.pending()] == [Level.ORANGE]
