"""One run of the demo, from the deployment to the verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine import server
from engine.demo import kept, own_logs, policy, tamper
from engine.demo.application import Visit, visit
from engine.demo.deployment import Deployment, deployed
from engine.demo.kept import KeptEngine
from engine.demo.metering_result import MeteringResult, metered_objects, metering_result
from engine.demo.oracle import Expected, PriceRows, expected, is_log
from engine.demo.own_logs import OwnLogs
from engine.demo.proof import TotalDifference, differences
from engine.demo.readings import Key, StoredHour, StoredLevel, levels, live_requests, totals
from engine.demo.stopwatch import Stopwatch
from engine.demo.uploads import upload, wait_until
from engine.traffic import EARLIER_HOURS, PROFILES, RECORDS, RUNAWAY, LogFile, traffic_for

AFTER_THE_NEWEST = timedelta(minutes=1)
SAMPLES = server.ROOT / "tests" / "golden" / "samples"
"""Published records of real calls, played along with the generated ones."""
PATIENCE = 240.0
"""Seconds for live totals to be complete; the machine may be busy."""
GUESTS = (RUNAWAY, "northwind", "orchard", "acme", "globex")
"""Who asks the example application: one that runs away, and one of each level."""


@dataclass(frozen=True)
class Options:
    """What a person asked for; without `logs` the demo plays generated traffic of so many calls.

    `policy` is put in force instead of the demo's own, or of none for a person's own logs.
    """

    logs: Path | None = None
    policy: Path | None = None
    tamper: bool = False
    keep: bool = False
    calls: int = RECORDS


@dataclass
class Play:
    """All results of one run."""

    options: Options
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    files: tuple[LogFile, ...] = ()
    own: OwnLogs | None = None
    seconds_to_visible: float = 0.0
    live: Mapping[Key, StoredHour] = field(default_factory=dict)
    closed: Mapping[Key, StoredHour] = field(default_factory=dict)
    levels: Mapping[str, StoredLevel] = field(default_factory=dict)
    visit: Visit | None = None
    result: MeteringResult = field(default_factory=MeteringResult)
    differences: list[TotalDifference] = field(default_factory=list)
    compared: Mapping[str, int] = field(default_factory=dict)
    tampered: tuple[str, ...] = ()
    kept: KeptEngine | None = None


def play(options: Options, say: Callable[[str], None] = lambda _: None) -> Play:
    """Play the demo; `DemoFailed` when the stack does not do what it must in time.

    `say` gets the name of each phase as it begins. Raise `AlreadyKept` when a stack is to be kept
    and one is.
    """
    if options.keep:
        kept.refuse_second()
    run = Play(options, Stopwatch(say))
    if options.logs:
        run.own = own_logs.load(options.logs)
    at = run.own.newest + AFTER_THE_NEWEST if run.own else None
    with deployed(run.stopwatch, at=at, keep=options.keep) as deployment:
        arguments = _prepare(run, deployment)
        with run.stopwatch.phase("recompute"):
            right = _expected(run, arguments)
        with run.stopwatch.phase("upload"):
            upload(deployment, run.files)
        with run.stopwatch.phase("metering"):
            run.seconds_to_visible = _await_totals(run, deployment, right)
        with run.stopwatch.phase("closing, levels, flags"):
            deployment.close_all()
        if options.tamper:
            run.tampered = tamper.tamper(deployment)
        with run.stopwatch.phase("reading back"):
            run.live, run.closed = totals(deployment)
            run.levels = levels(deployment)
            # Flags of a person's own logs belong to the time of those logs.
            run.visit = None if run.own else visit(deployment, GUESTS)
            run.result = metering_result(deployment)
        _compare(run, right)
        if options.keep:
            run.kept = kept.note(deployment)
    return run


def _prepare(run: Play, deployment: Deployment) -> dict[str, Any]:
    """Make what is uploaded, and return what the oracle has to know of it."""
    if run.own:
        deployment.begin_metering(run.own.newest)
        run.files = run.own.files
        if run.options.policy is None:
            return {"copies": {}, "tags": {}, "policy": {}}
        with run.stopwatch.phase("tenants"):
            policy.apply(deployment, run.options.policy)
        return {"copies": {}, "tags": {}, "policy": policy.document(run.options.policy)}
    now = datetime.now(UTC)
    # The samples are years old: their hours are closed because they are asked for by name.
    deployment.begin_metering(now - EARLIER_HOURS)
    with run.stopwatch.phase("tenants and profiles"):
        policy.apply(deployment, run.options.policy or policy.FILE)
        arns = deployment.create_profiles()
        deployment.learn_profiles(arns.values(), now)
    with run.stopwatch.phase("traffic"):
        traffic = traffic_for(
            now,
            account=server.ACCOUNT,
            region=server.REGION,
            bucket=deployment.output("LogBucketName"),
            profiles=arns,
            records=run.options.calls,
        )
    run.files = (*traffic.files, *own_logs.load(SAMPLES).files)
    return {
        "copies": {arns[wish.name]: wish.copy_from for wish in PROFILES},
        "tags": {arns[wish.name]: wish.tags for wish in PROFILES},
        "policy": policy.document(run.options.policy or policy.FILE),
    }


def _expected(run: Play, arguments: Mapping[str, Any]) -> Expected:
    objects = {file.key: file.body for file in run.files}
    return expected(objects, **arguments, rows=PriceRows())


def _await_totals(run: Play, deployment: Deployment, right: Expected) -> float:
    """Wait until every object is metered and its totals can be seen, from the last upload on.

    Raise `DemoFailed` when some do not come. The proof shows what is wrong in those that did.
    """
    logs = sum(is_log(file.key, file.body) for file in run.files)
    wait_until(f"{logs} log objects are metered", lambda: metered_objects(deployment) >= logs)
    wanted = sum(total.requests for total in right.live.values())
    wait_until("live totals are complete", lambda: live_requests(deployment) >= wanted, PATIENCE)
    return run.stopwatch.seconds_since_end_of("upload")


def _compare(run: Play, right: Expected) -> None:
    """Compare live and closed totals with the oracle's; only closed hours have closed totals."""
    hours = {hour for _, hour in run.closed}
    closed = {key: total for key, total in right.closed.items() if key[1] in hours}
    run.differences = [
        *differences("live", run.live, right.live),
        *differences("closed", run.closed, closed),
    ]
    run.compared = {"live": len({*run.live, *right.live}), "closed": len({*run.closed, *closed})}
