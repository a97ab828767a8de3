"""Audits: what the log objects of an hour say, read once more, against what was published of it.

An hour whose log objects were all read again is compared tenant by tenant. Of an hour too large for
that a sample of log objects is compared, each with its evidence, record by record.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.records.errors import MeterError
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.tenant import Tenant, in_order
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.total import EMPTY, ModelUse, Total, total_of

ALL_TENANTS = "(all tenants)"
"""Stands where a tenant would, when only the sums of all of them can be compared."""

NOT_IN_CLOSING = "not in the closing"
NO_EVIDENCE = "evidence missing"
BROKEN_EVIDENCE = "evidence cannot be read"
OTHER_RECORDS = "other records"


class CannotAudit(MeterError):
    """An hour cannot be compared with its log now; the message says why."""


class FigureDifference(NamedTuple):
    """One number of a total; costs, those of models included, are in attodollars."""

    name: str
    published: int
    recomputed: int

    def document(self) -> dict[str, str | int]:
        """Show it to people; costs in dollars."""
        is_of_model = self.name.startswith("models.") and self.name.endswith(".cost")
        if self.name not in ("cost", "list_cost") and not is_of_model:
            return {"figure": self.name, "published": self.published, "recomputed": self.recomputed}
        return {
            "figure": f"{self.name}_usd",
            "published": plain(usd_of(self.published)),
            "recomputed": plain(usd_of(self.recomputed)),
        }


class TenantDifference(NamedTuple):
    """A tenant whose published total is not what the log says."""

    tenant: Tenant
    published: Total
    recomputed: Total

    def figures(self) -> tuple[FigureDifference, ...]:
        """Return every number that differs."""
        old, new = figures_of(self.published), figures_of(self.recomputed)
        return tuple(
            FigureDifference(name, old.get(name, 0), new.get(name, 0))
            for name in sorted({*old, *new})
            if old.get(name, 0) != new.get(name, 0)
        )


class ObjectDifference(NamedTuple):
    """A log object whose evidence of the hour and its edges is not what the object says.

    `logged` and `kept` count records in the log object and in its evidence, `differing` the lines
    that are not the same in both. `reason` is one of this module's words.
    """

    object_id: str
    logged: int
    kept: int
    differing: int
    reason: str


class Audit(NamedTuple):
    """What one audit found.

    `found` log objects may hold records of the hour, `read` of them were looked at, in `size` bytes
    as delivered; where that is fewer, objects were compared, not tenants. `compared` counts the
    tenants, or the objects, that were; `left_out` those for which no time was left. `outstanding`
    log objects were delivered and are not settled yet, those `aside` were given up by an operator;
    the bytes of `changed` ones are not those that were metered; `older` counts objects that an
    older release read. `apart` counts requests of this hour that another one has, too, too far away
    to be the same call; None where that was not to be seen. `only_sums`: a
    tenant was erased, so that the log names others than the totals do.
    """

    hour: Hour
    found: int
    read: int
    size: int
    calls: int
    compared: int
    tenants: tuple[TenantDifference, ...] = ()
    objects: tuple[ObjectDifference, ...] = ()
    left_out: int = 0
    outstanding: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    older: int = 0
    apart: int | None = None
    only_sums: bool = False

    def is_sample(self) -> bool:
        """Return whether single log objects were compared instead of totals."""
        return self.read < self.found

    def differences(self) -> int:
        """Count the tenants that differ; of a sample, the log objects."""
        return len(self.objects if self.is_sample() else self.tenants)

    def document(self, most: int | None = None) -> dict[str, object]:
        """Show everything, of each list at most so many."""
        tenants = [
            {"tenant": one.tenant, "figures": [each.document() for each in one.figures()[:most]]}
            for one in self.tenants[:most]
        ]
        return {
            "hour": self.hour,
            "differences": self.differences(),
            "compared": self.compared,
            "compared_by": "log object" if self.is_sample() else "tenant",
            "only_sums": self.only_sums,
            "left_out": self.left_out,
            "calls": self.calls,
            "log_objects": self.found,
            "log_objects_read": self.read,
            "bytes_read": self.size,
            "duplicates_apart": self.apart,
            "tenants": tenants,
            "objects": [one._asdict() for one in self.objects[:most]],
            "outstanding": list(self.outstanding[:most]),
            "not_metered": list(self.aside[:most]),
            "changed": list(self.changed[:most]),
            "read_by_older_release": self.older,
        }


def figures_of(total: Total) -> dict[str, int]:
    """Return every number of a total by name; numbers by kind or model as `usage.input_tokens`."""
    return dict(_figures(asdict(total)))


def _figures(values: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name, value in values.items():
        if isinstance(value, int):
            yield name, value
        else:
            inner = value._asdict() if isinstance(value, ModelUse) else value
            yield from ((f"{name}.{key}", number) for key, number in _figures(inner))


def differing_tenants(
    published: Mapping[Tenant, Total], recomputed: Mapping[Tenant, Total]
) -> Iterator[TenantDifference]:
    """Return the tenants of which any number differs, unattributed first."""
    for tenant in in_order({*published, *recomputed}):
        both = published.get(tenant, EMPTY), recomputed.get(tenant, EMPTY)
        difference = TenantDifference(tenant, *both)
        if both[0] != both[1] and difference.figures():
            yield difference


def without_names(totals: Mapping[Tenant, Total]) -> dict[Tenant, Total]:
    """Keep of all totals the sums that do not depend on who is called what."""
    total = total_of(totals.values())
    sums = Total(requests=total.requests, errors=total.errors, usage=total.usage)
    return {ALL_TENANTS: sums}


def lines_differing(logged: Iterable[Evidence], kept: Iterable[Evidence], *, named: bool) -> int:
    """Count the lines that are not the same in both; unless `named`, callers may differ."""
    one, other = _by_line(logged, named), _by_line(kept, named)
    return sum(one.get(line) != other.get(line) for line in {*one, *other})


def _by_line(evidence: Iterable[Evidence], named: bool) -> dict[int, list[Evidence]]:
    lines: dict[int, list[Evidence]] = {}
    for record in evidence:
        shown = record if named else record._replace(metadata=None, principal="")
        lines.setdefault(record.line, []).append(shown)
    return lines
