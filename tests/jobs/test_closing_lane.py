"""From evidence to published totals: counted once, whatever came late, twice or moved away."""

from typing import Any

import pytest

from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.errors import Contended, EvidenceMissing
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Day, Hour, Month, Part
from bedrock_meter.domain.totals.hour_row import Progress
from bedrock_meter.domain.totals.total import EMPTY
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")


class Died(Exception):
    """A worker is gone."""


def dies(*_args: object) -> Any:
    raise Died


DAY, MONTH = Day("2026-11-21"), Month("2026-11")
CALL = 1_500_000 * 10**9  # 1,000 tokens in at $1 and 100 out at $5 per million, in attodollars


def test_an_hour_is_closed_summed_up_and_published() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"), an_evidence("r-2", metadata={"tenantId": "other"}))

    assert world.run("10:20") == [NINE]

    assert world.closed("acme", NINE) == world.closed("other", NINE) == CALL
    assert world.usage.day("acme", DAY).total.cost == CALL
    assert world.usage.day("acme", DAY).mask == 1 << 9
    assert world.usage.month("acme", MONTH).masks == {DAY: 1 << 9}
    assert world.usage.top(MONTH) == [("acme", CALL), ("other", CALL)]
    assert len(world.rollups.hours[NINE][1]) == 2
    assert world.hours.progress().data_up_to == TEN


def test_a_second_run_finds_nothing_to_do() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run()
    before = (dict(world.usage.hours), dict(world.usage.days), dict(world.hours.kept))

    assert world.run() == []
    assert (world.usage.hours, world.usage.days, world.hours.kept) == before


def test_an_object_announced_three_times_counts_once() -> None:
    world = World()
    for _ in range(3):
        world.ingest("one", an_evidence())
    world.run()
    world.ingest("one", an_evidence())
    world.run("10:25")

    assert world.closed("acme", NINE) == CALL


def test_a_late_object_makes_its_closed_hour_due_and_leaves_a_correction() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.run()

    world.ingest("late", an_evidence("r-2"))
    assert world.hours.row(NINE).is_due()
    world.run("11:20")

    assert world.closed("acme", NINE) == 2 * CALL
    assert world.usage.month("acme", MONTH).total.cost == 2 * CALL
    [correction] = world.closings.corrections(NINE, world.hours.row(NINE).published)
    assert (correction.old.cost, correction.new.cost) == (CALL, 2 * CALL)


def test_an_hour_long_before_data_up_to_is_closed_when_its_logs_are_replayed() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run()

    old = an_evidence("r-9")._replace(at="2026-03-01T04:10:00Z")
    world.ingest("old", old, is_live=False)
    world.run("11:20")

    assert world.closed("acme", Hour("2026-03-01T04")) == CALL
    assert world.hours.progress().data_up_to == Hour("2026-11-21T11")


def test_a_tenant_that_a_new_policy_left_behind_goes_down_as_the_other_goes_up() -> None:
    world = World()
    world.ingest("one", an_evidence(metadata={"tenantId": "acme", "department": "Acme Inc"}))
    world.run()

    world.policy = Policy.from_document({"attribution": {"tenant_keys": ["department"]}})
    world.hours.ask(NINE)
    world.run("11:20")

    assert world.closed("Acme Inc", NINE) == CALL
    assert world.usage.hours["acme", NINE].total == EMPTY
    assert world.usage.day("acme", DAY).total == EMPTY
    assert world.usage.month("acme", MONTH).total.cost == 0
    assert world.usage.top(DAY) == [("Acme Inc", CALL)]
    changes = world.closings.corrections(NINE, world.hours.row(NINE).published)
    assert sum(change.new.cost - change.old.cost for change in changes) == 0


def test_a_replay_that_moves_a_call_to_another_hour_empties_the_first() -> None:
    world = World()
    world.ingest("one", an_evidence(time="09:30:00"))
    world.run("11:20")

    world.ingest("one", an_evidence(time="10:30:00"), version=2)
    world.run("12:20")

    assert world.closed("acme", NINE) == 0
    assert world.closed("acme", TEN) == CALL
    assert world.usage.day("acme", DAY).total.cost == CALL


def test_an_older_reading_never_undoes_a_replay() -> None:
    world = World()
    world.ingest("one", an_evidence(usage={"input_tokens": 2000}), version=2)
    world.ingest("one", an_evidence(), version=1)
    world.run()

    assert world.usage.hours["acme", NINE].total.usage == {"input_tokens": 2000}


def test_duplicate_requests_in_two_objects_over_an_edge_count_once() -> None:
    world = World()
    world.ingest("one", an_evidence("r", time="09:59:59", usage={}, counts="zero"))
    world.ingest("two", an_evidence("r", time="10:00:01"))
    world.run("11:20")

    assert (NINE not in {hour for _, hour in world.usage.hours}) or world.closed("acme", NINE) == 0
    assert world.closed("acme", TEN) == CALL
    assert world.usage.day("acme", DAY).total.requests == 1


def test_a_duplicate_that_arrives_late_makes_the_neighbouring_hour_due() -> None:
    world = World()
    world.ingest("one", an_evidence("r", time="09:59:59"))
    world.run("10:20")

    world.ingest("two", an_evidence("r", time="10:00:01", usage={"input_tokens": 9000}))
    world.run("11:20")

    assert world.closed("acme", NINE) == 0
    assert world.usage.day("acme", DAY).total.usage == {"input_tokens": 9000}


def test_a_published_hour_that_lost_its_charges_is_left_alone_and_the_others_close() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.ingest("two", an_evidence("r-2", time="10:30:00"))
    world.run("10:20")
    del world.evidence.kept[Part(f"{NINE}:00"), a_log_object("one").object_id]
    world.hours.ask(NINE)

    with pytest.raises(
        EvidenceMissing, match=r"1 evidence files .* 2026-11-21T09 contained are gone"
    ):
        world.close_hour(NINE)
    closed = world.close_day(DAY, [NINE, TEN], "11:20")

    assert closed.published == (TEN,)
    assert list(closed.failed) == [NINE]
    assert world.closed("acme", NINE) == CALL


def test_an_hour_whose_neighbour_lost_evidence_is_not_closed_again() -> None:
    world = World()
    world.ingest("one", an_evidence("r", time="09:58:00", usage={"input_tokens": 9_000}))
    world.ingest("two", an_evidence("r", time="10:02:00"))
    world.run("11:20")
    ended = [file for file in world.evidence.kept if file[0].startswith(NINE)]
    for file in ended:
        del world.evidence.kept[file]  # as a lifecycle rule does with the oldest
    world.hours.ask(TEN)

    closed = world.close_day(DAY, [TEN], "12:20")

    assert list(closed.failed) == [TEN]
    assert world.usage.day("acme", DAY).total.requests == 1


def test_a_close_that_was_overtaken_writes_no_total() -> None:
    world = World()
    world.ingest("one", an_evidence())
    decided = world.valuation

    def overtaken(hour: Hour):
        world.hours.mark(hour, at("12:00"))
        return decided(hour)

    world.valuation = overtaken

    assert world.close_hour(NINE) is None
    assert world.usage.hours == {}


def test_an_empty_hour_has_a_closing_and_no_parquet() -> None:
    world = World()
    world.ingest("one", an_evidence(time="07:30:00"))

    assert world.run("10:20") == [Hour("2026-11-21T07"), Hour("2026-11-21T08"), NINE]
    assert world.closings.newest(NINE).totals == {}
    assert NINE not in world.rollups.hours


def test_calls_without_a_rate_are_kept_beside_the_cost() -> None:
    world = World()
    world.ingest("one", an_evidence(), an_evidence("r-2", model_id="acme.superlm-9-v1:0"))
    world.run()

    world.hours.ask(NINE)
    found = world.close_day(DAY, [NINE]).findings
    total = world.usage.hours["acme", NINE].total
    assert (found.requests, found.unpriced_tokens) == (2, 1100)
    assert (total.cost, total.unpriced_requests) == (CALL, 1)
    assert total.unpriced == {"input_tokens": 1000, "output_tokens": 100}


def test_an_older_reading_waits_until_a_newer_one_has_finished() -> None:
    world = World()
    meets, world.hours.progress = world.hours.progress, lambda: Progress()
    ask, world.hours.row = world.hours.row, dies
    with pytest.raises(Died):
        world.ingest("one", an_evidence(usage={"input_tokens": 2000}), version=2)
    world.hours.progress, world.hours.row = meets, ask

    with pytest.raises(Contended, match="meter version 2 is not finished"):
        world.ingest("one", an_evidence(), version=1)

    world.ingest("one", an_evidence(usage={"input_tokens": 2000}), version=2)
    assert world.ingest("one", an_evidence(), version=1).is_known


def test_what_an_older_reading_rejected_stays_metered() -> None:
    world = World()
    reject = Reject(a_log_object("one").object_id, 1, 0, 9, "ab" * 32, "bad_count", {})
    put, late = world.quarantine.put, []
    world.quarantine.put = lambda *args: late.append(args)  # stalls right before it
    world.ingest("one", version=1, rejects=[reject])
    world.quarantine.put = put

    world.ingest("one", an_evidence(), version=2)
    world.quarantine.put(*late[0])

    assert [file.rejects for file in world.quarantine.files()] == [()]


def test_a_slow_run_leaves_data_up_to_where_its_plan_looked() -> None:
    world = World()
    world.ingest("one", an_evidence())
    slow = world.plan("10:25")
    world.run("12:45")

    world.close_day(DAY, [NINE], "13:30", hold=slow.hold)

    assert slow.hold == TEN
    assert world.hours.progress().data_up_to == Hour("2026-11-21T12")


def test_an_hour_with_a_broken_charges_file_does_not_keep_the_others_from_closing() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.ingest("two", an_evidence("r-2", time="11:30:00"))
    world.evidence.kept[Part(f"{NINE}:00"), "broken"] = (1, b"not gzip")

    closed = world.close_day(DAY, [NINE, Hour("2026-11-21T11")], "12:20")

    assert closed.published == (Hour("2026-11-21T11"),)
    assert list(closed.failed) == [NINE]
