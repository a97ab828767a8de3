"""How many bytes a call takes in an evidence file, by how many sets of metadata callers send.

    python -m bench.evidence

A log object of 2,000 calls within a quarter of an hour. *Spelled out* is what the same lines would
take with every set written in full each time.
"""

import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
from isal import igzip_lib

from bedrock_meter.domain.records.evidence import PRESENT, Evidence
from bedrock_meter.domain.time.hours import part_of, text_of
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from bedrock_meter.logs.spool import EvidenceSpool
from bench.data import MODELS, SMALL, START, Writer
from bench.text import Text

CALLS = 2_000
MEMBER_BYTES = 128 << 10
PART = part_of(START)
SETS: dict[str, Callable[[int], int]] = {
    "1 set": lambda _: 0,
    "200 sets": lambda call: call * 7_919 % 200,
    "all different": lambda call: call,
}


def main() -> None:
    """Measure each kind of caller, and the log objects of the bench."""
    print(f"{'bytes per call':20}{'spelled out':>12}{'once per set':>13}{'':>8}")
    cases = {name: calls_with(number_of) for name, number_of in SETS.items()}
    for name, evidence in (cases | {"make bench, 2 KB": bench_calls()}).items():
        before, after = _spelled_out(evidence), _written(evidence)
        change = f"{100 * (after - before) / before:+.1f} %"
        print(f"{name:20}{before / CALLS:12.1f}{after / CALLS:13.1f}{change:>8}")


def bytes_a_call(number_of: Callable[[int], int]) -> float:
    """Return what a call takes whose set of metadata is that of its number."""
    return _written(calls_with(number_of)) / CALLS


def calls_with(number_of: Callable[[int], int]) -> list[Evidence]:
    """Make calls, each with the set of metadata that its number says."""
    random = Random(7)
    return [_call(random, call, number_of(call)) for call in range(CALLS)]


def _call(random: Random, call: int, number: int) -> Evidence:
    at: datetime = START + timedelta(seconds=900 * call // CALLS)
    metadata = {
        "tenantId": f"tenant-{number % 200:03d}",
        "application": ("chat", "search", "agent")[number % 3],
        "session": str(UUID(int=Random(number).getrandbits(128))),
    }
    usage = {"input_tokens": random.randrange(1, 9000), "output_tokens": random.randrange(1, 900)}
    principal = "arn:aws:sts::111122223333:assumed-role/app/chat-service"
    return Evidence(
        call + 1, str(UUID(int=random.getrandbits(128))), text_of(at), "111122223333", "us-east-1",
        "Converse", random.choice([*MODELS]), principal, metadata, usage, PRESENT, None, "standard",
        None, random.randrange(200, 9000), None, [],
    )  # fmt: skip


def bench_calls() -> list[Evidence]:
    """Read calls of the log objects of `make bench`."""
    writer = Writer(Random(1_000), Text(Random(7)), SMALL)
    lines = b"".join(writer.line() + b"\n" for _ in range(CALLS))
    return [one for one in read_log(io.BytesIO(lines), Source("")) if isinstance(one, Evidence)]


def _written(evidence: Sequence[Evidence]) -> int:
    spool = EvidenceSpool()
    spool.add(PART, evidence)
    size = len(spool.files()[PART].read())
    spool.close()
    return size


def _spelled_out(evidence: Sequence[Evidence]) -> int:
    text = msgspec.json.Encoder().encode_lines(evidence)
    members = [text[at : at + MEMBER_BYTES] for at in range(0, len(text), MEMBER_BYTES)]
    return sum(len(igzip_lib.compress(each, 1, igzip_lib.COMP_GZIP)) for each in members)


if __name__ == "__main__":
    main()
