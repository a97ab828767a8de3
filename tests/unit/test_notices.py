"""Notices: who, from what to what, why, what happens now, until when, and what to do."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.levels.flag import ENFORCE, OBSERVE, flag_for
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import state_for
from bedrock_meter.domain.levels.notice import notice_for
from bedrock_meter.domain.levels.plan import Limits, Response
from bedrock_meter.jobs.deliver_notices import MOST_ATTEMPTS, deliver_notices
from bedrock_meter.local.levels import MemoryLevels
from bedrock_meter.local.notices import MemoryNotices
from bedrock_meter.ports.levels import NotSent
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


def test_a_notice_names_limits_withdrawn_models_and_advice():
    response = Response("slow", Limits(30, None), ("anthropic.claude-opus-*",), "Use Haiku.")

    body = a_notice(a_reading(ORANGE), plan=a_plan(responses={ORANGE: response})).body

    assert "slow down to 30 requests per minute" in body
    assert "Models withdrawn: anthropic.claude-opus-*" in body
    assert "Advice: Use Haiku." in body


def test_the_notice_of_a_return_to_green_is_brief():
    notice = a_notice(before=YELLOW)

    assert notice.subject.endswith("yellow -> green")
    assert "no signal reaches a level any more" in notice.body
    assert "override" not in notice.body


def test_an_id_that_looks_like_an_option_stays_an_id_in_the_command():
    body = a_notice(a_reading(RED), tenant="--new").body
    (command,) = (line for line in body.splitlines() if "To override" in line)

    assert command.endswith(""" --for 2h --reason "..." -- '--new'""")


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


def a_store(*tenants):
    """A store in which these tenants went from green to red, in this order."""
    store = MemoryLevels()
    for second, tenant in enumerate(tenants):
        at = NOON + timedelta(seconds=second)
        spend, plan = a_spend(tenant=tenant, day="100", at=at), a_budget(day="100")
        store.put(a_change_of(store.stored_state(tenant), spend, plan, at))
    return store


class BrokenFor(MemoryNotices):
    """A channel that cannot notify of some tenants."""

    def __init__(self, *tenants):
        super().__init__("contact")
        self.broken = tenants
        self.tried = 0

    def notify(self, notice):
        if notice.tenant in self.broken:
            self.tried += 1
            raise NotSent("arn:topic: NotFound")
        super().notify(notice)


def names_of(channel):
    return [notice.tenant for notice in channel.sent]


def test_each_notice_is_sent_once_through_every_channel():
    store, mail, bus = a_store("acme"), MemoryNotices("mail"), MemoryNotices("bus")

    first = deliver_notices(outbox=store, channels=[mail, bus], now=NOON)
    second = deliver_notices(outbox=store, channels=[mail, bus], now=NOON)

    assert (first.sent, second.sent) == (1, 0)
    assert [len(mail.sent), len(bus.sent)] == [1, 1]


def test_a_channel_that_fails_keeps_neither_other_channels_nor_other_notices_waiting():
    store, mail, bus = a_store("acme", "blue"), MemoryNotices("mail"), MemoryNotices("bus")

    run = deliver_notices(outbox=store, channels=[mail, BrokenFor("acme"), bus], now=NOON + MINUTE)

    assert names_of(mail) == names_of(bus) == ["acme", "blue"]
    assert (run.sent, len(run.unsent)) == (1, 1)
    assert run.unsent[0].startswith("contact, notice ")
    assert run.unsent[0].endswith("arn:topic: NotFound")


def test_only_the_channel_that_failed_is_tried_again_and_not_before_the_next_hourly_run():
    store, mail, contact = a_store("acme"), MemoryNotices("mail"), BrokenFor("acme")
    deliver_notices(outbox=store, channels=[mail, contact], now=NOON)
    contact.broken = ()

    soon = deliver_notices(outbox=store, channels=[mail, contact], now=NOON + 30 * MINUTE)
    later = deliver_notices(outbox=store, channels=[mail, contact], now=NOON + 60 * MINUTE)

    assert (soon.taken, later.sent) == (1, 1)
    assert names_of(mail) == names_of(contact) == ["acme"]


def test_a_channel_that_goes_on_failing_is_given_up():
    store, mail, contact = a_store("acme"), MemoryNotices("mail"), BrokenFor("acme")

    runs = [
        deliver_notices(outbox=store, channels=[mail, contact], now=NOON + 60 * MINUTE * hour)
        for hour in range(48)
    ]

    assert contact.tried == MOST_ATTEMPTS
    assert sum(len(run.unsent) for run in runs) == MOST_ATTEMPTS
    assert names_of(mail) == ["acme"]
    assert list(store.pending()) == []


def test_a_notice_whose_delivery_died_is_tried_again_later():
    store, mail = a_store("acme"), MemoryNotices("mail")
    dying = MemoryNotices("contact")
    dying.notify = lambda notice: 1 / 0
    with pytest.raises(ZeroDivisionError):
        deliver_notices(outbox=store, channels=[dying], now=NOON)

    soon = deliver_notices(outbox=store, channels=[mail], now=NOON + MINUTE)
    later = deliver_notices(outbox=store, channels=[mail], now=NOON + 5 * MINUTE)

    assert (soon.taken, later.sent) == (1, 1)
