"""`bedrock-meter demo`: the whole meter on this machine, checked against an oracle."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bedrock_meter.cli.output import print_json, refuse, say
from bedrock_meter.cli.policies import read_policy

if TYPE_CHECKING:
    from engine.demo.play import Options, Play

MISSING = (
    "the demo needs the development tools of the repository (folder engine/): "
    "clone it, run `make setup`, then `make demo`"
)
WRONG = 1
WIDTH = 110

Logs = Annotated[
    Path | None,
    typer.Option("--logs", help="Play these log files instead of generated traffic."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Tamper = Annotated[
    bool,
    typer.Option("--tamper", help="Change two stored totals afterwards, to see the proof fail."),
]


PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", help="Put this policy in force instead of the demo's own."),
]
Keep = Annotated[
    bool, typer.Option("--keep", help="Leave the stack up, and print how to look at it.")
]
Stop = Annotated[bool, typer.Option("--stop", help="End the stack that --keep left up.")]
Picture = Annotated[
    Path | None, typer.Option("--picture", help="Also draw spend, levels and proof as SVG.")
]


def demo(
    logs: Logs = None,
    policy: PolicyFile = None,
    keep: Keep = False,
    stop: Stop = False,
    tamper: Tamper = False,
    as_json: AsJson = False,
    picture: Picture = None,
) -> None:
    """Run the real stack on an embedded engine: upload, meter, close, assess, and prove the totals.

    Exit code 1 when a total differs from its independent recomputation.
    """
    try:
        from engine.demo import Options
    except ModuleNotFoundError as missing:
        refuse(f"{MISSING} (there is no module {missing.name})")
    if stop:
        _stop()
        return
    if logs and not logs.is_dir():
        refuse(f"--logs {logs} is not a folder; name one that holds log files")
    read_policy(policy)  # Says in one line each what is wrong with it, before anything is started.
    if picture and (wrong := _undrawable(picture)):
        refuse(f"--picture {picture}: cannot be written: {wrong}")
    run = _played(Options(logs, _playable(policy), tamper, keep))
    for remark in run.own.remarks if run.own else ():
        say(remark)
    _print(run, as_json)
    if picture:
        _draw(run, picture)
    if run.differences:
        raise typer.Exit(WRONG)


def _playable(policy: Path | None) -> Path | None:
    from engine.demo.policy import playable

    if policy is None:
        return None
    file, changed = playable(policy)
    if changed:
        say("contracts are left out: the demo is checked at list prices")
    return file


def _played(options: Options) -> Play:
    from engine.demo import play
    from engine.demo.kept import AlreadyKept
    from engine.demo.own_logs import NoLogs
    from engine.demo.stage import StageFailed
    from engine.server import EngineFailed

    try:
        with _progress() as tell:
            return play(options, tell)
    except (NoLogs, AlreadyKept) as problem:
        refuse(str(problem))
    except (StageFailed, EngineFailed) as problem:
        say(str(problem))
        raise typer.Exit(WRONG) from problem


def _stop() -> None:
    from engine.demo import kept

    ended = kept.stop()
    say(f"the stack at {ended.endpoint_url} is gone" if ended else "no demo is kept")


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on stderr what goes on: in place on a terminal, a line each elsewhere."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda phase: say(f"{phase} …")
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=console) as progress:
        task = progress.add_task("starting")
        yield lambda phase: progress.update(task, description=phase)


def _undrawable(file: Path) -> str | None:
    """Return why a picture cannot be written, before two minutes have passed; None if it can."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("ab").close()
    except OSError as error:
        return error.strerror
    return None


def _draw(run: Play, file: Path) -> None:
    from engine.demo.picture import draw

    draw(run, file)
    say(f"drawn: {file}")


def _print(run: Play, as_json: bool) -> None:
    from rich.console import Console

    from engine.demo.document import document
    from engine.demo.screen import show

    if as_json:
        print_json(document(run))
    else:
        # A file or a pipe has no width of its own; tables would be cut at 80 columns.
        show(run, Console(width=None if sys.stdout.isatty() else WIDTH))
