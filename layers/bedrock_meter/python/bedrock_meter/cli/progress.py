"""What a command is doing, shown to a person at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(doing: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr what is going on, as long as it lasts; call what it yields to change it.

    Nothing is shown where stderr is not a terminal.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    shown = Progress(*columns, transient=True, console=console, disable=not console.is_terminal)
    with shown:
        task = shown.add_task(doing)
        yield lambda now: shown.update(task, description=now)
