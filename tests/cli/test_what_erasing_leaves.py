"""What `tenants erase` says still holds the id: the stores it does not reach, and until when."""

from types import SimpleNamespace
from typing import Any

import pytest

from bedrock_meter.cli import tenants_erase
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.erase_tenant import ErasableHours
from bedrock_meter.local.hours import MemoryHourTable

PARAMETERS = {
    "LogObjectDays": "365",
    "PartialDays": "35",
    "RollupDays": "0",
    "FunctionLogDays": "7",
}


@pytest.fixture
def left() -> list[str]:
    stack: Any = SimpleNamespace(
        output=lambda _name: "logs",
        parameter=lambda name: PARAMETERS.get(name, ""),
        stores=SimpleNamespace(hours=MemoryHourTable()),
    )
    return list(tenants_erase._left(stack, ErasableHours((Hour("2026-11-21T05"),), ())))


def test_notes_in_queues_are_told_with_their_end(left: list[str]) -> None:
    (told,) = (line for line in left if "queue" in line)

    assert "1 day" in told
    assert "14 days" in told


def test_the_logs_of_the_functions_are_told_with_their_end(left: list[str]) -> None:
    (told,) = (line for line in left if "functions' logs" in line)

    assert "7 days" in told
