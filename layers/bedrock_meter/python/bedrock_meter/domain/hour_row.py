"""The life of an hour: asked for, marked, cleaned, published; there is no word of state.

An hour is due while what was asked (`dirty`) is not what was last cleaned. A close that was asked
again while it ran therefore leaves the hour due, whatever the order of the writes was.
"""

from typing import NamedTuple

from bedrock_meter.domain.hours import Hour


class HourRow(NamedTuple):
    """What the Hours table knows of one hour.

    `epoch` is the number of the latest close that began (0: none yet), `dirty` how often a close
    was asked for, `cleaned` the `dirty` that the latest finished close had seen (None: never
    closed), `published` the epoch whose totals are authoritative (0: none yet).
    """

    hour: Hour
    epoch: int = 0
    dirty: int = 0
    cleaned: int | None = None
    published: int = 0

    def is_due(self) -> bool:
        """Tell whether a close has to run."""
        return self.cleaned is None or self.cleaned != self.dirty


class Mark(NamedTuple):
    """A close that has begun: its epoch, and the `dirty` it saw when it did."""

    hour: Hour
    epoch: int
    seen: int
    published: int
