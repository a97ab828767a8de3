"""Handlers for the events of a client, registered once for all that is ever attached to it."""

from collections.abc import Callable
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, ref

from bedrock_meter_client.caller import Call, Caller
from bedrock_meter_client.table import is_asyncio

CONVERSE = ("Converse", "ConverseStream")
INVOKE = ("InvokeModel", "InvokeModelWithResponseStream")
OTHERS = ("StartAsyncInvoke", "InvokeModelWithBidirectionalStream")
_OURS = "bedrock_meter_client"

_lock = Lock()
# The client alone keeps its hooks alive: a tenant function may hold the client, and no circle of
# references may pass through this table.
_installed: "WeakKeyDictionary[Any, ref[Hooks]]" = WeakKeyDictionary()


class Hooks:
    """The handlers of one client; `caller` is what is attached, None when nothing is.

    A call keeps the caller it began with in its `context`: attaching or detaching is one
    assignment, and calls under way go on as they began.
    """

    def __init__(self) -> None:
        self.caller: Caller | None = None

    def before(self, params: Any, model: Any, context: Any, **_: Any) -> Any:
        """Check the flag, then put the metadata in; raise before a request exists."""
        caller = self.caller
        if caller is not None:
            call = caller.call(model.name, params)
            caller.admit(call)
            _go_on(call, params, model, context)

    def header(self, params: Any, context: Any, **_: Any) -> None:
        """Put the metadata into the header, before the request is signed."""
        call: Call | None = context.get(_OURS)
        if call is not None:
            call.caller.mark_header(call, params["headers"])

    def after(self, http_response: Any, parsed: Any, context: Any, **_: Any) -> None:
        """Count what the call used."""
        call: Call | None = context.get(_OURS)
        if call is not None:
            call.caller.settle(call, http_response, parsed)

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """Return the event of each handler."""
        # Not `provide-client-params`: there the first handler with a result wins over all others.
        before = {f"before-parameter-build.bedrock-runtime.{name}": self.before for name in _ALL}
        headers = {f"before-call.bedrock-runtime.{name}": self.header for name in INVOKE}
        after = {f"after-call.bedrock-runtime.{name}": self.after for name in (*CONVERSE, *INVOKE)}
        return {**before, **headers, **after}


class AsyncHooks(Hooks):
    """The same for a client of aiobotocore, which awaits its handlers."""

    async def before(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        """Check the flag while the event loop goes on, then put the metadata in."""
        caller = self.caller
        if caller is not None:
            call = caller.call(model.name, params)
            await caller.aadmit(call)
            _go_on(call, params, model, context)


_ALL = (*CONVERSE, *INVOKE, *OTHERS)


def _go_on(call: Call, params: Any, model: Any, context: Any) -> None:
    context[_OURS] = call
    if model.name in CONVERSE:
        call.caller.mark_body(call, params, model)


def hooks_of(client: Any) -> Hooks:
    """Return the hooks of a client; the first call registers them."""
    events = client.meta.events
    with _lock:
        known = _installed.get(events)
        hooks = known() if known else None
        if hooks is None:
            hooks = AsyncHooks() if is_asyncio(client) else Hooks()
            for event, handler in hooks.handlers().items():
                events.unregister(event, unique_id=f"{_OURS}.{event}")
                events.register(event, handler, unique_id=f"{_OURS}.{event}")
            _installed[events] = ref(hooks)
        return hooks
