"""The gate: may this tenant call this model now?"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from bedrock_meter_client.bucket import Bucket
from bedrock_meter_client.faults import TENANT, logger
from bedrock_meter_client.flag import CLOSED, OPEN, Flag
from bedrock_meter_client.forks import after_fork
from bedrock_meter_client.reader import MOST_TENANTS, NOT_GREEN_SECONDS, FlagReader, Known
from bedrock_meter_client.tenant import trouble_with
from bedrock_meter_client.throttled import TenantThrottled

LEAST_WAIT = 1.0
MOST_WAIT = 60.0
_SCOPE = re.compile(r"(us-gov|apac|global|[a-z]{2})\.")


class TenantGate:
    """Checks calls against flags. Safe to share between threads, clients and tenants.

    A check raises nothing but `TenantThrottled`. `when_unknown` counts while no flag could ever be
    read, or none can be looked up: `open` lets calls through, `closed` stops them.
    Limits are kept by this process alone: n processes call n times as fast.
    """

    def __init__(
        self,
        reader: FlagReader,
        *,
        when_unknown: str = OPEN,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not isinstance(reader, FlagReader):
            raise TypeError(f"reader is {reader!r}, it must be a FlagReader")
        if when_unknown not in (OPEN, CLOSED):
            raise ValueError(f"when_unknown is {when_unknown!r}, it must be 'open' or 'closed'")
        self.faults = reader.faults
        self._reader = reader
        self._when_unknown = when_unknown
        self._monotonic = monotonic
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
        self._lock = Lock()
        after_fork(self)

    def check(self, tenant: str, model: str = "", tokens: int = 0) -> None:
        """Let a call pass, or raise `TenantThrottled`; `tokens` is an estimate of its tokens."""
        if self._may_look_up(tenant):
            with self.faults.caught(tenant, "the check of its flag"):
                self._obey(tenant, self._reader.known(tenant), model, tokens)
                return
        self.stop_if_closed(tenant)

    async def acheck(self, tenant: str, model: str = "", tokens: int = 0) -> None:
        """Do the same without blocking an event loop while the flag is read."""
        if self._may_look_up(tenant):
            with self.faults.caught(tenant, "the check of its flag"):
                self._obey(tenant, await self._reader.aknown(tenant), model, tokens)
                return
        self.stop_if_closed(tenant)

    def stop_if_closed(self, tenant: object) -> None:
        """Raise `TenantThrottled` where no flag can be looked up and `when_unknown` is `closed`."""
        if self._when_unknown == CLOSED:
            named = tenant if isinstance(tenant, str) else ""
            reason = "its flag cannot be looked up, and when_unknown is 'closed'"
            raise TenantThrottled(named, reason, NOT_GREEN_SECONDS)

    def used(self, tenant: str, tokens: int, guessed: int = 0) -> None:
        """Count what a call really used instead of its estimate, so that the limit holds."""
        with self.faults.caught(tenant, "counting what a call used"):
            with self._lock:
                bucket = self._buckets.get((tenant, "tokens"))
            if bucket:
                bucket.take(max(0, tokens) - max(0, guessed))

    def after_fork(self) -> None:
        """Start again in a child process, whose limits are its own."""
        self._lock = Lock()
        self._buckets = OrderedDict()

    def _may_look_up(self, tenant: object) -> bool:
        trouble = trouble_with(tenant)
        if trouble:
            self.faults.report(TENANT, tenant, f"no flag can be looked up: {trouble}")
        return not trouble

    def _obey(self, tenant: str, known: Known, model: str, tokens: int) -> None:
        if self._reader.stale(known):
            self._check_stale(tenant, known)
            return
        now = self._reader.now(known)
        flag = known.flag.in_force(now) if known.flag else None
        if flag is None:
            return
        throttled = self._verdict(tenant, flag, str(model), max(0, tokens), now)
        if throttled is None:
            return
        if not flag.enforced:
            logger.info("would throttle (mode is observe): %s", throttled)
            return
        raise throttled

    def _check_stale(self, tenant: str, known: Known) -> None:
        flag = known.flag
        rule = flag.stale_rule if flag else self._when_unknown
        if rule != CLOSED or (flag is not None and not flag.enforced):
            return
        raise TenantThrottled(
            tenant,
            "its flag cannot be read, and its rule for that is to stop",
            NOT_GREEN_SECONDS,
            level=flag.level if flag else "",
            action=flag.action if flag else "",
            version=flag.version if flag else 0,
        )

    def _verdict(
        self, tenant: str, flag: Flag, model: str, tokens: int, now: float
    ) -> TenantThrottled | None:
        if flag.action == "block":
            return _throttled(tenant, flag, flag.reason, flag.resume_at - now)
        if flag.action != "slow":
            return None
        pattern = denied_by(model, flag.deny)
        if pattern:
            reason = f"model {model} is withdrawn ({pattern}): {flag.reason}"
            return _throttled(tenant, flag, reason, flag.resume_at - now)
        wait = self._wait(tenant, flag, tokens)
        if wait <= 0:
            return None
        return _throttled(tenant, flag, f"slowed down: {flag.reason}", min(wait, MOST_WAIT))

    def _wait(self, tenant: str, flag: Flag, tokens: int) -> float:
        """Take from the buckets of a slowed tenant and return 0, else the seconds to wait."""
        token_bucket = self._bucket(tenant, "tokens", flag.tokens_per_minute)
        request_bucket = self._bucket(tenant, "requests", flag.requests_per_minute)
        if token_bucket:
            wait = token_bucket.wait_for(max(1, tokens))
            if wait > 0:
                return wait
        if request_bucket:
            wait = request_bucket.take_if_there(1)
            if wait > 0:
                return wait
        if token_bucket:
            token_bucket.take(tokens)
        return 0.0

    def _bucket(self, tenant: str, what: str, per_minute: int | None) -> Bucket | None:
        key = tenant, what
        with self._lock:
            if per_minute is None:
                self._buckets.pop(key, None)
                return None
            bucket = self._buckets.get(key)
            if bucket is None or bucket.per_minute != per_minute:
                bucket = self._buckets[key] = Bucket(per_minute, self._monotonic)
            self._buckets.move_to_end(key)
            if len(self._buckets) > 2 * MOST_TENANTS:
                self._buckets.popitem(last=False)
            return bucket


def denied_by(model: str, patterns: tuple[str, ...]) -> str | None:
    """Return the pattern that a model id matches, with or without ARN and scope prefix.

    An application inference profile hides its model: deny it by its own id.
    """
    bare = model.rsplit("/", 1)[-1]
    names = {model, bare, _SCOPE.sub("", bare, count=1)}
    return next((p for p in patterns if any(fnmatchcase(name, p) for name in names)), None)


def _throttled(tenant: str, flag: Flag, reason: str, wait: float) -> TenantThrottled:
    details: dict[str, Any] = {"level": flag.level, "action": flag.action, "version": flag.version}
    return TenantThrottled(tenant, reason, max(LEAST_WAIT, wait), **details)
