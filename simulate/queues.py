"""The queues that start workers: announcements, stream records, deferred refreshes."""

from typing import Any

from bedrock_meter.domain.totals.live import DeferredRefresh
from simulate.event_loop import EventLoop
from simulate.scheduler import Task

MOST_RECEIVES = 5
"""How often a message is tried before it goes to the dead letters."""

_MOMENT, _MINUTE = 2_000, 60_000


class IngestMessage:
    """An announcement in the ingest queue; how often it was received."""

    def __init__(self, key: str, is_live: bool) -> None:
        self.key = key
        self.is_live = is_live
        self.receives = 0


class Queues:
    """Everything that waits to be delivered; each delivery starts a worker."""

    def __init__(self, history: EventLoop) -> None:
        self._history = history
        self._random = history.random
        self.dead_letters: list[IngestMessage] = []

    def announce(self, key: str, is_live: bool) -> None:
        """Put an announcement into the queue, unless it gets lost."""
        message = IngestMessage(key, is_live)
        if not self._loses(message):
            self._enqueue(message, self._random.randrange(_MOMENT))

    def redrive(self) -> None:
        """Put all dead letters back into the queue."""
        letters, self.dead_letters = self.dead_letters, []
        for message in letters:
            message.receives = 0
            self._enqueue(message, self._random.randrange(_MINUTE))

    def collect(self) -> None:
        """Collect what jobs have sent through the stores."""
        raw = self._history.world.raw
        if raw["queue"].announced:
            for item in raw["queue"].announced:
                self._enqueue(IngestMessage(item.key, True), self._random.randrange(_MOMENT))
            raw["queue"].announced.clear()
        if raw["live"].moved:
            self._stream(list(raw["live"].moved))
            raw["live"].moved.clear()
        for note in raw["refreshes"].notes:
            self._defer(note)
        raw["refreshes"].notes.clear()

    def _enqueue(self, message: IngestMessage, after: int) -> None:
        self._history.later(after, lambda: self._ingest(message))

    def _ingest(self, message: IngestMessage) -> None:
        history = self._history
        if not message.receives and self._comes_again():
            self._enqueue(message, self._random.choice((_MOMENT, 5 * _MINUTE)))
        message.receives += 1

        def over(task: Task) -> None:
            if task.error is None:
                return
            if message.receives < MOST_RECEIVES:
                self._enqueue(message, history.scenario.hidden_ms)
            elif message not in self.dead_letters:
                history.note(f"dead letter: {message.key[-36:]}")
                self.dead_letters.append(message)

        history.handlers.ingest(message.key, message.is_live, over)

    def _stream(self, moved: list[tuple[Any, str]]) -> None:
        while moved:
            size = self._random.choice((1, 1, 2, 3))
            batch, moved = moved[:size], moved[size:]
            fold = self._folding(batch)
            self._history.later(self._random.randrange(_MOMENT), fold)
            if self._comes_again():
                self._history.later(self._random.randrange(_MINUTE), fold)

    def _folding(self, batch: list[tuple[Any, str]]) -> Any:
        history = self._history

        def fold() -> None:
            if not history.is_calm and self._random.random() < history.scenario.loses_records:
                history.note(f"stream records lost: {batch}")
                history.lost_records += 1
                return

            def over(task: Task) -> None:
                if task.error is not None:
                    history.later(self._random.randrange(5 * _MOMENT), fold)

            name = f"fold {batch[0][0][8:]}"
            history.start(name, lambda now: history.workers.fold(batch, now), over, _MINUTE)

        return fold

    def _defer(self, note: DeferredRefresh) -> None:
        history = self._history

        def over(task: Task) -> None:
            if task.error is not None:
                history.later(self._random.randrange(_MINUTE), refresh)

        def refresh() -> None:
            work = history.workers.refresh
            history.start("refresh", lambda now: work(note, now), over, _MINUTE)

        history.later(_MINUTE, refresh)

    def _comes_again(self) -> bool:
        history = self._history
        return not history.is_calm and self._random.random() < history.scenario.again

    def _loses(self, message: IngestMessage) -> bool:
        """Lose an event, but nothing that an operator or a sweep puts into the queue."""
        history = self._history
        if history.is_calm or not message.is_live:
            return False
        if self._random.random() >= history.scenario.drops_messages:
            return False
        history.note(f"lost: {message.key[-36:]}")
        return True
