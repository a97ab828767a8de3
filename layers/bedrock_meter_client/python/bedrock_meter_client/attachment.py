"""Attach a tenant to a boto3 `bedrock-runtime` client: one line, nothing else changes."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.config import Config

from bedrock_meter_client.gate import OPEN, TenantGate
from bedrock_meter_client.metadata import HEADER, checked, merged_header
from bedrock_meter_client.reader import FlagReader
from bedrock_meter_client.usage import guess, used_in

CONVERSE = ("Converse", "ConverseStream")
INVOKE = ("InvokeModel", "InvokeModelWithResponseStream")
OTHERS = ("StartAsyncInvoke", "InvokeModelWithBidirectionalStream")
_OURS = "bedrock_meter_client"
# A flag is worth little time: a call must not wait long for a table that does not answer.
_BRIEF = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "max_attempts": 2})


def attach(
    client: Any,
    *,
    tenant: str | Callable[[], str],
    metadata: Mapping[str, str] | None = None,
    flags: str | None = None,
    gate: TenantGate | None = None,
    dynamodb: Any = None,
    when_unknown: str = OPEN,
    tenant_key: str = "tenantId",
) -> Any:
    """Let every call of a client carry its tenant, and obey the tenant's flag.

    `tenant` may be a function, asked before each call (a gateway that serves many tenants).
    `flags` is the name of the Flags table; `gate` shares one cache between several clients;
    without either, calls are marked and never held back. Gives the client back. Attaching again
    replaces what was attached before. `BadMetadata` when Bedrock would refuse the entries.
    """
    if gate is None and flags is not None:
        dynamodb = dynamodb or boto3.client(
            "dynamodb", region_name=client.meta.region_name, config=_BRIEF
        )
        gate = TenantGate(FlagReader(dynamodb, flags), when_unknown=when_unknown)
    entries = dict(metadata or {})
    if isinstance(tenant, str):
        checked({**entries, tenant_key: tenant})
    detach(client)
    _Attachment(tenant, entries, gate, tenant_key).register(client.meta.events)
    return client


def detach(client: Any) -> None:
    """Undo `attach`; nothing happens when nothing is attached."""
    for event in _events():
        client.meta.events.unregister(event, unique_id=f"{_OURS}.{event}")


def _events() -> list[str]:
    before = [
        f"provide-client-params.bedrock-runtime.{name}" for name in (*CONVERSE, *INVOKE, *OTHERS)
    ]
    headers = [f"before-call.bedrock-runtime.{name}" for name in INVOKE]
    after = [f"after-call.bedrock-runtime.{name}" for name in (*CONVERSE, *INVOKE)]
    return before + headers + after


class _Attachment:
    """The handlers of one attachment; what one call is about travels in its `context`."""

    def __init__(
        self,
        tenant: str | Callable[[], str],
        metadata: Mapping[str, str],
        gate: TenantGate | None,
        tenant_key: str,
    ) -> None:
        self._tenant = tenant
        self._metadata = metadata
        self._gate = gate
        self._tenant_key = tenant_key

    def register(self, events: Any) -> None:
        handlers = {
            "provide-client-params": self.before,
            "before-call": self.header,
            "after-call": self.after,
        }
        for event in _events():
            handler = handlers[event.split(".", 1)[0]]
            events.register(event, handler, unique_id=f"{_OURS}.{event}")

    def before(self, params: Any, model: Any, context: Any, **_: Any) -> Any:
        """Check the flag, then put the metadata in; raises before a request exists."""
        tenant = self._tenant if isinstance(self._tenant, str) else self._tenant()
        tokens = guess(model.name, params)
        if self._gate:
            self._gate.check(tenant, params.get("modelId", ""), tokens)
        context[_OURS] = (tenant, tokens)
        if model.name not in CONVERSE:
            return None
        own = {**(params.get("requestMetadata") or {}), **self._metadata, self._tenant_key: tenant}
        return {**params, "requestMetadata": checked(own)}

    def header(self, params: Any, context: Any, **_: Any) -> None:
        """Put the metadata into the header, before the request is signed."""
        tenant, _tokens = context[_OURS]
        headers = params["headers"]
        entries = {**self._metadata, self._tenant_key: tenant}
        headers[HEADER] = merged_header(headers.get(HEADER), entries)

    def after(self, http_response: Any, parsed: Any, context: Any, **_: Any) -> None:
        """Tell the limit on tokens what the call really used, where the answer says so."""
        if self._gate is None or _OURS not in context:
            return
        tenant, guessed = context[_OURS]
        used = used_in(http_response, parsed)
        if used is not None:
            self._gate.used(tenant, used, guessed)
