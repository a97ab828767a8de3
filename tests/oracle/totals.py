"""What the totals must be: sums by tenant and hour, live and closed, and what was refused."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.bodies import mapped, response_of
from tests.oracle.counting import Used, tier_of, used_by
from tests.oracle.naming import Name, name_of
from tests.oracle.rates import Model, PriceRows, model_of
from tests.oracle.reading import LogLine, lines_of

EDGE = timedelta(minutes=15)


UNPRICED = ("unpriced", "partial_unpriced", "unresolved_model")


@dataclass
class HourSum:
    """One tenant's hour; equal to a stored total when every number is the same."""

    requests: int = 0
    errors: int = 0
    tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_requests: int = 0
    unpriced_tokens: int = 0
    usage: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0

    def add(self, call: "ValuedCall") -> None:
        """Add one call."""
        self.requests += 1
        self.errors += call.status == "failed_call"
        self.tokens += tokens_in(call.usage)
        self.cost_usd += call.usd
        self.unpriced_requests += call.status in UNPRICED
        self.unpriced_tokens += tokens_in(call.unpriced)
        for kind, quantity in call.usage.items():
            self.usage[kind] = self.usage.get(kind, 0) + quantity
        self.rules[call.name.rule] = self.rules.get(call.name.rule, 0) + 1
        self.conflicts += call.name.conflict


def tokens_in(usage: Mapping[str, int]) -> int:
    """Add up what is counted in tokens."""
    return sum(quantity for kind, quantity in usage.items() if kind.endswith("_tokens"))


@dataclass(frozen=True)
class ValuedCall:
    """One record with its tenant and its price."""

    line: LogLine
    name: Name
    status: str
    reason: str | None
    usd: Decimal
    usage: Mapping[str, int]
    unpriced: Mapping[str, int]

    @property
    def hour(self) -> str:
        """The event hour."""
        return f"{self.line.at:%Y-%m-%dT%H}"

    @property
    def key(self) -> tuple[str | None, str]:
        """Tenant and hour."""
        return self.name.tenant, self.hour


@dataclass(frozen=True)
class Expected:
    """Everything the meter must agree with; sums by (tenant, hour).

    `live` counts every record of every log object, `closed` every request id once.
    """

    live: Mapping[tuple[str | None, str], HourSum]
    closed: Mapping[tuple[str | None, str], HourSum]
    statuses: Mapping[str, int]
    refused: Mapping[str, int]
    duplicates: int
    calls: tuple[ValuedCall, ...]


def expected(
    objects: Mapping[str, bytes],
    *,
    copies: Mapping[str, str],
    tags: Mapping[str, Mapping[str, str]],
    policy: Mapping[str, Any],
    rows: PriceRows,
) -> Expected:
    """Recompute everything from the objects of a bucket.

    `copies` tells by ARN what an application profile was copied from, `tags` its tags; `policy` is
    the parsed tenants.yaml.
    """
    refused: Counter[str] = Counter()
    calls = []
    for line in lines_of(objects):
        if line.refused is None:
            calls.append(_call(line, copies, tags, policy, rows))
        else:
            refused[line.refused] += 1
    once = [_call(line, copies, tags, policy, rows) for line in _merged(calls)]
    return Expected(
        live=_sums(calls),
        closed=_sums(once),
        statuses=Counter(call.status for call in once),
        refused=refused,
        duplicates=len(calls) - len(once),
        calls=tuple(once),
    )


def _call(
    line: LogLine,
    copies: Mapping[str, str],
    tags: Mapping[str, Mapping[str, str]],
    policy: Mapping[str, Any],
    rows: PriceRows,
) -> ValuedCall:
    record = line.record
    model = _model_of(record, copies)
    used = used_by(record, model.key)
    name = name_of(record, tags.get(record["modelId"]), policy)
    if record.get("errorCode") is not None:
        return ValuedCall(line, name, "failed_call", None, Decimal(0), {}, {})
    if model.paid_by_time:
        return ValuedCall(line, name, "covered_by_commitment", None, Decimal(0), used.usage, {})
    meaning = None
    if str(record.get("operation")).startswith("Converse"):
        meaning = rows.input_meaning(model.key, line.at)
    usage, context = _charged(used.usage, meaning)
    priced = rows.price(model, usage, line.region, tier_of(record), line.at, context)
    status = _status(model.scope is not None, Used(usage, used.is_all), priced.unpriced)
    return ValuedCall(line, name, status, None, priced.usd, usage, priced.unpriced)


def _model_of(record: Mapping[str, Any], copies: Mapping[str, str]) -> Model:
    """Read the model; of a prompt router the one that its trace names."""
    model = model_of(record["modelId"], copies)
    if "prompt-router/" not in record["modelId"]:
        return model
    trace = mapped(mapped(response_of(record)).get("trace"))
    chosen = mapped(trace.get("promptRouter")).get("invokedModelId")
    return model_of(chosen, {}) if isinstance(chosen, str) else model


def _charged(usage: Mapping[str, int], meaning: str | None) -> tuple[dict[str, int], int | None]:
    """Take cached tokens out of an input that includes them; answer the context too, if need be."""
    fresh = usage.get("input_tokens", 0)
    cached = sum(count for kind, count in usage.items() if kind.startswith("cache_"))
    if not cached or fresh < cached or meaning not in ("gross", "doubtful"):
        return dict(usage), None
    if meaning == "doubtful":
        return dict(usage), fresh
    net = {**usage, "input_tokens": fresh - cached}
    return {kind: count for kind, count in net.items() if count}, None


def _status(known: bool, used: Used, unpriced: Mapping[str, int]) -> str:
    if not unpriced and used.is_all:
        return "priced"
    if not known:
        return "unresolved_model"
    return "unpriced" if unpriced == used.usage else "partial_unpriced"


def _merged(calls: Iterable[ValuedCall]) -> list[LogLine]:
    """Make one line of those that share a request id and lie in one hour or near its edge."""
    by_id: dict[str, list[ValuedCall]] = defaultdict(list)
    alone = []
    for call in calls:
        request_id = call.line.record.get("requestId")
        if request_id:
            by_id[request_id].append(call)
        else:
            alone.append(call.line)
    for same in by_id.values():
        alone += [_one_of(group) for group in _near(same)]
    return alone


def _near(same: list[ValuedCall]) -> list[list[ValuedCall]]:
    """Part records of one id that lie too far apart to be one call."""
    groups: list[list[ValuedCall]] = []
    for call in sorted(same, key=_place):
        last = groups[-1][-1] if groups else None
        if last is not None and _is_one(last, call):
            groups[-1].append(call)
        else:
            groups.append([call])
    return groups


def _is_one(one: ValuedCall, other: ValuedCall) -> bool:
    if one.hour == other.hour:
        return True
    edge = datetime.fromisoformat(f"{other.hour}:00:00+00:00")
    return edge - EDGE <= one.line.at and other.line.at < edge + EDGE


def _one_of(same: list[ValuedCall]) -> LogLine:
    """Keep the record with the most usage; ties go to the first place. Fill in who called."""
    ranked = sorted(same, key=lambda call: (-sum(call.usage.values()), *_place(call)))
    kept = ranked[0].line
    record = dict(kept.record)
    for other in sorted(same, key=_place):
        for name in ("requestMetadata", "identity"):
            if not record.get(name):
                record[name] = other.line.record.get(name)
    return LogLine(kept.object_id, kept.number, record, kept.at, None, kept.region)


def _place(call: ValuedCall) -> tuple[str, str, int]:
    return call.hour, call.line.object_id, call.line.number


def _sums(calls: Iterable[ValuedCall]) -> dict[tuple[str | None, str], HourSum]:
    sums: dict[tuple[str | None, str], HourSum] = defaultdict(HourSum)
    for call in calls:
        sums[call.key].add(call)
    return dict(sums)
