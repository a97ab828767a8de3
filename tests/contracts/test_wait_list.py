"""`WaitList`: a log object stands on it once; the sweep never goes back."""

from datetime import timedelta
from typing import Any

from bedrock_meter.domain.records.waiting import Swept, Waiting
from bedrock_meter.domain.time.hours import Hour
from tests.builders import NINE, a_key, at

NOON = at("12:00") + timedelta(microseconds=7)
TEN = Hour("2026-11-21T10")


def waiting(name: str = "one", **changes: Any) -> Waiting:
    return Waiting("logs", a_key(name), NOON)._replace(**changes)


def test_what_waits_comes_back_as_it_was_written(wait_list: Any) -> None:
    objects = [waiting("one"), waiting("two", holds=False), waiting(key="ä/ b#c", bucket="x")]

    wait_list.wait(objects)

    assert sorted(wait_list.waiting()) == sorted(objects)


def test_an_object_waits_once_and_remembers_its_last_announcement(wait_list: Any) -> None:
    later = waiting(announced=NOON + timedelta(hours=6))

    wait_list.wait([waiting()])
    wait_list.wait([waiting(announced=at("06:00")), later])

    assert wait_list.waiting() == [later]


def test_objects_of_different_buckets_wait_apart(wait_list: Any) -> None:
    wait_list.wait([waiting(), waiting(bucket="other")])

    wait_list.met([waiting(bucket="other")])

    assert wait_list.waiting() == [waiting()]


def test_an_object_waits_for_each_reading_and_is_met_for_one(wait_list: Any) -> None:
    first, anew = waiting(), waiting(holds=False, revision=3)
    later = waiting(holds=False, revision=12)
    wait_list.wait([later, first, anew])

    wait_list.met([anew._replace(announced=at("06:00"))])
    assert sorted(wait_list.waiting()) == sorted([first, later])

    wait_list.met([first])
    assert wait_list.waiting() == [later]


def test_what_was_met_is_off_the_list_however_often_it_is_said(wait_list: Any) -> None:
    wait_list.wait([waiting("one"), waiting("two")])
    one = waiting("one")

    wait_list.met([one, waiting("unknown"), one])
    wait_list.met([one])
    wait_list.met([])

    assert wait_list.waiting() == [waiting("two")]


def test_a_backlog_of_more_than_a_batch_waits_whole(wait_list: Any) -> None:
    objects = [waiting(key=f"logs/{number:03d}.json.gz") for number in range(130)]

    wait_list.wait(iter(objects))
    assert wait_list.waiting() == objects

    wait_list.met(iter(objects[:-1]))
    assert wait_list.waiting() == objects[-1:]


def test_before_the_first_sweep_nothing_was_looked_through(wait_list: Any) -> None:
    assert wait_list.swept() == Swept()

    wait_list.sweep_to(Swept(None, None, {NINE: 3}))

    assert wait_list.swept() == Swept(None, None, {NINE: 3})


def test_the_sweep_never_goes_back(wait_list: Any) -> None:
    wait_list.sweep_to(Swept(TEN, TEN, {TEN: 4}))
    wait_list.sweep_to(Swept(NINE, TEN, {NINE: 9}))
    wait_list.sweep_to(Swept(None, None, {}))
    assert wait_list.swept() == Swept(TEN, TEN, {TEN: 4})

    wait_list.sweep_to(Swept(TEN, TEN, {TEN: 5, Hour("2026-11-21T11"): 0}))
    assert wait_list.swept() == Swept(TEN, TEN, {TEN: 5, Hour("2026-11-21T11"): 0})


def test_the_sweep_is_no_waiting_object(wait_list: Any) -> None:
    wait_list.sweep_to(Swept(TEN, TEN, {}))

    assert wait_list.waiting() == []
