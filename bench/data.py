"""Log objects with exact truth: the same seed gives the same lines.

Beside every `NAME.json.gz` stands `NAME.json.gz.truth.json`: `records`, `raw_bytes`, and `agg`,
which maps `tenant|model|hour` to [calls, input, output, cache read, cache write 5m, 1h].
"""

import gzip
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from bench.text import Text
from engine.traffic.bodies import Exchange, TokenCounts, converse, messages, messages_stream
from engine.traffic.oddities import FORGED

START = datetime(2026, 11, 20, 1, tzinfo=UTC)
SPAN_SECONDS = 900
TENANTS = 200
REGIONS = ("us-east-1", "us-east-2", "us-west-2")
ACCOUNTS = ("111122223333", "222233334444", "333344445555")
INLINE_LIMIT = 100_000
MODELS = {
    "global.anthropic.claude-sonnet-4-6": 20,
    "us.anthropic.claude-sonnet-4-6": 18,
    "us.anthropic.claude-haiku-4-5-20251001-v1:0": 20,
    "anthropic.claude-haiku-4-5-20251001-v1:0": 12,
    "us.anthropic.claude-haiku-5-5": 10,
    "global.anthropic.claude-opus-4-7": 6,
    "openai.gpt-oss-120b-1:0": 5,
    "us.amazon.nova-pro-v1:0": 5,
    "us.meta.llama3-3-70b-instruct-v1:0": 4,
}
OPERATIONS = {
    "Converse": (38, converse),
    "ConverseStream": (27, converse),
    "InvokeModel": (15, messages),
    "InvokeModelWithResponseStream": (20, messages_stream),
}
VERSION = "2"
"""Part of the folder's name: another version of this generator never reuses old files."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A set of records: the median and the spread (log-normal) of their size in bytes."""

    name: str
    median: int
    sigma: float
    files: int = 10
    records: int = 2_000


LARGE = Kind("14k", 6_900, 1.1)
SMALL = Kind("2k", 900, 0.5)
HUGE = Kind("500mb", 6_900, 1.1, files=1, records=36_000)


@dataclass(slots=True)
class Writer:
    """Makes records of one kind, and adds up their truth."""

    rng: Random
    text: Text
    kind: Kind
    truth: dict[str, list[int]] = field(default_factory=dict)
    # Bedrock delivers one Region of one account per log object.
    region: str = field(init=False)
    account: str = field(init=False)

    def __post_init__(self) -> None:
        self.region, self.account = self.rng.choice(REGIONS), self.rng.choice(ACCOUNTS)

    def line(self) -> bytes:
        """Make one record."""
        rng = self.rng
        size = min(190_000, int(rng.lognormvariate(0, self.kind.sigma) * self.kind.median))
        at = START + timedelta(seconds=rng.randrange(SPAN_SECONDS))
        tenant = f"tenant-{rng.choices(range(TENANTS), cum_weights=_zipf())[0]:03d}"
        model = rng.choices(list(MODELS), list(MODELS.values()))[0]
        named = rng.random() < 0.88
        record = self._head(at, tenant, model, named=named)
        if rng.random() < 0.02:
            record["errorCode"] = "ThrottlingException"
            counts = TokenCounts(0, 0)
        else:
            counts = _counts(rng, model, size)
            counts = self._call(record, model, counts, size)
        self._note(tenant if named else f"{tenant}-app", record, counts)
        escape = rng.random() < 0.15
        return json.dumps(record, ensure_ascii=escape, separators=(",", ":")).encode()

    def _head(self, at: datetime, tenant: str, model: str, *, named: bool) -> dict[str, Any]:
        rng = self.rng
        session = f"i-{rng.getrandbits(68):017x}"
        arn = f"arn:aws:sts::{self.account}:assumed-role/{tenant}-app/{session}"
        request_id = str(UUID(int=rng.getrandbits(128)))
        head: dict[str, Any] = {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "accountId": self.account,
            "identity": {"arn": arn},
            "region": self.region,
            "requestId": request_id,
            "operation": "Converse",
            "modelId": model,
        }
        if named:
            head["requestMetadata"] = {
                "TenantID": tenant,
                "app": rng.choice(("chat", "rag", "agent")),
                "env": rng.choice(("prod", "prod", "dev")),
            }
        return head

    def _call(
        self, record: dict[str, Any], model: str, counts: TokenCounts, size: int
    ) -> TokenCounts:
        """Add counts and bodies to a record; return the counts that the log shows."""
        rng = self.rng
        names = list(OPERATIONS) if "anthropic" in model else ["Converse", "ConverseStream"]
        operation = rng.choices(names, [OPERATIONS[name][0] for name in names])[0]
        asked = int(size * rng.uniform(0.55, 0.93))
        exchange = Exchange(rng, _Cuts(self.text), model, counts, asked, max(20, size - asked))  # type: ignore[arg-type]
        request, response = OPERATIONS[operation][1](exchange)
        record["operation"] = operation
        if rng.random() < 0.04 and size > 3_000:
            _add_picture(request, self.text.picture(rng, asked // 2))
        if rng.random() < 0.01:
            request["messages"].append({"role": "assistant", "content": [{"toolUse": FORGED}]})
        record["input"] = {"inputContentType": "application/json", "inputTokenCount": counts.input}
        if "anthropic" in model or "nova" in model:
            record["input"]["cacheReadInputTokenCount"] = counts.read
            record["input"]["cacheWriteInputTokenCount"] = counts.write
        record["output"] = {
            "outputContentType": "application/json",
            "outputTokenCount": counts.output,
        }
        for side, body in (("input", request), ("output", response)):
            if len(json.dumps(body)) <= INLINE_LIMIT:
                record[side][f"{side}BodyJson"] = body
            else:
                record[side][f"{side}BodyS3Path"] = f"s3://logs/data/{record['requestId']}"
        if "outputBodyJson" in record["output"]:
            return counts
        # The log does not show how long these cache writes live: they count as the shorter kind.
        return TokenCounts(counts.input, counts.output, counts.read, counts.write, 0)

    def _note(self, tenant: str, record: dict[str, Any], counts: TokenCounts) -> None:
        key = f"{tenant}|{record['modelId']}|{record['timestamp'][:13]}"
        row = self.truth.setdefault(key, [0] * 6)
        numbers = (counts.input, counts.output, counts.read, counts.write_5m, counts.write_1h)
        for place, number in enumerate((1, *numbers)):
            row[place] += number


class _Cuts:
    """Gives the bench's text to the builders of bodies."""

    def __init__(self, text: Text) -> None:
        self.prompt = self.cut = text.cut
        self._text = text


def _zipf() -> list[float]:
    return _ZIPF


_ZIPF = list(accumulate(1 / (rank + 1) ** 1.1 for rank in range(TENANTS)))


def _counts(rng: Random, model: str, size: int) -> TokenCounts:
    asked, answered = max(1, size // 5), max(1, size // 20)
    if "anthropic" not in model or rng.random() > 0.35:
        return TokenCounts(asked, answered)
    if "haiku-5-5" in model and rng.random() < 0.05:
        asked += 100_000
    read, written = rng.randrange(60_000), rng.randrange(2) * rng.randrange(20_000)
    long = rng.choice((0, 0, 0, 0, written))
    return TokenCounts(asked, answered, read, written - long, long)


def _add_picture(request: dict[str, Any], data: str) -> None:
    picture = {"image": {"format": "png", "source": {"bytes": data}}}
    request["messages"][0]["content"].append(picture)


def files_of(kind: Kind, root: Path) -> list[Path]:
    """Return the files of a kind, generating them the first time."""
    folder = root / f"{kind.name}-{VERSION}"
    paths = [folder / f"{number:02d}.json.gz" for number in range(kind.files)]
    if not all(path.with_name(path.name + ".truth.json").exists() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        text = Text(Random(7))
        for number, path in enumerate(paths):
            _write(path, Writer(Random(1_000 + number), text, kind), kind.records)
    return paths


def _write(path: Path, writer: Writer, records: int) -> None:
    raw = longest = 0
    with gzip.open(path, "wb", compresslevel=6) as file:
        for _ in range(records):
            line = writer.line() + b"\n"
            raw, longest = raw + len(line), max(longest, len(line))
            file.write(line)
    truth = {
        "records": records,
        "raw_bytes": raw,
        "gz_bytes": path.stat().st_size,
        "max_record": longest,
        "agg": writer.truth,
    }
    path.with_name(path.name + ".truth.json").write_text(json.dumps(truth))
