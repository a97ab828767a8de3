"""The simulated intake asks for the hours that the shipped ingest asks for."""

import pytest

from bedrock_meter.domain.time.hours import Hour, parse_time, part_of
from bedrock_meter.local.hours import MemoryHourTable
from simulate.intake import ask_for
from tests.builders import an_evidence, at
from tests.jobs.world import World


def a_history(hours: MemoryHourTable, data_up_to: str, closed: list[str]) -> None:
    """Metering began at seven; some hours are published, and nothing is due."""
    hours.begin_at(Hour("2026-11-21T07"))
    for text in closed:
        hours.finish(hours.mark(Hour(f"2026-11-21T{text}"), at("11:20")))
        hours.note_published(Hour(f"2026-11-21T{text}"))
    hours.advance(Hour(f"2026-11-21T{data_up_to}"))


@pytest.mark.parametrize("minute", ["00", "30", "59"])
@pytest.mark.parametrize(
    ("data_up_to", "closed"),
    [("07", []), ("10", ["07", "08", "09"]), ("07", ["09", "10"]), ("11", ["08", "09", "10"])],
)
@pytest.mark.parametrize("hour", ["08", "09", "10"])
def test_the_same_hours_are_asked_for(hour, minute, data_up_to, closed) -> None:
    time = f"{hour}:{minute}:30"
    shipped, played = World(), MemoryHourTable()
    a_history(shipped.hours, data_up_to, closed)
    a_history(played, data_up_to, closed)

    shipped.ingest("one", an_evidence(time=time))
    ask_for(part_of(parse_time(f"2026-11-21T{time}Z")), played)

    assert played.due() == shipped.hours.due()
