"""Flags read from DynamoDB, seldom: one read per tenant and period, however many threads call."""

import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError

from bedrock_meter_client.flag import Flag, flag_key

GREEN_SECONDS = 30.0
NOT_GREEN_SECONDS = 10.0
JITTER = 0.2
STALE_SECONDS = 300.0
MOST_TENANTS = 10_000

_value_of = TypeDeserializer().deserialize


@dataclass(slots=True)
class Known:
    """What is known of one tenant's flag. Moments are of the monotonic clock.

    `flag` None: the table has no item, which means green. `read_at` None: never read.
    `server_ahead`: seconds to add to the monotonic clock to get DynamoDB's time.
    """

    flag: Flag | None = None
    read_at: float | None = None
    due_at: float = 0.0
    server_ahead: float = 0.0
    lock: Lock = field(default_factory=Lock)


class FlagReader:
    """Cached flags. `known` never raises: what cannot be read stays as it was."""

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        most_tenants: int = MOST_TENANTS,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._monotonic = monotonic
        self._wall = wall
        self._most = most_tenants
        self._tenants: OrderedDict[str, Known] = OrderedDict()
        self._lock = Lock()

    def known(self, tenant: str) -> Known:
        """Give what is known of a tenant, read again when it is due.

        One thread reads; the others go on with what they have, and wait only when that is nothing
        or too old to be trusted.
        """
        known = self._entry(tenant)
        if self._monotonic() < known.due_at:
            return known
        if known.lock.acquire(blocking=self.stale(known)):
            try:
                if self._monotonic() >= known.due_at:
                    self._read(tenant, known)
            finally:
                known.lock.release()
        return known

    def now(self, known: Known) -> float:
        """Tell DynamoDB's time: the `Date` of its answer, carried on by the monotonic clock."""
        if known.read_at is None:
            return self._wall()
        return self._monotonic() + known.server_ahead

    def stale(self, known: Known) -> bool:
        """Tell whether the last successful read is too long ago to be trusted."""
        return known.read_at is None or self._monotonic() - known.read_at > STALE_SECONDS

    def _entry(self, tenant: str) -> Known:
        with self._lock:
            known = self._tenants.setdefault(tenant, Known())
            self._tenants.move_to_end(tenant)
            if len(self._tenants) > self._most:
                self._tenants.popitem(last=False)
            return known

    def _read(self, tenant: str, known: Known) -> None:
        try:
            answer = self._dynamodb.get_item(
                TableName=self._table, Key={"tenant": {"S": flag_key(tenant)}}
            )
            flag = _flag_in(answer)
        except (BotoCoreError, ClientError, KeyError, ValueError):
            # Not readable now: keep what is known, and do not try again on every call.
            known.due_at = self._monotonic() + _jittered(NOT_GREEN_SECONDS)
            return
        # Reads may lag: a flag is never replaced by an older one, and items are never deleted.
        if known.flag is None or (flag is not None and flag.version >= known.flag.version):
            known.flag = flag
        now = self._monotonic()
        known.server_ahead = self._server_time(answer) - now
        known.read_at = now
        green = known.flag is None or (known.flag.action == "none" and known.flag.then is None)
        known.due_at = now + _jittered(GREEN_SECONDS if green else NOT_GREEN_SECONDS)

    def _server_time(self, answer: Any) -> float:
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            return parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            return self._wall()


def _flag_in(answer: Any) -> Flag | None:
    item = answer.get("Item")
    return Flag.of({name: _value_of(value) for name, value in item.items()}) if item else None


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)
