"""FoldSlot: stream records and deferred live hours."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.live import DeferredRefresh
from bedrock_meter.jobs.raise_levels import Folded
from functions.fold_slot import app
from tests.functions.conftest import REMAINING_MS, Job, sqs


def moved(*keys: tuple[str, str]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                    "SequenceNumber": str(number),
                    "StreamViewType": "KEYS_ONLY",
                },
            }
            for number, (pk, sk) in enumerate(keys)
        ]
    }


@pytest.fixture
def fold(monkeypatch: pytest.MonkeyPatch) -> Job:
    job = Job(Folded(0, ()))
    monkeypatch.setattr(app, "fold", lambda: job)
    return job


@pytest.fixture
def refresh(monkeypatch: pytest.MonkeyPatch) -> Job:
    job = Job(())
    monkeypatch.setattr(app, "refresh", lambda: job)
    return job


def test_all_partials_of_a_batch_are_folded_in_one_go(fold: Job, called: Any) -> None:
    keys = [("S#2026-11-21T05:05#0", "O#a"), ("S#2026-11-21T05:10#0", "O#b")]

    answer, _ = called(app, moved(*keys))

    (asked,) = fold.asked
    assert asked["keys"] == keys
    assert asked["remaining"]() == timedelta(milliseconds=REMAINING_MS)
    assert answer == {"batchItemFailures": []}


def test_a_fold_that_fails_fails_the_batch_so_that_the_stream_halves_it(
    fold: Job, called: Any
) -> None:
    fold.answer = lambda **_: RuntimeError("no")

    with pytest.raises(RuntimeError):
        called(app, moved(("S#2026-11-21T05:05#0", "O#a")))


def test_deferred_live_hours_are_refreshed(refresh: Job, called: Any) -> None:
    deferred = DeferredRefresh(Hour("2026-11-21T05"), ("a", None), ((Slot("2026-11-21T05:05"), 3),))

    called(app, sqs(json.dumps(deferred._asdict())))

    (asked,) = refresh.asked
    assert asked["tenants"] == ["a", None]
    assert asked["versions"] == [["2026-11-21T05:05", 3]]
    assert asked["assess"] is False
    assert asked["remaining"]() == timedelta(milliseconds=REMAINING_MS)


def test_versions_without_room_for_every_tenant_are_counted(fold: Job, called: Any) -> None:
    fold.answer = Folded(2, ())

    _, metrics = called(app, moved(("S#2026-11-21T05:05#0", "O#a")))

    assert metrics["SlotsOverflowed"] == 2


def test_a_notice_that_could_not_be_sent_is_counted_and_fails_nothing(
    fold: Job, called: Any
) -> None:
    fold.answer = Folded(0, ("contact, notice 17: no",))

    answer, metrics = called(app, moved(("S#2026-11-21T05:05#0", "O#a")))

    assert answer == {"batchItemFailures": []}
    assert metrics["NoticesUnsent"] == 1


def test_an_unsent_notice_of_a_deferred_assessment_is_counted_too(
    refresh: Job, called: Any
) -> None:
    refresh.answer = ("contact, notice 17: no",)
    deferred = DeferredRefresh(Hour("2026-11-21T05"), ("a",), (), assess=True)

    _, metrics = called(app, sqs(json.dumps(deferred._asdict())))

    assert metrics["NoticesUnsent"] == 1
