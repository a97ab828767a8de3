"""What a forked child process has to begin anew: locks that a lost thread held, reads it did."""

import os
from typing import Protocol
from weakref import WeakSet


class Forked(Protocol):
    """Something that lives on in a child process."""

    def after_fork(self) -> None:
        """Begin anew; the child has no other thread yet."""


_alive: WeakSet[Forked] = WeakSet()


def after_fork(thing: Forked) -> None:
    """Have `thing.after_fork()` called in every child process, for as long as the thing lives."""
    _alive.add(thing)


def _in_the_child() -> None:
    for thing in list(_alive):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_in_the_child)
