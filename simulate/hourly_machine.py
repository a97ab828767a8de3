"""The hourly state machine in virtual time, as `hourly_rollup.asl.json` and the template have it.

Time-outs, retries, how many days at once, when it starts again: all of it is read from the
shipped documents. Functions are jobs; they are killed for the reasons that Lambda gives.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import jsonata

from bedrock_meter.domain.time.hours import Day, Hour
from bedrock_meter.jobs.close_day import ClosedDay
from bedrock_meter.jobs.plan_hours import HourPlan
from engine import template
from simulate.costs import WHOLE_CORE_MB
from simulate.virtual_time import Activity, Died, VirtualTime

ROOT = Path(__file__).resolve().parents[1]
STARTING = 1.0
"""Seconds until a function begins to work."""
ASSESSING = 30.0
"""Seconds that the states after closing take: 200 tenants in eight buckets, and notices."""
FIRST_MINUTE = 20
"""The minute of every hour at which the schedule starts the machine."""

type PlanJob = Callable[[datetime], HourPlan]
type Job = Callable[[datetime], Any]
type DayJob = Callable[[Day, Iterable[Hour], Hour, datetime], ClosedDay]


class Failed(Exception):
    """A state failed after its retries; the message is the error's name."""


class Function:
    """A function as the template has it: time-out in seconds, memory, share of a processor."""

    def __init__(self, name: str, document: dict[str, Any]) -> None:
        properties = document["Resources"][name]["Properties"]
        common = document["Globals"]["Function"]
        self.name = name
        self.seconds = float(properties.get("Timeout", common["Timeout"]))
        self.memory_mb = int(properties.get("MemorySize", common["MemorySize"]))
        self.share = min(1.0, self.memory_mb / WHOLE_CORE_MB)


@dataclass
class RunReport:
    """One execution. `outcome` stays empty while it goes on; `plan` is None where planning failed.

    `requests` and `seconds` are those of the largest invocation of each function.
    """

    number: int
    begun: float
    planned_at: datetime
    ended: float = 0.0
    plan: HourPlan | None = None
    published: int = 0
    outcome: str = ""
    failures: list[str] = field(default_factory=list)
    requests: dict[str, Counter[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class HourlyMachine:
    """Starts executions every hour, unless `is_paused`, and whenever one starts the next.

    Of a hundred invocations `deaths_percent` are killed half-way, as if memory had run out. `ended`
    is called after each execution.
    """

    def __init__(
        self,
        time: VirtualTime,
        plan: PlanJob,
        close_day: DayJob,
        *,
        deaths_percent: int = 0,
        ended: Callable[[RunReport], None] = lambda run: None,
    ) -> None:
        document = template.read(ROOT / "template.yaml")
        text = (ROOT / "statemachines" / "hourly_rollup.asl.json").read_text()
        self.definition: dict[str, Any] = json.loads(text)
        self.is_paused = False
        self.runs: list[RunReport] = []
        self.invocations = self.deaths = 0
        self._time, self._plan, self._close_day = time, plan, close_day
        self.planner, self.closer = (Function(n, document) for n in ("PlanHours", "CloseDay"))
        self._deaths_percent, self.ended = deaths_percent, ended
        self._last = {"PlanHours": 60.0, "CloseDay": 60.0}
        self._random = Random(11)

    def begin(self) -> None:
        """Start executions from now on."""
        self._time.start(self._schedule)

    def _schedule(self) -> None:
        while True:
            now = self._time.now()
            past = 60 * (now.minute - FIRST_MINUTE) + now.second + now.microsecond / 1_000_000
            self._time.sleep(-past % 3_600 or 3_600)
            if not self.is_paused:
                self._time.start(self._execute)

    def _execute(self) -> None:
        run = RunReport(len(self.runs), self._time.seconds, self._time.now())
        self.runs.append(run)
        try:
            run.plan = self._planned(run)
        except Failed as failure:
            run.failures.append(f"Plan hours: {failure}")
        closed = self._closed(run)
        self._time.sleep(ASSESSING)
        run.ended = self._time.seconds
        if run.ended - run.begun > self.definition["TimeoutSeconds"]:
            run.outcome = "timed out"
        else:
            run.outcome = "failed" if run.failures else "succeeded"
            if self._is_to_go_on(closed, more=bool(run.plan and run.plan.more)):
                self._time.start(self._execute)
        self.ended(run)

    def _planned(self, run: RunReport) -> HourPlan:
        state = self.definition["States"]["Plan hours"]
        plan: HourPlan = self._task(state, self.planner, self._plan, run)
        return plan

    def _closed(self, run: RunReport) -> list[dict[str, int]]:
        """Close days, several at once; return the answers of the workers."""
        todo = list(run.plan.days) if run.plan else []
        answers: list[dict[str, int]] = []
        state = self.definition["States"]["Close days"]
        worker = state["ItemProcessor"]["States"]["Close day"]
        assert run.plan or not todo

        def one_after_the_other() -> None:
            while todo:
                day, hours = todo.pop(0)
                try:
                    closed = self._task(worker, self.closer, self._job(day, hours, run), run)
                except Failed as failure:
                    run.failures.append(f"Close day {day}: {failure}")
                    continue
                run.published += len(closed.published)
                run.failures += closed.failed
                answers.append({"published": len(closed.published), "left": len(closed.left)})

        most = min(state["MaxConcurrency"], len(todo))
        workers: list[Activity] = [self._time.start(one_after_the_other) for _ in range(most)]
        self._time.wait(workers)
        return answers

    def _job(self, day: Day, hours: Iterable[Hour], run: RunReport) -> Job:
        assert run.plan
        hold = run.plan.hold
        return lambda now: self._close_day(day, hours, hold, now)

    def _is_to_go_on(self, closed: list[dict[str, int]], *, more: bool) -> bool:
        (choice,) = self.definition["States"]["Are more hours due?"]["Choices"]
        text = choice["Condition"].removeprefix("{%").removesuffix("%}").strip()
        condition = jsonata.Jsonata(text)
        condition.assign("closed", closed)
        condition.assign("more", more)
        return bool(condition.evaluate(None))

    def _task(self, state: dict[str, Any], function: Function, job: Job, run: RunReport) -> Any:
        tried: Counter[int] = Counter()
        while True:
            try:
                return self._invoke(function, job, run)
            except Died as died:
                error = died.reason
            except Exception as problem:  # noqa: BLE001
                error = type(problem).__name__
            number, rule = _rule_for(error, state["Retry"])
            if rule is None or tried[number] >= rule["MaxAttempts"]:
                raise Failed(error)
            wait = rule["IntervalSeconds"] * rule["BackoffRate"] ** tried[number]
            tried[number] += 1
            self._time.sleep(self._random.random() * min(rule["MaxDelaySeconds"], wait))

    def _invoke(self, function: Function, job: Job, run: RunReport) -> Any:
        self._time.sleep(STARTING)
        self.invocations += 1
        dies_after = None
        if self._random.randrange(100) < self._deaths_percent:
            self.deaths += 1
            dies_after = self._random.random() * self._last[function.name]
        begun = self._time.seconds
        with self._time.life(function.seconds, function.share, dies_after) as life:
            try:
                answer = job(self._time.now())
            finally:
                took = self._time.seconds - begun
                if took >= run.seconds.get(function.name, 0):
                    run.seconds[function.name], run.requests[function.name] = took, life.requests
        self._last[function.name] = took
        return answer


def _rule_for(error: str, rules: list[dict[str, Any]]) -> tuple[int, dict[str, Any] | None]:
    for number, rule in enumerate(rules):
        if error in rule["ErrorEquals"]:
            return number, rule
    return -1, None
