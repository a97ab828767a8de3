"""One history: a scenario played on real jobs, watched at every step, and assessed in the end."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any

from bedrock_meter.domain.records import waiting
from bedrock_meter.domain.time.hours import Hour, hour_after
from bedrock_meter.jobs import close_day, plan_hours, sweep_logs
from simulate.content import CHEAP
from simulate.event_handlers import EventHandlers
from simulate.event_loop import MILLISECOND, EventLoop
from simulate.facts import UNKNOWN, HistoryFacts
from simulate.fault_rates import CALM
from simulate.final_checks import differences
from simulate.generator import scenario_of
from simulate.invariants import Invariants
from simulate.lines import MeteredAs
from simulate.object_violations import object_violations
from simulate.outcomes import outcomes
from simulate.patching import patched
from simulate.queues import Queues
from simulate.scheduler import Killed
from simulate.workers import Workers
from simulate.world import World

CONSTANTS = {
    "looked_back": (sweep_logs, "LOOKED_BACK"),
    "announced_for": (waiting, "ANNOUNCED_FOR"),
    "most_days": (plan_hours, "MOST_DAYS"),
    "gathered": (close_day, "GATHERED"),
    "most_gathered": (close_day, "MOST_GATHERED"),
}
"""Constants of the jobs that a scenario may change."""

_MOST_CALLS = 100_000
_MOST_RUNS = 40
_PATIENCE = 12
"""Calm runs after which an operator gives up an object that is refused for its other bytes."""
_HOUR = timedelta(hours=1) // MILLISECOND


class History(EventLoop):
    """A seed, played. `play` returns what is wrong, nothing if all is well."""

    def __init__(self, seed: int, make_world: Callable[..., World] = World) -> None:
        random = Random(seed)
        super().__init__(random, scenario_of(random))
        profiles = self.scenario.profiles
        self.world = make_world(
            random, self.scheduler, self._watch, profiles=profiles, clock=lambda: self.clock
        )
        self.world.wire.later = self.later
        self.facts = HistoryFacts()
        self.invariants = Invariants(self.world, self.facts)
        self.workers = Workers(self.world, self.each)
        self.lost_records = 0
        self.queues = Queues(self)
        self.handlers = EventHandlers(self)

    def play(self) -> list[str]:
        """Play the scenario to its end, let everything settle, and check the end."""
        constants = self.scenario.constants
        with patched(*((*CONSTANTS[name], value) for name, value in constants.items())):
            self.world.wire.set(self.scenario.fault_rates)
            for event in self.scenario.events:
                self.at(event.at, lambda event=event: self.handlers.happen(event))
            self.go_on()
            self._calm_down()
            self._settle()
            if not self.wrong:
                self.wrong += differences(self)
        self.end()
        return self.wrong

    def calls(self) -> int:
        """Count the calls of all tasks so far."""
        return self.world.wire.calls

    def collect(self) -> None:
        """Collect what tasks have sent."""
        self.queues.collect()

    def _calm_down(self) -> None:
        """Stop all faults, leave the latest release alone in use, and redrive dead letters."""
        self.is_calm = True
        torn = self.scenario.fault_rates.torn
        self.world.wire.set(CALM._replace(call_ms=self.scenario.calm_ms, torn=torn))
        self.handlers.versions = self.handlers.versions[-1:]
        for key, until in self.scenario.poisoned.items():
            if until is not None:
                self.scenario.poisoned[key] = self.scenario.begin
        self.queues.redrive()
        self.go_on()
        for message in self.queues.dead_letters:
            self.handlers.give_up(message.key)
        self.go_on()

    def _settle(self) -> None:
        """Run once an hour until nothing is due, at least twice; let operators finish."""
        runs = 0
        while not self.wrong and (self._is_due() or runs < 2):
            self.ms += _HOUR
            self.handlers.run()
            self.go_on()
            for key in sorted(self._lost(runs)):
                self.handlers.give_up(key)
            for tenant in sorted(self.facts.unfinished()):
                self.handlers.erase(tenant)
            self.go_on()
            runs += 1
            if runs > _MOST_RUNS:
                self.wrong.append(f"not settled after {_MOST_RUNS} runs")
        if self.invariants.begun:
            swept = hour_after(Hour(self.invariants.begun), -1)
            early = {key for key in self.facts.arrived if self._delivered(key) < swept}
            self.facts.out_of_reach |= early

    def _is_due(self) -> bool:
        raw = self.world.raw
        is_due = any(row.is_due() for row in raw["hours"].kept.values())
        return is_due or bool(self._unsettled() or raw["waits"].objects or self.facts.unfinished())

    def _unsettled(self) -> set[str]:
        """Return the log objects that are neither metered nor given up."""
        manifests = self.world.raw["manifests"].manifests.values()
        return {one.key for one in manifests if not one.settled and not one.aside}

    def _lost(self, runs: int) -> set[str]:
        """Return the log objects that wait and will never be readable.

        Other bytes are refused only where those before were metered.
        """
        never = {key for key, until in self.scenario.poisoned.items() if until is None}
        if runs > _PATIENCE:
            never |= {key for key in self.facts.replaced if self._is_metered(key)}
        waiting = {one.key for one in self.world.raw["waits"].objects.values()}
        return (waiting | self._unsettled()) & (never | self.facts.gone)

    def _is_metered(self, key: str) -> bool:
        return self.world.log_object(key).object_id in self.invariants.metered

    def _delivered(self, key: str) -> str:
        return str(self.world.log_object(key).delivered)

    def _watch(self, store: str, method: str, args: tuple[Any, ...], answer: Any) -> None:
        violated = self.invariants.after(store, method, args, answer)
        if violated:
            task = self.scheduler.current
            self.wrong.append(f"{violated} (after {store}.{method} by {task.name if task else ''})")
        if self.calls() > _MOST_CALLS:
            self.wrong.append("no end in sight")
            raise Killed

    def outcomes(self) -> Iterator[Mapping[str, MeteredAs]]:
        """Return all that may have become of the log objects."""
        return outcomes(self.facts)

    def decided(self, hour: str, before: int = 0) -> list[Any]:
        """Return the decisions made before a call, for a final hour those made before it was."""
        return self.facts.decided_for(hour, before or UNKNOWN)

    def profiles(self, hour: str) -> Mapping[str, tuple[str, str]]:
        """Return model and tenant of the inference profiles known when an hour was closed."""
        closes = self.invariants.closings[hour]
        last = closes[-1][0] if closes else UNKNOWN
        return {
            arn: (CHEAP, plan.tenant)
            for arn, plan in self.scenario.profiles.items()
            if self.facts.answered.get(arn, UNKNOWN) < last
        }

    def ended(self) -> int:
        """Count the records whose evidence has come to its end."""
        return self.facts.ended

    def violations(self, chosen: Mapping[str, MeteredAs]) -> Iterator[str]:
        """Return what else is wrong, given these outcomes of the log objects."""
        return object_violations(self.world, self.facts, chosen)
