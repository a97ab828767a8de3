"""`bedrock-meter replay`: meter delivered logs again, or for the first time (back-fill)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from bedrock_meter.cli.options import on_stack
from bedrock_meter.cli.output import refuse, say
from bedrock_meter.cli.periods import first_hour, hour_past, range_of
from bedrock_meter.cli.progress import progress
from bedrock_meter.cli.stack import Stack
from bedrock_meter.domain.records.log_object import LogObject, delivered_under
from bedrock_meter.jobs.replay_logs import objects_between, replay_logs


@on_stack
def replay(
    stack: Stack,
    first: Annotated[
        str | None, typer.Option("--from", help="First delivery hour, day or month (UTC).")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last delivery hour, day or month, included.")
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(help="Objects whose keys begin so, instead of a range.")
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="The key that an interrupted replay reached.")
    ] = None,
) -> None:
    """Announce the log objects of a range, or under a prefix, to the ingest again.

    What was counted already is counted once: the ingest replaces what it wrote before, and the
    hours concerned are closed again. The same command back-fills logs that are older than the
    stack. What was metered into final hours stays as it is: a range that reaches into them is
    refused, and so is a prefix with nothing else.
    """
    found = _chosen(stack, first, last, prefix)
    announced, reached = 0, after
    with progress("listing log objects") as show:
        try:
            for done in replay_logs(found, after=after, queue=stack.stores.replay_queue):
                announced += done.number
                reached = done.last.key
                show(f"{announced:,} announced, up to {reached}")
        except KeyboardInterrupt:
            say(f"stopped; go on with: --after {reached}" if reached else "stopped")
            raise typer.Exit(130) from None
    typer.echo(f"{announced} log objects announced; they are metered as the replay queue drains")


def _chosen(
    stack: Stack, first: str | None, last: str | None, prefix: str | None
) -> Iterator[LogObject]:
    if prefix is None and first and last:
        begin, past = range_of(first, last)
        stack.refuse_if_sealed("--from", begin)
        return objects_between(begin, past, stack.stores.logs)
    if prefix is None or first or last:
        refuse("name what to replay: --from and --to, or --prefix")
    root = f"{stack.parameter('LogPrefix')}AWSLogs/"
    if not prefix.startswith(root):
        refuse(f"--prefix: {prefix!r} must begin with {root}, where Bedrock delivers")
    _check_final_hours(stack, prefix)
    return stack.stores.logs.under(prefix)


def _check_final_hours(stack: Stack, prefix: str) -> None:
    """Refuse a prefix that leads to final hours only; for others, say what stays as it is.

    A log object holds records of the hour it was delivered in and of hours before, none of later
    ones. The ingest leaves alone what it metered into final hours, so the rest may be replayed.
    """
    sealed = stack.stores.hours.progress().sealed
    period = delivered_under(prefix)
    if not sealed:
        return
    if period and hour_past("--prefix", period) <= sealed:
        refuse(f"--prefix: all of it is final, delivered in {period}; hours before {sealed} are")
    if not period or first_hour("--prefix", period) <= sealed:
        say(f"hours before {sealed} are final: log objects metered into them stay as they are")
