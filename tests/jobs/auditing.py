"""A world whose log objects hold real records, so that an audit can read them again."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

from bedrock_meter.domain.records.byte_source import ByteSource
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Day, Hour, Part
from bedrock_meter.domain.totals.audit import Audit
from bedrock_meter.jobs.audit_hour import AuditStores, audit_hour
from bedrock_meter.jobs.draw_audit import audit_any_hour
from bedrock_meter.jobs.rebuild_totals import rebuild_totals
from bedrock_meter.jobs.reread_objects import Bounds, Reader
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from bedrock_meter.logs.spool import evidence_file
from tests.builders import NINE, a_log_object, at
from tests.jobs.world import PLENTY, World

EVERYTHING = Bounds(objects=1_000, size=1 << 30, records=1_000_000)
DAY = Day("2026-11-21")


def records_in(body: ByteSource, log_object: LogObject) -> Iterator[Evidence | Reject]:
    """Read a log object the plain way."""
    source = Source(log_object.object_id, log_object.stamp, log_object.account, log_object.region)
    return read_log(body, source)


def in_order(object_ids: Sequence[str]) -> Sequence[str]:
    return object_ids


def written(part: Part, evidence: Iterable[Evidence]) -> BytesIO:
    """An evidence file."""
    with evidence_file(part, evidence) as body:
        return BytesIO(body.read())


class AuditedWorld(World):
    """Delivers records, meters and closes them, and audits hours."""

    def deliver(
        self, name: str, *records: dict[str, Any], hour: str = "09", is_metered: bool = True
    ) -> LogObject:
        """Bedrock delivers a log object, and the meter meters it."""
        log_object = a_log_object(name, hour, f"{hour}:59:59")
        content = "".join(json.dumps(record) + "\n" for record in records)
        self.logs.objects[log_object.key] = content.encode()
        if is_metered:
            found = records_in(BytesIO(content.encode()), log_object)
            evidence = [one for one in found if isinstance(one, Evidence)]
            self.ingest(name, *evidence, log_object=log_object, content=content)
        return log_object

    def stores(self) -> AuditStores:
        return AuditStores(
            self.hours, self.logs, self.manifests, self.evidence, self.closings, self.usage
        )

    def audited(
        self,
        hour: Hour = NINE,
        *,
        bounds: Bounds = EVERYTHING,
        version: int = 1,
        most_hours: int = 72,
        remaining: Callable[[], timedelta] = lambda: PLENTY,
    ) -> Audit:
        return audit_hour(
            hour,
            stores=self.stores(),
            reader=Reader(records_in, version, most_hours, bounds, in_order),
            valuation_for=self.valuation,
            remaining=remaining,
        )

    def drawn(
        self,
        choose: Callable[[Sequence[Hour]], Hour] = lambda hours: hours[0],
        *,
        now: str = "2026-11-22T05:40",
        kept: timedelta = timedelta(days=365),
        remaining: Callable[[], timedelta] = lambda: PLENTY,
    ) -> Audit:
        return audit_any_hour(
            now=at(now),
            kept=kept,
            choose=choose,
            stores=self.stores(),
            audit=self.audited,
            remaining=remaining,
        )

    def rebuilt(self) -> int:
        """How many totals differ from what their evidence adds up to."""
        found = rebuild_totals(
            [DAY],
            hours=self.hours,
            evidence=self.evidence,
            closings=self.closings,
            usage=self.usage,
            valuation_for=self.valuation,
        )
        return len(found.differences)

    def tamper(
        self, log_object: LogObject, change: Callable[[Evidence], Evidence], part: str = "09:00"
    ) -> None:
        """Change every record in an evidence file behind the meter's back."""
        key = Part(f"2026-11-21T{part}"), log_object.object_id
        generation, _ = self.evidence.kept[key]
        file = next(one for one in self.evidence.files(key[0]) if one.object_id == key[1])
        changed = [change(one) for one in self.evidence.read(file)]
        self.evidence.kept[key] = (generation, written(key[0], changed).read())

    def close_again(self, now: str = "11:25", hour: Hour = NINE) -> None:
        self.hours.ask(hour)
        self.run(now)
