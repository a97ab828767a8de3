"""One performance, from the empty stage to the verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine import server
from engine.demo import kept, own_logs, policy, tamper
from engine.demo.application import Visit, visit
from engine.demo.clock import Clock
from engine.demo.findings import Findings, findings, metered_objects
from engine.demo.kept import Kept
from engine.demo.oracle import Expected, PriceRows, expected, is_log
from engine.demo.own_logs import OwnLogs
from engine.demo.proof import Difference, differences
from engine.demo.readings import Key, StoredHour, StoredLevel, live_requests, standings, totals
from engine.demo.stage import Stage, staged
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

    `policy` is put in force in place of the demo's own, or of none for somebody's own logs.
    """

    logs: Path | None = None
    policy: Path | None = None
    tamper: bool = False
    keep: bool = False
    calls: int = RECORDS


@dataclass
class Play:
    """Everything there is to tell about one run."""

    options: Options
    clock: Clock = field(default_factory=Clock)
    files: tuple[LogFile, ...] = ()
    own: OwnLogs | None = None
    seconds_to_visible: float = 0.0
    live: Mapping[Key, StoredHour] = field(default_factory=dict)
    closed: Mapping[Key, StoredHour] = field(default_factory=dict)
    standings: Mapping[str, StoredLevel] = field(default_factory=dict)
    visit: Visit | None = None
    findings: Findings = field(default_factory=Findings)
    differences: list[Difference] = field(default_factory=list)
    compared: Mapping[str, int] = field(default_factory=dict)
    tampered: tuple[str, ...] = ()
    kept: Kept | None = None


def play(options: Options, tell: Callable[[str], None] = lambda _: None) -> Play:
    """Play the demo; `StageFailed` when the stack does not do what it must in time.

    `tell` hears the name of each phase as it begins. `AlreadyKept` when a stack is to be kept and
    one is.
    """
    if options.keep:
        kept.refuse_second()
    run = Play(options, Clock(tell))
    if options.logs:
        run.own = own_logs.load(options.logs)
    at = run.own.newest + AFTER_THE_NEWEST if run.own else None
    with staged(run.clock, at=at, keep=options.keep) as stage:
        arguments = _prepare(run, stage)
        with run.clock.phase("recompute"):
            right = _expected(run, arguments)
        with run.clock.phase("upload"):
            upload(stage, run.files)
        with run.clock.phase("metering"):
            run.seconds_to_visible = _await_totals(run, stage, right)
        with run.clock.phase("closing, levels, flags"):
            stage.close_all()
        if options.tamper:
            run.tampered = tamper.tamper(stage)
        with run.clock.phase("reading back"):
            run.live, run.closed = totals(stage)
            run.standings = standings(stage)
            # Flags of somebody's own logs belong to the time of those logs.
            run.visit = None if run.own else visit(stage, GUESTS)
            run.findings = findings(stage)
        _compare(run, right)
        if options.keep:
            run.kept = kept.note(stage)
    return run


def _prepare(run: Play, stage: Stage) -> dict[str, Any]:
    """Make what is uploaded, and what the oracle has to know of it."""
    if run.own:
        stage.begin_metering(run.own.newest)
        run.files = run.own.files
        if run.options.policy is None:
            return {"copies": {}, "tags": {}, "policy": {}}
        with run.clock.phase("tenants"):
            policy.apply(stage, run.options.policy)
        return {"copies": {}, "tags": {}, "policy": policy.document(run.options.policy)}
    now = datetime.now(UTC)
    # The samples are years old: their hours are closed because they are asked for by name.
    stage.begin_metering(now - EARLIER_HOURS)
    with run.clock.phase("tenants and profiles"):
        policy.apply(stage, run.options.policy or policy.FILE)
        arns = stage.create_profiles()
        stage.learn_profiles(arns.values(), now)
    with run.clock.phase("traffic"):
        traffic = traffic_for(
            now,
            account=server.ACCOUNT,
            region=server.REGION,
            bucket=stage.output("LogBucketName"),
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


def _await_totals(run: Play, stage: Stage, right: Expected) -> float:
    """Wait until every object is metered and its totals can be seen, from the last upload on.

    Raise `StageFailed` when some do not come. What is wrong in those that did, the proof shows.
    """
    logs = sum(is_log(file.key, file.body) for file in run.files)
    wait_until(
        f"{logs} log objects are metered",
        lambda: metered_objects(stage) >= logs,
    )
    wanted = sum(total.requests for total in right.live.values())
    wait_until("live totals are complete", lambda: live_requests(stage) >= wanted, PATIENCE)
    return run.clock.seconds_since_end_of("upload")


def _compare(run: Play, right: Expected) -> None:
    """Hold live and closed totals against the oracle's; only closed hours have closed totals."""
    hours = {hour for _, hour in run.closed}
    closed = {key: total for key, total in right.closed.items() if key[1] in hours}
    run.differences = [
        *differences("live", run.live, right.live),
        *differences("closed", run.closed, closed),
    ]
    run.compared = {
        "live": len({*run.live, *right.live}),
        "closed": len({*run.closed, *closed}),
    }
