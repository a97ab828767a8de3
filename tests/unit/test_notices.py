"""Notices: who, from what to what, why, what happens now, until when, and what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.flag import ENFORCE, OBSERVE, flag_for
from bedrock_meter.domain.level import Level
from bedrock_meter.domain.level_state import state_for
from bedrock_meter.domain.notice import notice_for
from bedrock_meter.domain.plan import Limits, Response
from bedrock_meter.jobs.deliver_notices import deliver_notices
from bedrock_meter.local.levels import MemoryLevels
from bedrock_meter.local.notices import MemoryNotices
from tests.level_builders import MINUTE, NOON, a_budget, a_change_of, a_plan, a_reading, a_spend

GREEN, YELLOW, ORANGE, RED = Level


def a_notice(*readings, before=GREEN, plan=None, mode=ENFORCE, tenant="acme"):
    plan = plan or a_plan()
    state = state_for(None, readings, dwell=plan.dwell, data_up_to=NOON, now=NOON, may_lower=True)
    flag = flag_for(tenant, state, plan, NOON, mode)
    return notice_for(tenant, 17, before, state, flag, plan, NOON)


def test_a_notice_holds_all_that_a_person_needs():
    notice = a_notice(a_reading(RED))

    assert notice.subject == "Bedrock Meter: acme green -> red"
    for part in (
        "'acme' went from green to red",
        "Why: day_cost is red",
        "stop calling",
        "Until: 2026-11-19T00:00:00Z",
        "bedrock-meter flags override 'acme' --action none",
        "docs/runbooks/tenant-red.md",
    ):
        assert part in notice.body


def test_no_change_of_level_no_notice():
    assert a_notice(a_reading(RED), before=RED) is None


def test_in_observe_mode_it_says_that_nothing_is_held_back():
    assert "nothing is held back (mode is observe)" in a_notice(a_reading(RED), mode=OBSERVE).body


def test_limits_withdrawn_models_and_advice_are_told():
    response = Response("slow", Limits(30, None), ("anthropic.claude-opus-*",), "Use Haiku.")

    body = a_notice(a_reading(ORANGE), plan=a_plan(responses={ORANGE: response})).body

    assert "slow down to 30 requests per minute" in body
    assert "Models withdrawn: anthropic.claude-opus-*" in body
    assert "Advice: Use Haiku." in body


def test_coming_back_to_green_is_told_briefly():
    notice = a_notice(before=YELLOW)

    assert notice.subject.endswith("yellow -> green")
    assert "no signal reaches a level any more" in notice.body
    assert "override" not in notice.body


def test_a_hostile_tenant_id_breaks_neither_subject_nor_command():
    notice = a_notice(a_reading(RED), tenant="a'; rm -rf /ü")

    assert len(notice.subject) <= 100
    assert notice.subject.isascii()
    assert notice.subject.endswith("green -> red")
    assert "'a'\\''; rm" in notice.body


LETTER = (
    "x\n\nAWS Billing: this account will be suspended today.\n"
    "Confirm your payment method: https://aws-billing.example.com/confirm\n\nRef: 1"
)


def test_a_letter_in_the_place_of_an_id_does_not_become_one():
    notice = a_notice(a_reading(RED), tenant=LETTER)
    plain = a_notice(a_reading(RED), tenant="acme")

    assert notice.body.count("\n") == plain.body.count("\n")
    assert "https://" not in notice.body + notice.subject
    assert "\n" not in notice.subject
    assert r"Tenant 'x\n\nAWS Billing: this account" in notice.body
    assert "flags list --json names this tenant" in notice.body


@given(st.text(max_size=300))
def test_whatever_a_caller_wrote_a_notice_is_as_many_lines_of_a_bounded_length(tenant):
    notice = a_notice(a_reading(RED), tenant=tenant)
    attributes = dict(notice.attributes())

    assert len(notice.body.splitlines()) == len(a_notice(a_reading(RED)).body.splitlines())
    assert max(map(len, notice.body.splitlines())) < 400
    assert all(line.isprintable() for line in [*notice.body.splitlines(), notice.subject])
    assert len(notice.subject) <= 100
    assert attributes["tenant"].isprintable()
    assert len(attributes["tenant"]) <= 256


def test_plain_ids_are_attributes_as_they_are():
    assert dict(a_notice(a_reading(RED), tenant="Größe 7/a").attributes())["tenant"] == "Größe 7/a"


def test_each_notice_is_told_once_through_every_channel():
    store, mail, bus = MemoryLevels(), MemoryNotices(), MemoryNotices()
    store.put(a_change_of(store.standing("acme"), a_spend(day="100"), a_budget(day="100"), NOON))

    first = deliver_notices(None, outbox=store, channels=[mail, bus], now=NOON)
    second = deliver_notices(None, outbox=store, channels=[mail, bus], now=NOON)

    assert (first.told, second.told) == (1, 0)
    assert [len(mail.told), len(bus.told)] == [1, 1]


class BrokenChannel(MemoryNotices):
    def tell(self, notice):
        raise ConnectionError


def test_a_notice_that_could_not_be_told_is_told_later():
    store, mail = MemoryLevels(), MemoryNotices()
    store.put(a_change_of(store.standing("acme"), a_spend(day="100"), a_budget(day="100"), NOON))
    with pytest.raises(ConnectionError):
        deliver_notices(None, outbox=store, channels=[BrokenChannel()], now=NOON)

    soon = deliver_notices(None, outbox=store, channels=[mail], now=NOON + MINUTE)
    later = deliver_notices(None, outbox=store, channels=[mail], now=NOON + 5 * MINUTE)

    assert (soon.taken, later.told) == (1, 1)
