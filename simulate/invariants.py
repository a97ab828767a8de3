"""What must hold after every single call: `after` returns the invariant that a call violated."""

from typing import TYPE_CHECKING, Any

from bedrock_meter.domain.time.hours import Hour, hours_between
from simulate.facts import HistoryFacts
from simulate.object_invariants import ObjectInvariants
from simulate.observations import Observations
from simulate.total_invariants import TotalInvariants

if TYPE_CHECKING:
    from simulate.world import World

_DIGITS = {ord("-"): None, ord("T"): None}


class Invariants(Observations):
    """Looks at every call of a world; keeps the invariants of hours and of progress itself."""

    def __init__(self, world: "World", facts: HistoryFacts | None = None) -> None:
        super().__init__(world, facts)
        self._before = ""
        self._objects = ObjectInvariants(self)
        self._totals = TotalInvariants(self)
        self._invariants = {
            ("hours", "ask"): lambda args, _: self._hour(args[0]),
            ("hours", "mark"): lambda args, _: self._hour(args[0]),
            ("hours", "finish"): self._finished,
            ("hours", "begin_at"): lambda _, hour: self._begun(hour),
            ("hours", "note_published"): lambda *_: self._beyond(),
            ("hours", "advance"): lambda *_: self._reached(),
            ("hours", "seal"): lambda *_: self._sealed(),
            ("hours", "begin_sealing"): lambda *_: self._sealing(),
            **self._objects.invariants,
            **self._totals.invariants,
        }

    def after(self, store: str, method: str, args: tuple[Any, ...], answer: Any) -> str:
        """Return the invariant that a call violated; empty if none."""
        invariant = self._invariants.get((store, method))
        return invariant(args, answer) if invariant else ""

    def agree(self, hour: str) -> str:
        """A clean hour that is not being closed has equal totals, Parquet and closing."""
        return self._totals.agree(hour)

    def _hour(self, hour: str) -> str:
        row = self.raw["hours"].kept[hour]
        if (row.cleaned is not None and row.cleaned > row.dirty) or row.published > row.epoch:
            return f"impossible row {row}"
        return (
            self.grows(("epoch", hour), row.epoch)
            or self.grows(("dirty", hour), row.dirty)
            or self.grows(("published", hour), row.published)
        )

    def _finished(self, args: tuple[Any, ...], done: bool) -> str:
        mark = args[0]
        known = self.published[mark.hour]
        if done and (not known or known[-1][1] != mark.epoch):
            known.append((self.now, mark.epoch))
            self.facts.published[mark.hour].append(self.now)
        return self._hour(mark.hour) or self.agree(mark.hour)

    def _begun(self, hour: str) -> str:
        self.begun = self.begun or hour
        reached = self.raw["hours"].state.data_up_to
        return "" if hour == reached else f"metering begins at {hour} again"

    def _beyond(self) -> str:
        """Hours noted as published beyond `data up to` are published."""
        progress = self.raw["hours"].state
        rows = self.raw["hours"].kept
        for hour in sorted(progress.beyond):
            if hour < progress.data_up_to or not rows[hour].published:
                return f"{hour} is said to be published beyond {progress.data_up_to}"
        return ""

    def _reached(self) -> str:
        reached = self.raw["hours"].state.data_up_to
        rows = self.raw["hours"].kept
        walked = hours_between(Hour(self.begun), reached)
        open_hours = [hour for hour in walked if hour not in rows or not rows[hour].published]
        if open_hours:
            return f"data up to {reached}, though {open_hours[0]} is not published"
        before, self._before = self._before, reached
        return (
            self._beyond()
            or self._objects.outstanding(before or self.begun, reached)
            or self.grows(("reached",), int(reached.translate(_DIGITS)))
        )

    def _sealed(self) -> str:
        """Final hours are published and take nothing; their number never falls."""
        state = self.raw["hours"].state
        self.facts.sealed.append((self.now, state.sealed))
        if state.sealed > (state.data_up_to or "") or state.sealed > (state.sealing or ""):
            return f"hours before {state.sealed} are final: {state}"
        return self.grows(("sealed",), int(state.sealed.translate(_DIGITS)))

    def _sealing(self) -> str:
        sealing = self.raw["hours"].state.sealing
        self.facts.sealing.append((self.now, sealing))
        return self.grows(("sealing",), int(sealing.translate(_DIGITS)))
