"""Evidence follows from the bytes of a log object alone: not from a decision, not from a process.

A close, a replay and a duplicate delivery rely on it: a file that is there already need not be
written again, and what a policy names later was never thrown away.
"""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact, missing_profile
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.totals.valuation import FactSource, Valuation, no_facts
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import reading_of
from tests.builders import HAIKU, a_log_object, a_record, at
from tests.log_builders import Metered, text_of, zipped
from tests.price_builders import a_book, a_row

PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"
ROLE = "arn:aws:sts::111122223333:assumed-role/acme-app/session"
METADATA: list[Any] = [
    {"tenantId": "acme", "app": "chat", "session": "s-1"}, {"tenantId": "bolt", "customer": "zeta"},
    {"customer": "zeta", "colour": "red"}, {"odd": "x"}, {"session": "s-2"}, {"tenantId": 7}, {},
    {"tenantId": "x" * 257, "customer": "acme"}, {str(n): "x" for n in range(20)}, None,
]  # fmt: skip
CALLS: list[dict[str, Any]] = [
    {}, {"modelId": PROFILE}, {"modelId": "abcdefghijkl"}, {"modelId": "nobody.knows-v1"},
    {"errorCode": "ThrottlingException"}, {"output": {"outputTokenCount": -1}}, {"modelId": None},
    {"performanceConfig": {"latency": "optimized"}}, {"modelId": "amazon.nova-canvas-v1:0"},
    {"identity": {"arn": ROLE}, "requestMetadata": None},
    {"output": {"outputTokenCount": 3, "outputBodyJson": {"model": "claude-haiku-4-5"}}},
]  # fmt: skip
TIMES = ["08:59:59", "09:00:00", "09:14:59", "09:15:00", "09:31:07.5", "09:59:59"]


def a_mixed_log(count: int = 660) -> bytes:
    """A log object of records of many kinds, bad ones among them."""
    kinds = zip(cycle(METADATA), cycle(CALLS), cycle(TIMES), strict=False)
    records = [
        a_record(f"r-{n}", time, **{"requestMetadata": metadata, **call})
        for n, (metadata, call, time) in zip(range(count), kinds, strict=False)
    ]
    return zipped(text_of(*records, b"no record"))


def a_policy(**document: Any) -> Policy:
    return Policy.from_document({"version": "1", **document})


POLICIES = {
    "default": DEFAULT_POLICY,
    "other keys": a_policy(attribution={"tenant_keys": ["customer"], "dimensions": {"colour": []}}),
    "no metadata": a_policy(attribution={"sources": ["principal"]}),
    "other tenants": a_policy(
        tenants={
            "acme": {"recognised_by": {"roles": ["acme-*"], "profiles": [PROFILE]}},
            "zeta": {"recognised_by": {"names": ["bolt"]}},
            "bolt-2": {"contract": {"id": "c1", "kind": "percent", "off": "12.5"}},
        }
    ),
}
BOOKS: dict[str, tuple[PriceBook, Mapping[str, PriceBook]]] = {
    "shipped": (prices.shipped(), {}),
    "without a rate": (a_book(), {}),
    "one tenant's own": (prices.shipped(), {"acme": a_book(a_row("3"))}),
}


def found(model: str, **tags: str) -> FactSource:
    """A profile that Bedrock knows."""
    models = (f"arn:aws:bedrock:us-east-1::foundation-model/{model}",)

    def fact_for(arn: str, _at: datetime) -> ProfileFact | None:
        return ProfileFact(arn, models, "in_region", tags, at("00:00"), found=True)

    return fact_for


ANSWERS: dict[str, FactSource] = {
    "nobody asked": no_facts,
    "found": found(HAIKU.removeprefix("global."), tenant="acme"),
    "another model": found("amazon.nova-lite-v1:0", tenant="zeta", customer="bolt"),
    "a model of pictures": found("amazon.nova-canvas-v1:0"),
    "not found": lambda arn, when: missing_profile(arn, when, "no such profile"),
    "throttled": lambda arn, when: missing_profile(arn, when, "ThrottlingException"),
}


def read(valuation: Valuation, callers: Callers | None = None) -> Metered:
    """Read the mixed log as the ingest does."""
    callers = callers or Callers(valuation.policy)
    with reading_of(io.BytesIO(a_mixed_log()), a_log_object(), valuation, callers) as reading:
        return Metered(reading)


@pytest.fixture(scope="module")
def first() -> Metered:
    """The reading that all others are held against."""
    return read(Valuation(DEFAULT_POLICY, prices.shipped()))


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("policy", POLICIES)
def test_policies_books_and_profiles_leave_no_trace_in_evidence(
    policy: str, book: str, answer: str, first: Metered
) -> None:
    general, own = BOOKS[book]

    reading = read(Valuation(POLICIES[policy], general, ANSWERS[answer], own))

    assert reading.files == first.files
    assert (reading.rejects, reading.records) == (first.rejects, first.records)


def test_they_do_leave_a_trace_in_the_live_lane(first: Metered) -> None:
    book = prices.shipped()
    others = [
        Valuation(POLICIES["other keys"], book),
        Valuation(POLICIES["no metadata"], book),
        Valuation(POLICIES["other tenants"], book),
        Valuation(DEFAULT_POLICY, a_book()),
        *(Valuation(DEFAULT_POLICY, book, ANSWERS[name]) for name in ("found", "another model")),
    ]

    partials = [read(valuation).partials for valuation in others]

    assert len(first.files) == 4
    assert all(each != first.partials for each in partials)


def test_nor_does_what_was_read_before(first: Metered) -> None:
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    callers = Callers(valuation.policy)
    read(valuation, callers)

    assert read(valuation, callers).files == first.files


class Trickle:
    """A body that arrives in pieces of odd lengths."""

    def __init__(self, body: bytes, lengths: list[int]) -> None:
        self._body = io.BytesIO(body)
        self._lengths = cycle(lengths)

    def read(self, size: int, /) -> bytes:
        return self._body.read(min(size, next(self._lengths)))


@pytest.mark.parametrize("lengths", [[1], [7, 1000, 3], [100_000]])
def test_nor_do_the_pieces_in_which_the_object_arrives(lengths: list[int], first: Metered) -> None:
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    body, callers = Trickle(a_mixed_log(), lengths), Callers(DEFAULT_POLICY)

    with reading_of(body, a_log_object(), valuation, callers) as reading:
        again = Metered(reading)

    assert (again.files, again.rejects) == (first.files, first.rejects)


@pytest.mark.parametrize("seed", ["0", "1", "20261121"])
def test_nor_does_the_process_or_the_order_of_its_hashes(
    seed: str, first: Metered, tmp_path: Path
) -> None:
    script = tmp_path / "read.py"
    script.write_text(_ANOTHER_PROCESS)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": seed},
    )

    assert done.stdout.strip() == digest_of(first)


def digest_of(reading: Metered) -> str:
    """Hash all evidence files of a reading."""
    return hashlib.sha256(repr(sorted(reading.files.items())).encode()).hexdigest()


_ANOTHER_PROCESS = """
import sys
sys.path[:0] = [".", "layers/bedrock_meter/python"]
from tests.unit import test_evidence_alone as alone
valuation = alone.Valuation(alone.POLICIES["other tenants"], alone.BOOKS["without a rate"][0])
print(alone.digest_of(alone.read(valuation)))
"""
