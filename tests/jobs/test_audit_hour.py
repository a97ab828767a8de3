"""An audit: what the logs say again against what was published, whatever lies in between."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.records.manifest import erased, set_aside
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.domain.totals.audit import ALL_TENANTS, Audit, CannotAudit
from bedrock_meter.domain.totals.erasure import CannotErase
from bedrock_meter.domain.totals.total import ModelUse, Total
from tests.builders import HAIKU, NINE, a_log_object, a_record, at
from tests.jobs.auditing import EVERYTHING, AuditedWorld, written
from tests.jobs.test_erase_tenant import Erasable
from tests.jobs.world import PLENTY

TEN = Hour("2026-11-21T10")
OTHER = {"tenantId": "other"}


class Died(Exception):
    """A worker is gone."""


def dies(*_args: Any) -> Any:
    raise Died


def a_closed_world() -> AuditedWorld:
    """Three calls of two tenants in two log objects of one hour, and one of the hour after."""
    world = AuditedWorld()
    world.deliver("one", a_record("r-1"), a_record("r-2", requestMetadata=OTHER))
    world.deliver("two", a_record("r-3", "09:30:00"), a_record("r-4", "10:05:00"), hour="10")
    world.run("11:20")
    return world


def told(audit: Audit) -> list[tuple[str | None, list[str]]]:
    return [(one.tenant, [each.name for each in one.figures()]) for one in audit.tenants]


def blamed(audit: Audit) -> list[tuple[str, str]]:
    return [(one.object_id, one.reason) for one in audit.objects]


def test_totals_that_are_what_the_log_says_differ_by_nothing() -> None:
    world = a_closed_world()

    audit = world.audited()

    assert (audit.differences(), audit.compared, audit.calls) == (0, 2, 3)
    assert (audit.found, audit.read, audit.apart, audit.is_sample()) == (2, 2, 0, False)
    assert audit.size == sum(map(len, world.logs.objects.values()))


ANOTHER = Total(
    requests=7,
    errors=7,
    usage={"input_tokens": 7},
    cost=7,
    unpriced_requests=7,
    unpriced={"output_tokens": 7},
    models={HAIKU: ModelUse(7, 1_100, 1_500_000 * 10**9)},
    rules={"none": 7},
    conflicts=7,
    timed=7,
    latency_ms=7,
)


@pytest.mark.parametrize("name", [field.name for field in fields(Total)])
def test_a_tampered_number_of_a_total_is_told_by_its_name(name: str) -> None:
    world = a_closed_world()
    item = world.usage.hours["acme", NINE]
    other = replace(item.total, **{name: getattr(ANOTHER, name)})
    world.usage.hours["acme", NINE] = item._replace(total=other)

    audit = world.audited()

    [(tenant, names)] = told(audit)
    assert tenant == "acme"
    assert {each.split(".")[0] for each in names} == {name}
    assert (audit.differences(), blamed(audit)) == (1, [])


def test_a_total_that_vanished_is_told() -> None:
    world = a_closed_world()
    del world.usage.hours["other", NINE]

    [difference] = world.audited().tenants

    assert (difference.tenant, difference.published.requests) == ("other", 0)
    assert difference.recomputed.requests == 1


def test_tampered_evidence_is_found_that_a_rebuild_agrees_with() -> None:
    world = a_closed_world()
    one = a_log_object("one")
    world.tamper(one, lambda record: record._replace(usage={"input_tokens": 5}))
    world.close_again()

    audit = world.audited()

    assert world.rebuilt() == 0
    assert audit.differences() == 2
    assert told(audit)[0] == (
        "acme",
        [
            "cost",
            "list_cost",
            f"models.{HAIKU}.cost",
            f"models.{HAIKU}.tokens",
            "usage.input_tokens",
            "usage.output_tokens",
        ],
    )
    assert blamed(audit) == [(one.object_id, "other records")]


def test_a_record_dropped_from_evidence_is_found_that_a_rebuild_agrees_with() -> None:
    world = a_closed_world()
    one, part = a_log_object("one"), Part(f"{NINE}:00")
    generation, _ = world.evidence.kept[part, one.object_id]
    [file] = [each for each in world.evidence.files(part) if each.object_id == one.object_id]
    first, _ = world.evidence.read(file)
    world.evidence.kept[part, one.object_id] = (generation, written(part, [first]).read())
    world.close_again()

    audit = world.audited()

    assert world.rebuilt() == 0
    assert [one.tenant for one in audit.tenants] == ["other"]
    [culprit] = audit.objects
    assert (culprit.object_id, culprit.logged, culprit.kept, culprit.differing) == (
        one.object_id, 2, 1, 1,
    )  # fmt: skip


def test_evidence_that_cannot_be_read_is_blamed() -> None:
    world = a_closed_world()
    one, part = a_log_object("one"), Part(f"{NINE}:00")
    world.evidence.kept[part, one.object_id] = (1, b"\x1f\x8bdamaged")
    item = world.usage.hours["acme", NINE]
    world.usage.hours["acme", NINE] = item._replace(total=Total())

    assert blamed(world.audited()) == [(one.object_id, "evidence cannot be read")]


def test_a_settled_log_object_that_no_close_has_seen_is_a_difference() -> None:
    world = a_closed_world()
    row = world.hours.row(NINE)
    late = world.deliver("late", a_record("r-9"), hour="11")
    world.hours.kept[NINE] = row  # whoever metered it has not asked for a close

    audit = world.audited()

    assert [one.tenant for one in audit.tenants] == ["acme"]
    assert blamed(audit) == [(late.object_id, "not in the closing")]


def test_a_settled_log_object_without_evidence_is_a_difference() -> None:
    world = a_closed_world()
    row = world.hours.row(NINE)
    late = world.deliver("late", a_record("r-9"), hour="11")
    del world.evidence.kept[Part(f"{NINE}:00"), late.object_id]
    world.hours.kept[NINE] = row

    assert blamed(world.audited()) == [(late.object_id, "evidence missing")]


def test_a_log_object_that_waits_to_be_metered_is_no_difference() -> None:
    world = a_closed_world()
    late = world.deliver("late", a_record("r-9"), hour="11", is_metered=False)

    audit = world.audited()

    assert (audit.differences(), audit.outstanding) == (0, (late.object_id,))


def test_a_log_object_that_an_operator_gave_up_is_no_difference() -> None:
    world = a_closed_world()
    late = world.deliver("late", a_record("r-9"), hour="11", is_metered=False)
    world.manifests.put(set_aside(late, None, "not ours"), None)

    audit = world.audited()

    assert (audit.differences(), audit.outstanding, audit.aside) == (0, (), (late.object_id,))


def test_a_log_object_that_is_read_anew_is_compared_and_named() -> None:
    world = a_closed_world()
    one = a_log_object("one").object_id
    world.manifests.manifests[one] = world.manifests.manifests[one]._replace(settled=False)

    audit = world.audited()

    assert (audit.differences(), audit.calls, audit.outstanding) == (0, 3, (one,))


def test_a_log_object_that_was_given_up_and_is_read_after_all_is_compared() -> None:
    world = a_closed_world()
    late = world.deliver("late", a_record("r-9"), is_metered=False)
    world.manifests.put(set_aside(late, None, "not ours"), None)
    finish, world.hours.row = world.hours.row, dies
    with pytest.raises(Died):
        world.deliver("late", a_record("r-9"))
    world.hours.row = finish
    world.close_again()
    assert world.usage.hours["acme", NINE].total.requests == 3

    audit = world.audited()

    assert (audit.differences(), audit.outstanding, audit.aside) == (0, (late.object_id,), ())


@pytest.mark.parametrize("name", ["one", "two"])
def test_without_a_log_object_of_the_closing_nothing_can_be_compared(name: str) -> None:
    world = a_closed_world()
    del world.logs.objects[a_log_object(name, *{"two": ("10", "10:59:59")}.get(name, ())).key]

    with pytest.raises(CannotAudit, match=r"2026-11-21T09: .*that was metered is gone: s3://logs"):
        world.audited()


def test_a_log_object_that_vanishes_unmetered_while_one_looks_is_passed_over() -> None:
    world = a_closed_world()
    late = world.deliver("late", a_record("r-9"), hour="11")
    row = world.hours.row(NINE)
    world.hours.kept[NINE] = row._replace(dirty=row.cleaned)
    listed = list(world.logs.delivered(Hour("2026-11-21T11")))
    world.logs.delivered = lambda hour: iter(listed if hour.endswith("11") else ())  # type: ignore[method-assign]
    del world.logs.objects[late.key]

    assert world.audited().differences() == 0


def test_evidence_without_any_word_of_its_log_object_cannot_be_compared() -> None:
    world = a_closed_world()
    del world.manifests.manifests[a_log_object("one").object_id]
    del world.logs.objects[a_log_object("one").key]

    with pytest.raises(CannotAudit, match="no manifest says where log object logs/AWSLogs"):
        world.audited()


def test_a_log_object_delivered_long_after_is_read_because_the_closing_names_it() -> None:
    world = a_closed_world()
    world.deliver("late", a_record("r-9"), hour="18")
    world.run("19:20")

    audit = world.audited()

    assert (audit.differences(), audit.found, audit.calls) == (0, 3, 4)


def test_other_bytes_than_those_that_were_metered_are_named() -> None:
    world = a_closed_world()
    one = a_log_object("one")
    world.logs.objects[one.key] = world.logs.objects[one.key].replace(b"1000", b"2000")

    audit = world.audited()

    assert (audit.differences(), audit.changed) == (2, (one.object_id,))


def test_objects_that_an_older_release_read_are_counted() -> None:
    assert a_closed_world().audited(version=2).older == 2


# ── a request logged twice ─────────────────────────────────────────────────────────────────────


def test_one_request_logged_twice_near_an_edge_is_one_call() -> None:
    world = AuditedWorld()
    world.deliver("one", a_record("r-1", "09:59:00"))
    world.deliver("two", a_record("r-1", "10:01:00"), a_record("r-2", "10:30:00"), hour="10")
    world.run("11:20")

    assert [world.audited(hour).differences() for hour in (NINE, TEN)] == [0, 0]
    assert world.audited(NINE).calls + world.audited(TEN).calls == 2
    assert world.audited().apart == 0


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        (("09:30:00", 100), ("10:30:00", 100), [1, 1]),  # no close sees both
        (("09:50:00", 100), ("10:30:00", 100), [0, 0]),  # ten o'clock leaves it to nine
        (("09:50:00", 100), ("10:30:00", 900), [0, 1]),  # both count it, and ten can tell
        (("09:30:00", 100), ("10:10:00", 100), [1, 0]),  # nine does not, ten can tell
    ],
)
def test_one_request_logged_twice_too_far_apart_is_counted(
    first: tuple[str, int], second: tuple[str, int], apart: list[int]
) -> None:
    world = AuditedWorld()
    for hour, (time, tokens) in (("09", first), ("10", second)):
        record = a_record("r-1", time, input={"inputTokenCount": tokens})
        world.deliver(f"at {hour}", record, a_record(f"r-{hour}", f"{hour}:31:00"), hour=hour)
    world.run("11:20")

    audits = [world.audited(hour) for hour in (NINE, TEN)]

    assert [audit.differences() for audit in audits] == [0, 0]
    assert [audit.apart for audit in audits] == apart


# ── a tenant that was erased ───────────────────────────────────────────────────────────────────


def an_erased_world() -> AuditedWorld:
    """Evidence and totals of `one` name a pseudonym where its log object names acme."""
    world = a_closed_world()
    one = a_log_object("one")
    noted = world.manifests.manifests[one.object_id]
    world.manifests.manifests[one.object_id] = erased(noted, at("11:21"))
    world.tamper(one, lambda record: record._replace(metadata={"tenantId": "erased-1"}))
    world.close_again()
    return world


def test_of_an_hour_with_an_erased_tenant_only_the_sums_are_compared() -> None:
    world = an_erased_world()

    audit = world.audited()

    assert (audit.differences(), audit.only_sums) == (0, True)
    assert world.usage.hours["erased-1", NINE].total.requests == 2


class Erasing(Erasable, AuditedWorld):
    """An audited world in which tenants are erased."""


def test_hours_of_others_can_be_compared_after_a_tenant_was_erased_everywhere() -> None:
    world = Erasing()
    world.deliver("one", a_record("r-1", requestMetadata={"tenantId": "jo@example.com"}))
    world.deliver("far", a_record("r-2", "11:20:00"), hour="11")
    world.run("12:20")
    world.erase("jo@example.com", everywhere=True, now=at("12:30"))
    world.run("13:20")

    assert world.audited(Hour("2026-11-21T11")).differences() == 0
    assert world.audited(NINE).only_sums


def test_hours_can_be_compared_after_an_erasing_that_was_refused() -> None:
    world = Erasing()
    world.deliver("one", a_record("r-1", requestMetadata={"tenantId": "jo@example.com"}))
    world.deliver("far", a_record("r-2", "11:20:00"), hour="11")
    world.run("12:20")
    world.hours.ask(Hour("2026-11-21T11"))

    with pytest.raises(CannotErase, match="2026-11-21T11 waits to be closed"):
        world.erase("jo@example.com", everywhere=True, now=at("12:30"))
    world.run("13:20")

    assert world.audited(NINE).differences() == 0


def test_sums_that_differ_are_told_without_any_name() -> None:
    world = an_erased_world()
    item = world.usage.hours["erased-1", NINE]
    world.usage.hours["erased-1", NINE] = item._replace(total=replace(item.total, requests=5))

    audit = world.audited()

    assert told(audit) == [(ALL_TENANTS, ["requests"])]
    assert "acme" not in repr(audit.document())


# ── an hour too large to be read whole ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "bounds",
    [
        EVERYTHING._replace(objects=1),
        EVERYTHING._replace(size=1),
        EVERYTHING._replace(records=1),
    ],
)
def test_of_a_large_hour_a_sample_is_compared_record_by_record(bounds: Any) -> None:
    world = a_closed_world()

    audit = world.audited(bounds=bounds)

    assert audit.is_sample()
    assert (audit.differences(), audit.found, audit.read, audit.compared) == (0, 2, 1, 1)
    assert (audit.calls, audit.apart) == (2, None)


def test_a_sampled_log_object_whose_evidence_is_another_is_a_difference() -> None:
    world = a_closed_world()
    one = a_log_object("one")
    world.tamper(one, lambda record: record._replace(principal="somebody else"))
    world.close_again()

    assert world.audited().differences() == 0  # no total says who called
    assert blamed(world.audited(bounds=EVERYTHING._replace(objects=1))) == [
        (one.object_id, "other records")
    ]


def test_a_sampled_log_object_that_is_not_in_the_closing_is_a_difference() -> None:
    world = a_closed_world()
    row = world.hours.row(NINE)
    late = world.deliver("alone", a_record("r-9"))
    world.hours.kept[NINE] = row

    audit = world.audited(bounds=EVERYTHING._replace(objects=2))

    assert blamed(audit) == [(late.object_id, "not in the closing")]
    assert audit.differences() == 1


def test_a_sampled_log_object_of_an_erased_tenant_may_differ_in_names_only() -> None:
    world = an_erased_world()
    bounds = EVERYTHING._replace(objects=1)

    assert world.audited(bounds=bounds).differences() == 0

    world.tamper(a_log_object("one"), lambda record: record._replace(usage={}))
    assert world.audited(bounds=bounds).differences() == 1


def test_a_sampled_log_object_that_is_read_anew_is_left_out() -> None:
    world = a_closed_world()
    one = a_log_object("one").object_id
    world.manifests.manifests[one] = world.manifests.manifests[one]._replace(settled=False)

    audit = world.audited(bounds=EVERYTHING._replace(objects=1))

    assert (audit.compared, audit.left_out, audit.outstanding) == (0, 1, (one,))


# ── time ───────────────────────────────────────────────────────────────────────────────────────


def lasting(answers: int, then: timedelta) -> Any:
    """As much time as one likes, so many times; then what is left."""
    left = iter([PLENTY] * answers)
    return lambda: next(left, then)


def test_what_there_is_no_time_to_read_makes_the_rest_a_sample() -> None:
    audit = a_closed_world().audited(remaining=lasting(4, timedelta(minutes=4)))

    assert audit.is_sample()
    assert (audit.read, audit.compared, audit.differences()) == (1, 1, 0)


def test_without_time_for_anything_nothing_is_compared() -> None:
    with pytest.raises(CannotAudit, match="no time to read a single log object"):
        a_closed_world().audited(remaining=lambda: timedelta(minutes=5))


def test_totals_that_there_is_no_time_to_read_are_counted() -> None:
    world = a_closed_world()
    asked: list[int] = []

    def remaining() -> timedelta:
        asked.append(1)
        return PLENTY

    assert world.audited(remaining=remaining).compared == 2
    audit = world.audited(remaining=lasting(len(asked) - 1, timedelta(seconds=20)))

    assert (audit.is_sample(), audit.compared, audit.left_out) == (False, 1, 1)


# ── hours that cannot be compared ──────────────────────────────────────────────────────────────


def test_an_hour_that_is_not_published_cannot_be_compared() -> None:
    with pytest.raises(CannotAudit, match=r"^2026-11-21T11 is not published yet$"):
        a_closed_world().audited(Hour("2026-11-21T11"))


def test_an_hour_that_waits_for_a_close_cannot_be_compared() -> None:
    world = a_closed_world()
    world.hours.ask(NINE)

    with pytest.raises(CannotAudit, match="waits to be closed again"):
        world.audited()


def test_an_hour_that_is_final_is_not_compared() -> None:
    world = a_closed_world()
    world.hours.seal(TEN)

    with pytest.raises(CannotAudit, match="is final"):
        world.audited()


def test_what_came_too_late_for_the_hour_beside_it_vies_for_no_call() -> None:
    world = AuditedWorld()
    world.deliver("one", a_record("r-1", "09:05:00"))
    world.deliver("two", a_record("r-2", "10:05:00"), hour="10")
    world.run("11:20")
    world.hours.seal(TEN)
    # A larger twin of r-2: counted in its stead, if its hour were not final.
    larger = {"inputTokenCount": 9_000}
    world.deliver("late", a_record("r-2", "09:58:00", input=larger), hour="11")
    world.run("12:20")

    assert world.audited(TEN).differences() == 0


def test_an_hour_closed_again_while_one_looks_cannot_be_compared() -> None:
    world = a_closed_world()
    hours_in = world.usage.hours_in

    def close_again(tenant: Any, day: Any) -> Any:
        world.hours.ask(NINE)
        return hours_in(tenant, day)

    world.usage.hours_in = close_again  # type: ignore[method-assign]

    with pytest.raises(CannotAudit, match="asked for or closed again while it was compared"):
        world.audited()


def test_a_log_object_that_touches_too_many_hours_counts_for_nothing() -> None:
    world = a_closed_world()
    wide = world.deliver("wide", a_record("r-8"), a_record("r-9", "08:05:00"), is_metered=False)
    noted = world.manifests.manifests[a_log_object("one").object_id]
    whole = noted._replace(
        object_id=wide.object_id, bucket=wide.bucket, key=wide.key, parts=(), records=0, rejects=1
    )
    world.manifests.manifests[wide.object_id] = whole

    assert world.audited(most_hours=1).calls == 2  # of `one` alone: `two` touches two hours
    assert world.audited(most_hours=2).calls == 4


def test_what_cannot_be_metered_is_in_neither() -> None:
    world = AuditedWorld()
    world.deliver("one", a_record("r-1"), a_record("r-2", modelId=5))
    world.run("10:20")

    audit = world.audited()

    assert (audit.differences(), audit.calls) == (0, 1)


def test_an_hour_without_any_calls_differs_by_nothing() -> None:
    world = AuditedWorld()
    world.deliver("one", a_record("r-1", "07:05:00"), hour="07")
    world.deliver("two", a_record("r-2", "10:05:00"), hour="10")
    world.run("11:20")

    audit = world.audited(Hour("2026-11-21T08"))

    assert (audit.differences(), audit.compared, audit.calls) == (0, 0, 0)


# ── invariants ──────────────────────────────────────────────────────────────────────────────────

TIMES = st.builds(
    lambda hour, minute: f"{hour:02}:{minute}",
    st.integers(8, 10),
    st.sampled_from(["00:00", "14:59", "15:00", "30:00", "44:59", "45:00", "59:59"]),
)
RECORDS = st.builds(
    lambda number, time, tokens, tenant: a_record(
        f"r-{number}", time, input={"inputTokenCount": tokens}, requestMetadata={"tenantId": tenant}
    ),
    st.integers(1, 5),
    TIMES,
    st.sampled_from([0, 100, 2_000]),
    st.sampled_from(["acme", "other"]),
)


@given(st.lists(st.lists(RECORDS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_whatever_was_logged_twice_and_wherever_an_audit_agrees_with_a_close(
    objects: list[list[dict[str, Any]]],
) -> None:
    world = AuditedWorld()
    world.deliver("the first", a_record("r-0", "07:30:00"), hour="10")
    for number, records in enumerate(objects):
        world.deliver(f"object {number}", *records, hour="10")
    world.run("12:20")

    for hour in ("08", "09", "10"):
        audit = world.audited(Hour(f"2026-11-21T{hour}"))
        assert audit.differences() == 0
        assert world.audited(audit.hour, bounds=EVERYTHING._replace(objects=1)).differences() == 0
