"""`QuarantineStore`: rejects by log object and content, replaced by a newer reading only."""

from typing import Any

import pytest

from bedrock_meter.domain.records.quarantine import Reject, Rejected
from tests.builders import a_log_object
from tests.contracts.conftest import BOTH

LOG = a_log_object()
REJECT = Reject(LOG.object_id, 3, 120, 40, "ab" * 32, "bad_count", {"line": 3, "region": "x"})


@pytest.fixture(params=BOTH)
def quarantine(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        from bedrock_meter.local.objects import MemoryQuarantineStore

        return MemoryQuarantineStore()
    from bedrock_meter.aws.s3_quarantine import S3QuarantineStore

    return S3QuarantineStore(*request.getfixturevalue("a_bucket")())


def test_rejects_come_back_with_their_log_object(quarantine: Any) -> None:
    quarantine.put(LOG, "d" * 64, 1, [REJECT, REJECT._replace(line=9)])

    assert list(quarantine.files()) == [Rejected(LOG, (REJECT, REJECT._replace(line=9)))]
    assert list(quarantine.files("2026-11-21")) == list(quarantine.files())
    assert list(quarantine.files("2026-11-22")) == []


def test_a_replay_that_meters_everything_leaves_no_reject(quarantine: Any) -> None:
    quarantine.put(LOG, "d" * 64, 1, [REJECT])
    quarantine.put(LOG, "d" * 64, 1, [])

    assert [file.rejects for file in quarantine.files()] == [()]


def test_another_content_of_the_object_is_kept_beside_the_first(quarantine: Any) -> None:
    quarantine.put(LOG, "d" * 64, 1, [REJECT])
    quarantine.put(LOG, "e" * 64, 1, [REJECT._replace(reason="identity_conflict")])

    reasons = [reject.reason for file in quarantine.files() for reject in file.rejects]
    assert sorted(reasons) == ["bad_count", "identity_conflict"]


def test_what_an_older_reading_rejected_takes_no_newer_ones_place(quarantine: Any) -> None:
    assert quarantine.put(LOG, "d" * 64, 2, [])
    assert not quarantine.put(LOG, "d" * 64, 1, [REJECT])

    assert [file.rejects for file in quarantine.files()] == [()]
