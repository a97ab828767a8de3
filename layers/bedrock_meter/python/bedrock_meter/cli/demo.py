"""`bedrock-meter demo`: the whole meter on this machine, checked against an oracle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bedrock_meter.cli.output import print_json, refuse, say

if TYPE_CHECKING:
    from engine.demo.play import Play

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


def demo(logs: Logs = None, as_json: AsJson = False, tamper: Tamper = False) -> None:
    """Run the real stack on an embedded engine: upload, meter, close, judge, and prove the totals.

    Exit code 1 when a total differs from its independent recomputation.
    """
    try:
        from engine.demo import Options, play
    except ModuleNotFoundError as missing:
        refuse(f"{MISSING} (there is no module {missing.name})")
    from engine.demo.own_logs import NoLogs
    from engine.demo.stage import StageFailed
    from engine.server import EngineFailed

    if logs and not logs.is_dir():
        refuse(f"--logs {logs} is no folder; name one that holds log files")
    try:
        run = play(Options(logs=logs, tamper=tamper))
    except NoLogs as problem:
        refuse(str(problem))
    except (StageFailed, EngineFailed) as problem:
        say(str(problem))
        raise typer.Exit(WRONG) from problem
    for remark in run.own.remarks if run.own else ():
        say(remark)
    _print(run, as_json)
    if run.differences:
        raise typer.Exit(WRONG)


def _print(run: Play, as_json: bool) -> None:
    from rich.console import Console

    from engine.demo.document import document
    from engine.demo.screen import show

    if as_json:
        print_json(document(run))
    else:
        # A file or a pipe has no width of its own; tables would be cut at 80 columns.
        show(run, Console(width=None if sys.stdout.isatty() else WIDTH))
