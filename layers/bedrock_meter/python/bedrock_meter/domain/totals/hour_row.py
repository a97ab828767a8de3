"""The life of an hour: asked for, marked, cleaned, published; no attribute names its state.

An hour is due while what was asked (`dirty`) is not what was last cleaned. A close that was asked
again while it ran therefore leaves the hour due, whatever the order of the writes was.
"""

from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.time.hours import Hour, Part, edges_of


class HourRow(NamedTuple):
    """What the Hours table knows of one hour.

    `epoch` is the number of the latest close that began (0: none yet), `dirty` how often a close
    was asked for, `cleaned` the `dirty` that the latest finished close had seen (None: never
    closed), `published` the epoch whose totals are authoritative (0: none yet), `left` the epoch of
    the latest close that gave up (0: none did).
    """

    hour: Hour
    epoch: int = 0
    dirty: int = 0
    cleaned: int | None = None
    published: int = 0
    left: int = 0

    def is_being_closed(self, now_ms: int, longest_ms: int) -> bool:
        """Return whether somebody may be closing it: a close began, and is not published yet.

        `longest_ms` is how long a worker can live; epochs are milliseconds since 1970.
        """
        is_over = self.epoch in (self.published, self.left)
        return not is_over and self.epoch > now_ms - longest_ms

    def was_tried(self) -> bool:
        """Return whether a close began that was not published: it failed, died, or is under way."""
        return self.epoch != self.published

    def is_due(self) -> bool:
        """Return whether a close has to run."""
        return self.cleaned is None or self.cleaned != self.dirty


class Mark(NamedTuple):
    """A close that has begun: its epoch, and the `dirty` it saw when it did.

    `follows` is the epoch of the close that began before it (0: none did).
    """

    hour: Hour
    epoch: int
    seen: int
    published: int
    follows: int = 0


class Progress(NamedTuple):
    """How far hours are published: every hour before `data_up_to`, and `beyond` it these.

    `data_up_to` is None before the first plan. Hours before `sealed` are final: nothing is closed
    again there, whatever is replayed or decided. Those before `sealing` are about to be, since a
    moment: nothing is metered into them any more, and what was under way has its time to end.
    """

    data_up_to: Hour | None = None
    beyond: frozenset[Hour] = frozenset()
    sealed: Hour | None = None
    sealing: Hour | None = None
    sealing_since: datetime | None = None

    def is_published(self, hour: Hour) -> bool:
        """Return whether an hour is published, as far as this tells."""
        return hour in self.beyond or bool(self.data_up_to and hour < self.data_up_to)

    def is_sealed(self, hour: Hour) -> bool:
        """Return whether an hour is final."""
        return bool(self.sealed and hour < self.sealed)

    def takes(self, part: Part) -> bool:
        """Return whether a part of an hour still takes evidence.

        The first quarter after final hours does not: a second record of a call that is final there
        would have it counted twice, or not at all.
        """
        bound = max(self.sealed or Hour(""), self.sealing or Hour(""))
        return part > edges_of(bound)[0] if bound else True

    def for_unfinished(self) -> "Progress":
        """Return the progress for a reading that died half-way: hours about to be final wait.

        It may have moved a call out of one of them already; left there, the call counts twice.
        """
        return self._replace(sealing=None, sealing_since=None)
