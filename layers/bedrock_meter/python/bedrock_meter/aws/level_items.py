"""Level states, baselines and notices as items; shapes only, no keys.

Numbers that a signal compares can be larger than a DynamoDB number is exact, so they are texts.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.level import level_named
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.domain.levels.reading import Reading
from bedrock_meter.domain.levels.stored_state import HistoryEntry
from bedrock_meter.domain.time.days import Days
from bedrock_meter.domain.time.hours import Day, Hour, parse_time, text_of

SECOND = timedelta(seconds=1)


def item_of_state(state: LevelState) -> dict[str, Any]:
    """Write a level state; `explanation` is for people and never read back."""
    return {
        "level": state.level.word,
        "since": text_of(state.since),
        "held_at": text_of(state.held_at),
        "cause": _item_of_reading(state.cause) if state.cause else None,
        "readings": [_item_of_reading(reading) for reading in state.readings],
        "as_of": text_of(state.as_of),
        "data_up_to": text_of(state.data_up_to),
        "dwell_seconds": state.dwell // SECOND,
        "explanation": state.explanation(),
    }


def state_of_item(item: Mapping[str, Any]) -> LevelState:
    """Read what `item_of_state` wrote."""
    return LevelState(
        level=level_named(item["level"]),
        since=parse_time(item["since"]),
        held_at=parse_time(item["held_at"]),
        cause=_reading_of_item(item["cause"]) if item["cause"] else None,
        readings=tuple(_reading_of_item(reading) for reading in item["readings"]),
        as_of=parse_time(item["as_of"]),
        data_up_to=parse_time(item["data_up_to"]),
        dwell=int(item["dwell_seconds"]) * SECOND,
    )


def _item_of_reading(reading: Reading) -> dict[str, Any]:
    return {
        "signal": reading.signal,
        "level": reading.level.word,
        "holds": reading.holds.word,
        "value": str(reading.value),
        "limit": str(reading.limit),
        "reason": reading.reason,
        "held_at": text_of(reading.held_at),
        "ends_at": text_of(reading.ends_at),
        "fades": reading.fades,
        "margin": reading.margin,
    }


def _reading_of_item(item: Mapping[str, Any]) -> Reading:
    return Reading(
        signal=item["signal"],
        level=level_named(item["level"]),
        holds=level_named(item["holds"]),
        value=int(item["value"]),
        limit=int(item["limit"]),
        reason=item["reason"],
        held_at=parse_time(item["held_at"]),
        ends_at=parse_time(item["ends_at"]),
        fades=item["fades"],
        margin=int(item["margin"]),
    )


def packed_baseline(baseline: Baseline) -> bytes:
    """Write a baseline as deflated JSON: a few kilobytes."""
    days = baseline.days
    body = [
        baseline.up_to,
        baseline.weeks,
        baseline.usual,
        baseline.ever,
        [days.known, days.last, days.usual, days.sigma, days.growth],
    ]
    return zlib.compress(json.dumps(body).encode(), 9)


def unpacked_baseline(body: bytes) -> Baseline:
    """Read what `packed_baseline` wrote."""
    up_to, weeks, usual, ever, days = json.loads(zlib.decompress(body))
    return Baseline(
        up_to=Hour(up_to),
        weeks=weeks,
        usual=tuple(usual),
        ever=tuple(ever),
        days=_days_of(days),
    )


def _days_of(body: list[Any]) -> Days:
    known, last, usual, sigma, growth = body
    return Days(known, Day(last) if last else None, tuple(usual), sigma, growth)


def item_of_notice(notice: Notice) -> dict[str, Any]:
    """Write a notice."""
    return {
        "tenant": notice.tenant,
        "id": notice.id,
        "before": notice.before.word,
        "after": notice.after.word,
        "at": text_of(notice.at),
        "subject": notice.subject,
        "body": notice.body,
        "contact": notice.contact,
    }


def notice_of_item(item: Mapping[str, Any]) -> Notice:
    """Read what `item_of_notice` wrote."""
    return Notice(
        tenant=item["tenant"],
        id=int(item["id"]),
        before=level_named(item["before"]),
        after=level_named(item["after"]),
        at=parse_time(item["at"]),
        subject=item["subject"],
        body=item["body"],
        contact=item["contact"],
    )


def item_of_entry(entry: HistoryEntry) -> dict[str, Any]:
    """Write a line of history."""
    return {
        "at": text_of(entry.at),
        "what": entry.what,
        "by": entry.by,
        "reason": entry.reason,
    }


def entry_of_item(item: Mapping[str, Any]) -> HistoryEntry:
    """Read what `item_of_entry` wrote."""
    return HistoryEntry(parse_time(item["at"]), item["what"], item["by"], item["reason"])
