"""Attach a tenant to a `bedrock-runtime` client: one line, nothing else changes."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from bedrock_meter_client.caller import Caller
from bedrock_meter_client.faults import Fault, Faults, one_line
from bedrock_meter_client.flag import OPEN
from bedrock_meter_client.gate import TenantGate
from bedrock_meter_client.hooks import hooks_of
from bedrock_meter_client.metadata import BadMetadata, checked
from bedrock_meter_client.reader import FlagReader
from bedrock_meter_client.table import brief_client, service_of
from bedrock_meter_client.tenant import trouble_with

_SERVICE = "bedrock-runtime"


def attach(
    client: Any,
    *,
    tenant: str | Callable[[], str],
    metadata: Mapping[str, str] | None = None,
    flags: str | None = None,
    gate: TenantGate | None = None,
    dynamodb: Any = None,
    when_unknown: str | None = None,
    on_fault: Callable[[Fault], object] | None = None,
    tenant_key: str = "tenantId",
) -> Any:
    """Let every call of a client carry its tenant, and obey the tenant's flag.

    `client` is a client of boto3 or aiobotocore. `tenant` may be a function, asked before each
    call (a gateway that serves many tenants). `flags` is the name of the Flags table, `dynamodb`
    a boto3 client for it; `gate` shares one cache between several clients; with neither, calls
    are marked and never held back. `when_unknown` is `open`, if left out, or `closed`. `on_fault`
    is called with every `Fault`. `tenant_key` is the metadata key that names the tenant.

    Return the client. Attaching again replaces what was attached before, also while calls are under
    way. Raise TypeError, ValueError or `BadMetadata` (a ValueError) when an argument is wrong;
    afterwards calls raise nothing of this library but `TenantThrottled`.
    """
    _check_client(client)
    _check_tenant(tenant)
    entries = _checked_entries(metadata, tenant_key, tenant)
    if gate is not None:
        _check_gate(gate, flags, dynamodb, when_unknown, on_fault)
    elif flags is not None:
        if dynamodb is None:
            dynamodb = brief_client(client.meta.region_name)
        rule = OPEN if when_unknown is None else when_unknown
        gate = TenantGate(FlagReader(dynamodb, flags, on_fault=on_fault), when_unknown=rule)
    elif when_unknown not in (None, OPEN):
        raise ValueError(f"when_unknown is {when_unknown!r}, but neither flags nor gate is given")
    faults = gate.faults if gate else Faults(on_fault)
    hooks_of(client).caller = Caller(tenant, entries, gate, tenant_key, faults)
    return client


def detach(client: Any) -> None:
    """Undo `attach`; nothing happens when nothing is attached."""
    _check_client(client)
    hooks_of(client).caller = None


def _check_client(client: Any) -> None:
    service = service_of(client)
    if service != _SERVICE:
        found = f"a client of {service!r}" if service else one_line(repr(client))
        raise TypeError(f"client is {found}, it must be boto3.client('{_SERVICE}')")


def _check_tenant(tenant: Any) -> None:
    if inspect.iscoroutinefunction(tenant):
        raise TypeError("tenant is an async function, it must be a plain one or a text")
    if callable(tenant):
        return
    trouble = trouble_with(tenant)
    if trouble:
        raise BadMetadata(trouble) if isinstance(tenant, str) else TypeError(trouble)


def _checked_entries(metadata: Any, tenant_key: Any, tenant: Any) -> dict[str, str]:
    """Return the attachment's entries without the tenant; they must leave room for it."""
    if metadata is not None and not isinstance(metadata, Mapping):
        raise TypeError(f"metadata is {one_line(repr(metadata))}, it must be a dict of texts")
    entries = dict(metadata or {})
    checked({**entries, tenant_key: tenant if isinstance(tenant, str) else "any"})
    return entries


def _check_gate(gate: Any, *others: Any) -> None:
    if not isinstance(gate, TenantGate):
        raise TypeError(f"gate is {one_line(repr(gate))}, it must be a TenantGate")
    if any(other is not None for other in others):
        raise ValueError(
            "gate brings its own flags, dynamodb, when_unknown and on_fault:"
            " give those to its TenantGate and FlagReader, not to attach"
        )
