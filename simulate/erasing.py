"""Erasing step by step: where a tenant's id stands, request by request, as on DynamoDB and S3."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import BinaryIO

from bedrock_meter.domain.erasure import Erasing
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour, Part
from bedrock_meter.jobs.erase_tenant import erase_tenant
from bedrock_meter.jobs.value_calls import closing_valuation
from bedrock_meter.local.profiles import MemoryProfileFacts, MemoryProfiles
from bedrock_meter.logs.spool import EvidenceSpool
from simulate.catalogue import price_book
from simulate.steps import Ports

PSEUDONYM = "erased-1"


class _Names:
    """`TenantNames` that makes its requests one by one."""

    def __init__(self, ports: Ports) -> None:
        self._usage, self._closings, self._names = (
            ports["usage"],
            ports["closings"],
            ports["names"],
        )

    def hours(self, tenant: str) -> list[Hour]:
        return [Hour(at) for kind, at, _ in self._usage.closed_of(tenant) if kind == "hours"]

    def live_hours(self, tenant: str) -> list[Hour]:
        return [Hour(at) for at in self._usage.live_of(tenant)]

    def begin(self, tenant: str, erasing: Erasing) -> Erasing:
        begun: Erasing = self._names.begin(tenant, erasing)
        return begun

    def rename_policy(self, old_id: str, new_id: str) -> None:
        raise NotImplementedError("no policy of a scenario names a tenant that is erased")

    def rename_facts(self, arn: str, spellings: frozenset[str], pseudonym: str) -> None:
        raise NotImplementedError("no scenario has inference profiles")

    def rename_files(self, hour: Hour, tenant: str, pseudonym: str) -> None:
        self._closings.rename_files(hour, tenant, pseudonym)

    def rename_rows(self, tenant: str, pseudonym: str) -> None:
        for kind, period, item in self._usage.closed_of(tenant):
            self._usage.put_renamed(kind, period, pseudonym, item)
            if kind != "hours":
                self._usage.rename_in_top(period, tenant, pseudonym)
            self._usage.delete_closed(kind, period, tenant)
        for hour in self._usage.live_of(tenant):
            self._usage.drop_live(tenant, hour)

    def finish(self, tenant: str) -> None:
        self._names.finish(tenant)


def erase_tenant_of(tenant: str, ports: Ports, now: datetime) -> str:
    """Erase a tenant, as the command line does."""
    valuation_for = partial(
        closing_valuation,
        now=now,
        decisions=ports["decisions"],
        policies=ports["policies"],
        books=price_book,
        source=MemoryProfiles(),
        facts=MemoryProfileFacts(),
    )
    stores = ("hours", "evidence", "manifests", "live", "decisions", "policies")
    return erase_tenant(
        tenant,
        proposed=PSEUDONYM,
        everywhere=False,
        now=now,
        names=_Names(ports),
        valuation_for=valuation_for,
        write=_written,
        **{name: ports[name] for name in stores},
    )


@contextmanager
def _written(part: Part, evidence: Iterable[Evidence]) -> Iterator[BinaryIO]:
    spool = EvidenceSpool()
    try:
        spool.add(part, evidence)
        yield spool.files()[part]
    finally:
        spool.close()
