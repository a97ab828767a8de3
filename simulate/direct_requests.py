"""Requests to the stores that no port has: changes from outside, expiry, an erasing.

Each is one step, like one request of an adapter.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bedrock_meter.domain.totals.erasure import Erasing
from bedrock_meter.domain.totals.top import renamed
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.profiles import MemoryProfileFacts
from bedrock_meter.local.tenant_names import MemoryTenantNames
from bedrock_meter.local.usage import MemoryUsageTable


class ErasingNames:
    """The notes of erasings under way."""

    def __init__(self) -> None:
        self.erasing: dict[str, Erasing] = {}

    def begin(self, tenant: str, erasing: Erasing) -> Erasing:
        return self.erasing.setdefault(tenant, erasing)

    def finish(self, tenant: str) -> None:
        self.erasing.pop(tenant, None)


def _read(logs: Any, log_object: Any) -> bytes:
    with logs.open(log_object) as body:
        found: bytes = body.read()
    return found


def _overwrite(logs: Any, key: str, body: bytes) -> None:
    logs.objects[key] = body


def _forget(live: Any, object_id: str) -> None:
    live.copies.pop(object_id, None)


def _closed_of(usage: Any, tenant: str) -> list[tuple[str, str, Any]]:
    """Read a tenant's hours, days and months."""
    return [
        (kind, period, getattr(usage, kind)[name, period])
        for kind in ("hours", "days", "months")
        for name, period in sorted(getattr(usage, kind), key=str)
        if name == tenant
    ]


def _put_renamed(usage: Any, kind: str, period: str, pseudonym: str, item: Any) -> None:
    """Put an item as it was read under another name, unless that name has one."""
    getattr(usage, kind).setdefault((pseudonym, period), item)


def _rename_in_top(usage: Any, period: str, tenant: str, pseudonym: str) -> None:
    top = usage.tops.get(period, [])
    rows = [(name, ranked) for name, ranked in renamed(top, tenant, pseudonym)]
    usage.tops |= {period: rows} if top else {}


def _delete_closed(usage: Any, kind: str, period: str, tenant: str, item: Any) -> None:
    """Delete an item as it was read; one that was replaced since stays."""
    if getattr(usage, kind).get((tenant, period)) == item:
        del getattr(usage, kind)[tenant, period]


def _rename_files(closings: Any, hour: str, tenant: str, pseudonym: str) -> None:
    names = MemoryTenantNames(
        MemoryUsageTable(), closings, MemoryDecisions(), MemoryPolicies(), MemoryProfileFacts()
    )
    names.rename_files(hour, tenant, pseudonym)  # type: ignore[arg-type]


DIRECT_REQUESTS: Mapping[str, Callable[..., Any]] = {
    "logs.open": _read,
    "logs.overwrite": _overwrite,
    "live.forget": _forget,
    "usage.closed_of": _closed_of,
    "usage.put_renamed": _put_renamed,
    "usage.rename_in_top": _rename_in_top,
    "usage.delete_closed": _delete_closed,
    "closings.rename_files": _rename_files,
}


class WithDirectRequests:
    """A store with the direct requests as further methods."""

    def __init__(self, name: str, store: Any) -> None:
        self._name, self._store = name, store

    def __getattr__(self, method: str) -> Any:
        if hasattr(self._store, method):
            return getattr(self._store, method)
        request = DIRECT_REQUESTS[f"{self._name}.{method}"]
        return lambda *args: request(self._store, *args)


def with_direct_requests(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return all stores with their direct requests."""
    return {name: WithDirectRequests(name, store) for name, store in raw.items()}
