"""How much work an hour is, and whether it fits into the time that a worker has left.

What runs out is time: every evidence file is fetched and read, every tenant's day and month put.
The first figures are those of a worker of 3 GB with 20 ms a request (docs/performance.md); what a
worker then measures of itself replaces them.
"""

from datetime import timedelta
from typing import NamedTuple

MOST_OBJECTS = 20_000
MOST_BYTES = 250_000_000
MOST_TENANTS = 20_000
"""What one worker takes of one hour: evidence files, bytes of them, tenants."""

_PER_HOUR = timedelta(milliseconds=500)
_PER_OBJECT = timedelta(milliseconds=5)
_PER_MEGABYTE = timedelta(milliseconds=500)
_PER_TENANT = timedelta(milliseconds=12)
_SPARE = timedelta(seconds=10)
_MEGABYTE = 1_000_000
_LEAST, _MOST = 50, 1_000


class Load(NamedTuple):
    """The evidence a close reads: files, and their bytes."""

    objects: int
    size: int

    def at_first(self) -> timedelta:
        """Estimate how long a close of it takes, before anything was measured."""
        read = self.objects * _PER_OBJECT + self.size * _PER_MEGABYTE // _MEGABYTE
        return _PER_HOUR + read


class Pace(NamedTuple):
    """How quick a worker is, as it has measured itself so far.

    `percent` is how long closes take, in hundredths of the first estimate; `longest` is the longest
    any took, and `longest_load` what that was.
    """

    percent: int = 100
    longest: timedelta = timedelta()
    longest_load: Load = Load(0, 0)

    def time_for(self, load: Load) -> timedelta:
        """Estimate how long a close takes: never shorter than one of less work has taken."""
        estimate = load.at_first() * self.percent // 100
        is_more = load.objects >= self.longest_load.objects or load.size >= self.longest_load.size
        return max(estimate, self.longest) if is_more else estimate

    def after(self, load: Load, took: timedelta) -> "Pace":
        """Learn from a close: at once that it is slow, with care that it is quick."""
        measured = 100 * took // load.at_first()
        percent = min(max(measured, (self.percent + measured) // 2, _LEAST), _MOST)
        if took < self.longest:
            return self._replace(percent=percent)
        return Pace(percent, took, load)

    def fits(self, load: Load, tenants: int, left: timedelta) -> bool:
        """Return whether a close, and summing up so many tenants after it, fits into the time left.

        An hour brings tenants of its own: as many as wait to be summed up already.
        """
        return self.time_for(load) + time_to_sum(2 * tenants) < left


def time_to_sum(tenants: int) -> timedelta:
    """Estimate how long the days and months of so many tenants take, with some to spare."""
    return tenants * _PER_TENANT + _SPARE


class Fill(NamedTuple):
    """How full the fullest hour of a worker was, in percent of what one worker takes."""

    seconds: int = 0
    objects: int = 0
    bytes: int = 0
    tenants: int = 0

    def most(self) -> int:
        """Return what comes nearest to running out."""
        return max(self)

    def fuller(self, other: "Fill") -> "Fill":
        """Take the larger of each."""
        return Fill(*map(max, self, other))


def fill_of(load: Load, tenants: int, took: timedelta, whole: timedelta) -> Fill:
    """Measure an hour against what one worker takes; `whole` is all the time it ever has."""
    return Fill(
        100 * took // whole,
        100 * load.objects // MOST_OBJECTS,
        100 * load.size // MOST_BYTES,
        100 * tenants // MOST_TENANTS,
    )
