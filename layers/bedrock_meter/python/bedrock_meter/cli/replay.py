"""`bedrock-meter replay`: meter delivered logs again, or for the first time (back-fill)."""

from __future__ import annotations

from typing import Annotated

import typer

from bedrock_meter.cli import stores
from bedrock_meter.cli.output import say
from bedrock_meter.cli.periods import range_of
from bedrock_meter.cli.stack import EndpointUrl, Profile, Region, Stack, StackName
from bedrock_meter.jobs.replay_logs import objects_between, replay_logs


def replay(
    first: Annotated[str, typer.Option("--from", help="First delivery hour, day or month (UTC).")],
    last: Annotated[str, typer.Option("--to", help="Last delivery hour, day or month, included.")],
    stack_name: StackName,
    after: Annotated[
        str | None, typer.Option(help="Key where an interrupted replay stopped.")
    ] = None,
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
) -> None:
    """Announce the log objects of a range to the ingest again, oldest first.

    Safe on what was counted already, however long ago: everything the ingest writes replaces what
    it wrote before, and the hours concerned are closed again. Back-filling logs that are older
    than the stack is the same command.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    begin, past = range_of(first, last)
    stack = Stack(stack_name, region, profile, endpoint_url)
    found = objects_between(begin, past, stores.logs_of(stack))
    announced, reached = 0, after
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("listing log objects")
        try:
            for done in replay_logs(found, after=after, queue=stores.replay_queue_of(stack)):
                announced += done.number
                reached = done.last.key
                progress.update(task, description=f"{announced:,} announced, up to {reached}")
        except KeyboardInterrupt:
            say(f"stopped; go on with: --after {reached}" if reached else "stopped")
            raise typer.Exit(130) from None
    typer.echo(f"{announced} log objects announced; they are metered as the replay queue drains")
