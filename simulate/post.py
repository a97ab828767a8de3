"""What is on its way to a worker: announcements, stream records, notes to oneself."""

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bedrock_meter.domain.board import PutOff
from simulate.baton import Task

if TYPE_CHECKING:
    from simulate.history import History


class Message:
    """An announcement in the ingest queue."""

    def __init__(self, key: str, is_live: bool) -> None:
        self.key = key
        self.is_live = is_live


class Post:
    """Everything that waits to be delivered, and starts a worker when it is."""

    def __init__(self, history: "History") -> None:
        self._history = history
        self._random = history.random
        self._messages: list[Message] = []
        self._stream: deque[tuple[Any, str]] = deque()
        self._notes: list[PutOff] = []

    def is_waiting(self) -> bool:
        """Collect what jobs have sent; tell whether anything has to be delivered."""
        self._collect()
        return bool(self._messages or self._stream or self._notes)

    def announce(self, key: str, is_live: bool) -> None:
        """Put an announcement into the queue, unless it is lost."""
        message = Message(key, is_live)
        if not self._loses(message):
            self._messages.append(message)

    def _collect(self) -> None:
        """Take what jobs have sent out of the stores."""
        raw = self._history.world.raw
        if raw["queue"].announced:
            self._messages += [Message(item.key, True) for item in raw["queue"].announced]
            raw["queue"].announced.clear()
        if raw["live"].moved:
            self._stream.extend(raw["live"].moved)
            raw["live"].moved.clear()
        if raw["wake"].notes:
            self._notes += raw["wake"].notes
            raw["wake"].notes.clear()

    def deliver(self) -> None:
        """Hand out a message, a batch of stream records or a note; sometimes once more."""
        kinds = [
            kind
            for kind, waiting in (
                (self._ingest, self._messages),
                (self._fold, self._stream),
                (self._refresh, self._notes),
            )
            if waiting
        ]
        self._random.choice(kinds)()

    def _ingest(self) -> None:
        history = self._history
        index = self._random.randrange(len(self._messages))
        message = self._messages[index]
        if history.is_calm or self._random.random() >= history.scene.again:
            self._messages.pop(index)
        version = self._random.choice(history.versions)
        work = history.workers.ingest(message.key, message.is_live, version, history.now())

        def over(task: Task) -> None:
            if task.error is not None and not self._loses(message):
                self._messages.append(message)

        history.start(f"ingest {message.key[-15:-8]} v{version}", work, over)

    def _fold(self) -> None:
        history = self._history
        size = min(len(self._stream), self._random.choice((1, 1, 2, 3)))
        batch = [self._stream.popleft() for _ in range(size)]
        if not history.is_calm and self._random.random() < history.scene.loses_records:
            history.note(f"stream records lost: {batch}")
            history.lost_records += 1
            return
        if not history.is_calm and self._random.random() < history.scene.again:
            self._stream.extend(batch)

        def over(task: Task) -> None:
            if task.error is not None:
                self._stream.extend(batch)

        history.start(f"fold {batch[0][0][8:]}", history.workers.fold(batch, history.now()), over)

    def _refresh(self) -> None:
        history = self._history
        note = self._notes.pop(self._random.randrange(len(self._notes)))
        history.clock += timedelta(seconds=self._random.choice((0, 60)))

        def over(task: Task) -> None:
            if task.error is not None:
                self._notes.append(note)

        history.start("refresh", history.workers.refresh(note, history.now()), over)

    def _loses(self, message: Message) -> bool:
        """Lose an announcement; only of an object that a sweep finds."""
        history = self._history
        if history.is_calm or not message.is_live:
            return False
        if not history.laws.is_swept(history.world.log_object(message.key)):
            return False
        if self._random.random() >= history.scene.drops_messages:
            return False
        history.note(f"lost: {message.key[-36:]}")
        return True
