"""One pass over a log object that finds everything at once: evidence, live totals and rejects.

This is the way every record takes when it arrives, so each look-up is made once and remembered:
times by the minute, models by id, callers by name. `read_log` is the plain form of the same
reading; a test holds both against each other.
"""

from collections.abc import Hashable, Iterator

from bedrock_meter.domain.pricing.rate_card import HIGH, LOW
from bedrock_meter.domain.records.evidence import ABSENT, PRESENT
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.records.usage import context_of
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.partial import PartialRow
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.bodies import open_bodies
from bedrock_meter.logs.callers import NO_KEYS, UNKNOWN, Callers, Keys
from bedrock_meter.logs.clock import SECONDS, Clock, Minute
from bedrock_meter.logs.decode import Batch, Refused
from bedrock_meter.logs.evidence import LoggedUse, Source, body_model_of, evidence_row, use_of
from bedrock_meter.logs.grounding import mentions_grounding
from bedrock_meter.logs.lenient import UnmeterableLine
from bedrock_meter.logs.log import reject_of
from bedrock_meter.logs.naming import Naming
from bedrock_meter.logs.plain import PlainUse, plain_of
from bedrock_meter.logs.records import Record
from bedrock_meter.logs.spool import EvidenceSpool
from bedrock_meter.logs.sums import KnownModel, MeteringContext, SlotSums
from bedrock_meter.logs.tiers import STANDARD, TIER_STANDARD

MOST_REJECTS = 10_000
MORE_REJECTS = "more_rejects"
_TIER_STATED: list[str] = []
_TIER_ASSUMED = [TIER_STANDARD]


class LogMeter:
    """Meters the records of one log object under one valuation.

    Without a spool nothing but totals and rejects is kept. `records` counts what was metered.
    """

    def __init__(
        self, source: Source, valuation: Valuation, callers: Callers, spool: EvidenceSpool | None
    ) -> None:
        self.records = 0
        self.rejects: list[Reject] = []
        self._more_rejects = 0
        self._source = source
        self._callers = callers
        self._naming = Naming(source, valuation)
        self._spool = spool
        self.clock = Clock(MeteringContext(source, valuation, callers))

    def take(self, found: Batch | Refused) -> None:
        """Meter a batch of records, or note what was refused."""
        if isinstance(found, Refused):
            self._reject(found)
            return
        if again := self._naming.learn(found.records):
            for slot in self.clock.slots.values():
                slot.forget(again)
        self._take(found)
        if self._spool:
            for part in self.clock.parts.values():
                if part.evidence:
                    self._spool.add_rows(part.part, part.evidence)
                    part.evidence = []

    def _take(self, batch: Batch) -> None:  # noqa: C901
        """Meter the records of a batch.

        One long loop on purpose: a function for each of its steps would take a third more time.
        """
        minutes, callers, notes = self.clock.minutes, self._callers, self._spool is not None
        plans, roles, has_principals = callers.plans, callers.roles, callers.has_principals
        settled = callers.settled
        refused = 0
        for index, record in enumerate(batch.records):
            try:
                text = record.timestamp
                minute = minutes.get(text[:16])
                if minute is None or text[16:] not in SECONDS:
                    minute, text = self.clock.place(text)
                slot = minute.slot
                known = slot.known.get((record.modelId, record.operation, record.region))
                if known is None:
                    known = slot.look_up(record)
                metadata, keys = record.requestMetadata, NO_KEYS
                name: Hashable = None
                if metadata:
                    names = tuple(metadata)
                    keys = plans.get(names) or callers.plan(names)
                    if keys.tenant is not None:
                        name = metadata[keys.tenant]
                    elif keys.tenants:
                        name = tuple((key, metadata[key]) for key in keys.tenants)
                if has_principals and not settled.get(name):
                    identity = record.identity
                    if identity is not None and (arn := identity.arn):
                        found = roles.get(arn[: arn.rfind("/")], UNKNOWN)
                        if found == UNKNOWN:
                            found = callers.recognised(arn)
                        if found is not None and (
                            name in settled or not callers.settles(record, keys, name)
                        ):
                            name = name, found
                plain = plain_of(record) if known.is_plain else None
                if plain is None or (known.may_search and mentions_grounding(record)):
                    use = _add_any(record, keys, name, slot, known)
                    if notes:
                        self._note(record, batch.line_of(index), text, minute, known, use)
                    continue
                fresh, read = plain.input, plain.cache_read
                write_5m, write_1h = plain.write_5m, plain.write_1h
                rows, threshold = known.low, known.threshold
                if threshold is None or fresh + read + write_5m + write_1h <= threshold:
                    row = rows.get(name) or known.sums.begin(record, keys, name, LOW)
                else:
                    row = known.high.get(name) or known.sums.begin(record, keys, name, HIGH)
                row.requests += 1
                row.input += fresh
                row.output += plain.output
                if read or write_5m or write_1h:
                    row.cache_read += read
                    row.write_5m += write_5m
                    row.write_1h += write_1h
                if row.lacks:
                    row.unpriced += not row.lacks.isdisjoint(plain.usage())
                if notes:
                    self._note(record, batch.line_of(index), text, minute, known, _use_of(plain))
            except UnmeterableLine as error:
                refused += 1
                self._reject(batch.refuse(index, error.reason, error.message))
        self.records += len(batch.records) - refused

    def slots(self) -> Iterator[tuple[Slot, tuple[PartialRow, ...]]]:
        """Return the rows of each slot that has any, priced, in the order of time."""
        for slot, sums in sorted(self.clock.slots.items()):
            if found := tuple(sums.rows()):
                yield slot, found

    def all_rejects(self) -> list[Reject]:
        """Return the rejects; of more than 10,000 only the number is known beyond those."""
        if not self._more_rejects:
            return self.rejects
        fields = {"rejects": self._more_rejects}
        more = Reject(self._source.object_id, 0, 0, 0, "", MORE_REJECTS, fields)
        return [*self.rejects, more]

    def _reject(self, refused: Refused) -> None:
        if len(self.rejects) < MOST_REJECTS:
            self.rejects.append(reject_of(refused, self._source))
        else:
            self._more_rejects += 1

    def _note(
        self, record: Record, line: int, at: str, minute: Minute, known: KnownModel, use: LoggedUse
    ) -> None:
        """Keep the evidence of a record until the end of its batch."""
        account = record.accountId or self._source.account
        row = evidence_row(record, line, at, account, known.sums.region, known.shape, use)
        minute.part.evidence.append(row)


def _use_of(plain: PlainUse) -> LoggedUse:
    return LoggedUse(
        usage=plain.usage(),
        counts=PRESENT,
        assumptions=_TIER_STATED if plain.is_tier_stated else _TIER_ASSUMED,
        tier=STANDARD,
        latency_ms=plain.latency_ms,
        first_byte_ms=plain.first_byte_ms,
    )


def _add_any(
    record: Record, keys: Keys, name: Hashable, slot: SlotSums, known: KnownModel
) -> LoggedUse:
    """Add a call of any kind."""
    open_bodies(record)
    use = use_of(record, known.shape)
    answered = body_model_of(record) if known.shape.is_router else None
    sums = slot.sums_of_call(known, use.tier, answered)
    usage, context, _ = slot.counted(use.usage, sums, record.operation or "")
    context = context_of(usage) if context is None else context
    rows, band = sums.low, LOW
    if sums.threshold is not None and context > sums.threshold:
        rows, band = sums.high, HIGH
    row = rows.get(name) or sums.begin(record, keys, name, band)
    row.requests += 1
    if record.errorCode is not None:
        row.errors += 1
    else:
        is_whole = use.counts != ABSENT or sums.model.commitment
        if usage:
            row.add_any(usage, is_whole=is_whole)
        else:
            row.unpriced += not is_whole
    return use
