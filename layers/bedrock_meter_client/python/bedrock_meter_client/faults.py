"""What kept a call from being checked or marked: told in the log, and to whoever asked for it."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock

from bedrock_meter_client.forks import after_fork
from bedrock_meter_client.throttled import TenantThrottled

TABLE_MISSING, REFUSED, BUSY, NETWORK = "table_missing", "refused", "busy", "network"
SLOW, MALFORMED, FAILED = "slow", "malformed", "failed"
TENANT, METADATA, INTERNAL = "tenant", "metadata", "internal"
OF_A_READ = (TABLE_MISSING, REFUSED, BUSY, NETWORK, SLOW, MALFORMED, FAILED)
OF_A_CALL = (TENANT, METADATA, INTERNAL)
KINDS = (*OF_A_READ, *OF_A_CALL)
_HOOK = "hook"

WARN_SECONDS = 300.0
LONGEST_TEXT = 300

logger = logging.getLogger("bedrock_meter_client")


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble of this library: `kind` is one of `KINDS`, `message` is one line.

    `tenant` is empty when it is not known; `error` is None when nothing was raised.
    """

    kind: str
    tenant: str
    message: str
    error: BaseException | None = None


class Faults:
    """Warns once per kind and five minutes, and calls `on_fault` every time.

    Neither a handler of the log nor `on_fault` can break a call: what they raise ends here.
    `on_fault` may be called from any thread and should return at once.
    """

    def __init__(
        self,
        on_fault: Callable[[Fault], object] | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if on_fault is not None and not callable(on_fault):
            raise TypeError(f"on_fault is {on_fault!r}, it must be a function that takes a Fault")
        self._on_fault = on_fault
        self._monotonic = monotonic
        self._warned: dict[str, tuple[float, int]] = {}
        self._lock = Lock()
        after_fork(self)

    def report(
        self, kind: str, tenant: object, message: str, error: BaseException | None = None
    ) -> None:
        """Report a fault; never raise an error."""
        fault = Fault(kind, tenant if isinstance(tenant, str) else "", one_line(message), error)
        self._warn(fault)
        if self._on_fault is None:
            return
        try:
            self._on_fault(fault)
        except Exception as broken:  # noqa: BLE001 - a broken hook must not break the call
            self._warn(Fault(_HOOK, "", f"on_fault failed: {described(broken)}", broken))

    @contextmanager
    def caught(self, tenant: object, doing: str) -> Iterator[None]:
        """Report what the block raises instead of passing it on; `TenantThrottled` passes."""
        try:
            yield
        except TenantThrottled:
            raise
        except Exception as error:  # noqa: BLE001 - no trouble of ours may break an application
            self.report(INTERNAL, tenant, f"{doing} failed: {described(error)}", error)

    def after_fork(self) -> None:
        """Take a new lock: a thread that is gone may have held the old one."""
        self._lock = Lock()

    def _warn(self, fault: Fault) -> None:
        hidden = self._hidden(fault.kind)
        if hidden is None:
            return
        more = f" ({hidden} more like this since the last warning)" if hidden else ""
        with suppress(Exception):  # A filter or handler of the application may raise.
            logger.warning("%s%s", fault.message, more)
            logger.debug("where it came from", exc_info=fault.error)

    def _hidden(self, kind: str) -> int | None:
        """Count the faults not warned of since the last warning; None while it is not yet time."""
        now = self._monotonic()
        with self._lock:
            at, hidden = self._warned.get(kind, (None, 0))
            if at is not None and now - at < WARN_SECONDS:
                self._warned[kind] = at, hidden + 1
                return None
            self._warned[kind] = now, 0
            return hidden


def described(error: BaseException) -> str:
    """Return an error in a few words."""
    with suppress(Exception):  # Even the text of a foreign error may raise.
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


def one_line(text: str) -> str:
    """Return a text without line breaks or control characters, and not too long."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain if len(plain) <= LONGEST_TEXT else plain[: LONGEST_TEXT - 1] + "…"
