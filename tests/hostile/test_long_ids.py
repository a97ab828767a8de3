"""Ids as long as Bedrock takes them, of characters that are written at length."""

from typing import Any

import msgspec
import pytest

from bedrock_meter.aws.sqs_queues import SqsRefreshQueue
from bedrock_meter.domain.policy.attribution import attribution_for
from bedrock_meter.domain.policy.document import PolicyError
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.records.aliases import LONGEST_VALUE
from bedrock_meter.domain.records.tenant import flag_key, tenant_key
from bedrock_meter.domain.totals.live import DeferredRefresh
from tests.builders import ACCOUNT, NINE, at

MOST_OF_A_MESSAGE = 256 * 1024
MOST_OF_A_KEY = 2048
PROFILE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/a1b2c3d4e5f6"


class Queue:
    """Takes messages of SQS's size and no larger ones."""

    def __init__(self) -> None:
        self.notes: list[DeferredRefresh] = []

    def send_message(self, *, MessageBody: str, **_: Any) -> None:
        assert len(MessageBody.encode()) <= MOST_OF_A_MESSAGE
        self.notes.append(DeferredRefresh(**msgspec.json.decode(MessageBody)))


@pytest.mark.parametrize("char", ["a", "\v", "日", "😀"])
def test_a_note_of_long_ids_always_fits_a_message(char: str) -> None:
    tenants = tuple(f"{number}".ljust(LONGEST_VALUE, char) for number in range(1_200))
    queue = Queue()

    SqsRefreshQueue(queue, "https://queue", 60).later(
        DeferredRefresh(NINE, (None, *tenants), (), assess=True)
    )

    assert [name for note in queue.notes for name in note.tenants] == [None, *tenants]
    assert all(note.assess for note in queue.notes)
    assert max(len(note.tenants) for note in queue.notes) <= 500


@pytest.mark.parametrize("char", ["a", "$", "é", "日", "𠀀"])
@pytest.mark.parametrize("length", [1, 100, LONGEST_VALUE])
def test_whoever_is_a_tenant_has_keys_that_dynamodb_takes(char: str, length: int) -> None:
    """One id without room for its flag would end the run that assesses all the others."""
    fact = ProfileFact(PROFILE, (), None, {"tenantId": char * length}, at("08:00"), found=True)

    found = attribution_for(DEFAULT_POLICY, metadata=None, profile=fact, principal="")

    if found.tenant is None:
        assert (char, length) in {("日", LONGEST_VALUE), ("𠀀", LONGEST_VALUE)}
    else:
        assert len(flag_key(found.tenant)) <= MOST_OF_A_KEY
        assert len(tenant_key(found.tenant).encode()) <= MOST_OF_A_KEY


def test_a_policy_lists_nobody_without_room_for_a_flag() -> None:
    with pytest.raises(PolicyError, match="2048 bytes"):
        Policy.from_document({"tenants": {"日" * LONGEST_VALUE: {}}})
