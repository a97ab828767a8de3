"""Whose calls a client makes, and what is done for each of them."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from bedrock_meter_client.faults import METADATA, TENANT, Faults, described
from bedrock_meter_client.gate import TenantGate
from bedrock_meter_client.metadata import HEADER, merged, merged_header
from bedrock_meter_client.tenant import trouble_with
from bedrock_meter_client.tokens import estimate, used_in


@dataclass(frozen=True, slots=True)
class Call:
    """One call under way. `tenant` is None when nobody could be named."""

    caller: "Caller"
    tenant: str | None
    model: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Caller:
    """What `attach` was told. Nothing here raises, except `TenantThrottled` from `admit`."""

    tenant: str | Callable[[], str]
    metadata: Mapping[str, str]
    gate: TenantGate | None
    tenant_key: str
    faults: Faults

    def call(self, operation: str, params: Any) -> Call:
        """Begin a call: name its tenant, estimate its tokens."""
        tenant, model, tokens = self._named(), "", 0
        with self.faults.caught(tenant, "the estimate of a call's tokens"):
            model = str(params.get("modelId", ""))
            if self.gate:
                tokens = estimate(operation, params)
        return Call(self, tenant, model, tokens)

    def admit(self, call: Call) -> None:
        """Check the flag; `TenantThrottled` when the call must not be made."""
        if self.gate and call.tenant is not None:
            self.gate.check(call.tenant, call.model, call.tokens)
        elif self.gate:
            self.gate.stop_if_closed("")

    async def aadmit(self, call: Call) -> None:
        """Do the same without blocking an event loop."""
        if self.gate and call.tenant is not None:
            await self.gate.acheck(call.tenant, call.model, call.tokens)
        elif self.gate:
            self.gate.stop_if_closed("")

    def mark_body(self, call: Call, params: Any, model: Any) -> None:
        """Put the entries into the parameters of a Converse call."""
        with self.faults.caught(call.tenant, "marking a call"):
            if "requestMetadata" not in model.input_shape.members:
                self._tell(call, ["this boto3 is too old to send it with Converse, update it"])
                return
            own = params.get("requestMetadata")
            if own is None or isinstance(own, Mapping):  # boto3 itself refuses anything else.
                params["requestMetadata"], left_out = merged(own or {}, self._entries(call))
                self._tell(call, left_out)

    def mark_header(self, call: Call, headers: MutableMapping[str, str]) -> None:
        """Put the entries into the header of an InvokeModel call, before it is signed."""
        with self.faults.caught(call.tenant, "marking a call"):
            spelled = [name for name in headers if name.lower() == HEADER.lower()]
            present = [headers.pop(name) for name in spelled]
            headers[HEADER], left_out = merged_header(
                present[-1] if present else None, self._entries(call)
            )
            self._tell(call, left_out)

    def settle(self, call: Call, http_response: Any, parsed: Any) -> None:
        """Report to the limit on tokens what the call used, where the response shows it."""
        if self.gate is None or call.tenant is None:
            return
        with self.faults.caught(call.tenant, "counting what a call used"):
            used = used_in(http_response, parsed)
            if used is not None:
                self.gate.used(call.tenant, used, call.tokens)

    def _named(self) -> str | None:
        if isinstance(self.tenant, str):
            return self.tenant
        try:
            tenant = self.tenant()
            trouble = trouble_with(tenant)
        except Exception as error:  # noqa: BLE001 - the application's own function may raise anything
            self.faults.report(TENANT, "", f"the tenant function failed: {described(error)}", error)
            return None
        if trouble:
            self.faults.report(TENANT, "", f"the tenant function gave no tenant: {trouble}")
            return None
        return tenant

    def _entries(self, call: Call) -> dict[str, str]:
        named = {} if call.tenant is None else {self.tenant_key: call.tenant}
        return {**self.metadata, **named}

    def _tell(self, call: Call, left_out: list[str]) -> None:
        if left_out:
            more = f" (and {len(left_out) - 1} more)" if len(left_out) > 1 else ""
            message = f"metadata was left out of a call: {left_out[0]}{more}"
            self.faults.report(METADATA, call.tenant, message)
