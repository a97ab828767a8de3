"""Ids as long as Bedrock takes them, of characters that are written at length."""

from typing import Any

import msgspec
import pytest

from bedrock_meter.aws.sqs_queues import SqsWakeQueue
from bedrock_meter.domain.records.aliases import LONGEST_VALUE
from bedrock_meter.domain.totals.board import PutOff
from tests.builders import NINE

MOST_OF_A_MESSAGE = 256 * 1024


class Queue:
    """Takes messages of SQS's size and no larger ones."""

    def __init__(self) -> None:
        self.notes: list[PutOff] = []

    def send_message(self, *, MessageBody: str, **_: Any) -> None:
        assert len(MessageBody.encode()) <= MOST_OF_A_MESSAGE
        self.notes.append(PutOff(**msgspec.json.decode(MessageBody)))


@pytest.mark.parametrize("char", ["a", "\v", "日", "😀"])
def test_a_note_of_long_ids_always_fits_a_message(char: str) -> None:
    tenants = tuple(f"{number}".ljust(LONGEST_VALUE, char) for number in range(1_200))
    queue = Queue()

    SqsWakeQueue(queue, "https://queue", 60).later(PutOff(NINE, (None, *tenants), (), judge=True))

    assert [name for note in queue.notes for name in note.tenants] == [None, *tenants]
    assert all(note.judge for note in queue.notes)
    assert max(len(note.tenants) for note in queue.notes) <= 500
