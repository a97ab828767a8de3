"""One day of four tenants, from the log objects Bedrock delivers to totals, a level and a flag.

Nine o'clock is over and is closed, ten o'clock is open. Haiku costs 1 dollar a million tokens in
and 5 a million out; every expected number is worked out by hand from that.
"""

from dataclasses import dataclass, field
from typing import Any

from engine.waiting import until
from tests.builders import a_record
from tests.e2e.listening import listen_to_topic
from tests.e2e.meter import DAY, PATIENCE, Meter, a_key, at

NINE, TEN = f"{DAY}T09", f"{DAY}T10"
NAMES = ["acme", "globex", "initech", "hooli", None]
NO_RATE = "example.model-without-a-rate-v1:0"
BROKEN = b'{"schemaType": "ModelInvocationLog", "timestamp": "2031-11-21T09:50:00Z", "modelId"'


def a_call(request_id: str, time: str, tenant: str | None, **changes: Any) -> dict[str, Any]:
    """A call of a tenant (None: of nobody known) to Haiku: 1,000 tokens in, 100 out."""
    metadata = {"tenantId": tenant} if tenant else None
    return a_record(
        request_id,
        **{"timestamp": at(time), "requestMetadata": metadata, "region": "us-east-1"} | changes,
    )


NINE_O_CLOCK = (
    a_call("a-1", "09:05:00", "acme"),
    a_call("a-2", "09:05:01", "acme"),
    a_call("a-3", "09:20:00", "acme"),
    a_call("a-4", "09:40:00", "acme", modelId=NO_RATE),
    a_call("a-5", "09:41:00", "acme", errorCode="ThrottlingException", output=None),
    a_call("g-1", "09:30:00", "globex", input={"inputTokenCount": 2_000_000}),
    a_call("u-1", "09:31:00", None),
    BROKEN,
)
TEN_O_CLOCK = (
    a_call("i-1", "10:20:00", "initech", output={"outputTokenCount": 3_000_000}),
    a_call("a-6", "10:21:00", "acme"),
)
LATE = (
    a_call("a-7", "09:35:00", "acme"),
    a_call("h-1", "09:36:00", "hooli"),
    a_call("g-1", "09:30:00", "globex", input={"inputTokenCount": 2_000_000}),
)


@dataclass
class Story:
    """What could be read at each step; closed usage by (tenant, sort key), live by hour."""

    meter: Meter
    first: str = ""
    live: dict[Any, Any] = field(default_factory=dict)
    raised: dict[str, Any] = field(default_factory=dict)
    closed: dict[Any, Any] = field(default_factory=dict)
    corrected: dict[Any, Any] = field(default_factory=dict)
    published: list[dict[str, Any]] = field(default_factory=list)
    notices: str = ""

    def usage(self) -> dict[Any, Any]:
        """Read all that is told about this story's tenants."""
        items = {(item["pk"], item["sk"]): item for item in self.meter.items("Usage")}
        return {
            (name, sk): item
            for name in NAMES
            for (pk, sk), item in items.items()
            if pk == ("UNATTRIBUTED" if name is None else f"T#{name}") and DAY[:7] in sk
        }

    def live_hours(self) -> dict[Any, Any]:
        """Read all live hours of this story's tenants."""
        found = {
            (name, hour): self.meter.live_hour(name, hour) for name in NAMES for hour in (NINE, TEN)
        }
        return {key: row for key, row in found.items() if row}


def played(meter: Meter) -> Story:
    """Play the day once; the tests look at what could be read."""
    story = Story(meter, notices=listen_to_topic(meter, "NoticeTopicArn", "story-notices"))
    story.first = meter.put(a_key("09"), *NINE_O_CLOCK)
    second = meter.put(a_key("10", "22:00"), *TEN_O_CLOCK)
    meter.await_metered(story.first, second)
    _await_live(meter)
    story.live = story.live_hours()
    story.raised = _await_flag(meter)

    # Once more by the bucket, with the same bytes, and once more by a plain announcement.
    meter.put(story.first, *NINE_O_CLOCK)
    _await_runs(meter, story.first, 2)
    meter.announce(story.first)
    _await_runs(meter, story.first, 3)
    meter.close()
    story.closed = story.usage()
    story.published.append(meter.item("Hours", pk=f"{NINE}#0"))

    meter.await_metered(meter.put(a_key("10", "25:00"), *LATE))
    meter.close()
    story.corrected = story.usage()
    story.published.append(meter.item("Hours", pk=f"{NINE}#0"))
    return story


def _await_live(meter: Meter) -> None:
    meter.await_live("acme", NINE, 5)
    meter.await_live("globex", NINE, 1)
    meter.await_live(None, NINE, 1)
    meter.await_live("acme", TEN, 1)
    meter.await_live("initech", TEN, 1)


def _await_flag(meter: Meter) -> dict[str, Any]:
    flag = until(lambda: meter.item("Flags", tenant="initech"), seconds=PATIENCE)
    assert flag, "no flag was raised"
    return dict(flag)


def runs_of(meter: Meter, key: str) -> list[str]:
    """The ids of the handler's runs that met an object, new or known, from the function's log."""
    return [
        line["function_request_id"]
        for line in meter.function_log()
        if line.get("message") in ("log object metered", "log object known")
        and line["object"] == meter.object_id(key)
    ]


def _await_runs(meter: Meter, key: str, runs: int) -> None:
    assert until(lambda: len(runs_of(meter, key)) >= runs, seconds=PATIENCE), runs_of(meter, key)
