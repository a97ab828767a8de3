"""`bedrock-meter quarantine`: records that could not be metered, why, and another try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer

from bedrock_meter.cli.options import on_stack
from bedrock_meter.cli.output import print_json, refuse
from bedrock_meter.cli.periods import one_day
from bedrock_meter.cli.spelling import nearest
from bedrock_meter.cli.stack import Stack
from bedrock_meter.cli.terminal import MOST_OF_A_KEY, on_one_line, quoted
from bedrock_meter.domain.records.quarantine import REASONS, Rejected

app = typer.Typer(help="Records that could not be metered: list, show, replay.")

Day = Annotated[
    str,
    typer.Option(help="Day of delivery, such as 2026-11-21, or `undated`; all when left out."),
]
Reason = Annotated[
    str | None, typer.Option(help="Only rejects of this reason, such as not_json or bad_count.")
]
UNDATED = "undated"


@app.command("list")
@on_stack
def list_rejects(
    stack: Stack,
    day: Day = "",
    reason: Reason = None,
) -> None:
    """List log objects with rejected records. These are counted by reason.

    docs/glossary.md explains each reason, and what to do about it.
    """
    total: Counter[str] = Counter()
    for rejected in _rejected(stack, day, reason):
        reasons = Counter(reject.reason for reject in rejected.rejects)
        total += reasons
        counts = ", ".join(f"{count} {name}" for name, count in sorted(reasons.items()))
        typer.echo(f"{on_one_line(rejected.log_object.key, MOST_OF_A_KEY)}: {counts}")
    counts = ", ".join(f"{count} {name}" for name, count in sorted(total.items()))
    typer.echo(f"{sum(total.values())} rejects" + (f": {counts}" if counts else ""))


@app.command()
@on_stack
def show(
    stack: Stack,
    key: Annotated[str, typer.Argument(help="Key of the log object, or the end of it.")],
) -> None:
    """Print the rejects of a log object as JSON. The text of their lines is never kept."""
    found = [one for one in _rejected(stack, "", None) if one.log_object.key.endswith(key)]
    if not found:
        refuse(f"{key!r}: no log object of this key has rejects; `quarantine list` lists them")
    for rejected in found:
        for reject in rejected.rejects:
            print_json({**reject._asdict(), "fields": dict(reject.fields)})


@app.command()
@on_stack
def replay(
    stack: Stack,
    day: Day = "",
    reason: Reason = None,
) -> None:
    """Meter log objects with rejects again. What was counted already is counted once."""
    objects = [rejected.log_object for rejected in _rejected(stack, day, reason)]
    stack.stores.replay_queue.announce(objects)
    typer.echo(f"{len(objects)} log objects announced; they are metered as the queue drains")


def _rejected(stack: Stack, day: str, reason: str | None) -> Iterator[Rejected]:
    if day not in ("", UNDATED):
        one_day("--day", day)
    if reason is not None and reason not in REASONS:
        hint = nearest(reason, REASONS, f"there are {', '.join(REASONS)}")
        refuse(f"--reason {quoted(reason)}: is not a reason; {hint}")
    return _found(stack, day, reason)


def _found(stack: Stack, day: str, reason: str | None) -> Iterator[Rejected]:
    for rejected in stack.stores.quarantine.files(day):
        rejects = tuple(one for one in rejected.rejects if reason in (None, one.reason))
        if rejects:
            yield rejected._replace(rejects=rejects)
