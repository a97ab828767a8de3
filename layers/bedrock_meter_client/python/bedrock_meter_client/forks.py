"""What a forked child process has to renew: locks and reads of threads that it does not have."""

import os
from typing import Protocol
from weakref import WeakSet


class Forked(Protocol):
    """Something that lives on in a child process."""

    def after_fork(self) -> None:
        """Start again; the child has no other thread yet."""


_alive: WeakSet[Forked] = WeakSet()


def after_fork(thing: Forked) -> None:
    """Call `thing.after_fork()` in every child process, as long as the thing exists."""
    _alive.add(thing)


def _in_the_child() -> None:
    for thing in list(_alive):
        thing.after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_in_the_child)
