"""`bedrock-meter quarantine`: what could not be metered, why, and another try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer

from bedrock_meter.cli import stores
from bedrock_meter.cli.output import print_json, refuse
from bedrock_meter.cli.stack import EndpointUrl, Profile, Region, Stack, StackName
from bedrock_meter.domain.quarantine import Rejected

app = typer.Typer(help="Records that could not be metered: list, show, replay.")

Day = Annotated[str, typer.Option(help="Day of delivery, such as 2026-11-21; all when left out.")]
Reason = Annotated[str | None, typer.Option(help="Only rejects of this reason.")]


@app.command("list")
def list_rejects(
    stack_name: StackName,
    day: Day = "",
    reason: Reason = None,
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
) -> None:
    """Name each log object with rejects, and how many there are of each reason."""
    stack = Stack(stack_name, region, profile, endpoint_url)
    total: Counter[str] = Counter()
    for rejected in _rejected(stack, day, reason):
        reasons = Counter(reject.reason for reject in rejected.rejects)
        total += reasons
        counts = ", ".join(f"{count} {name}" for name, count in sorted(reasons.items()))
        typer.echo(f"{rejected.log_object.key}: {counts}")
    counts = ", ".join(f"{count} {name}" for name, count in sorted(total.items()))
    typer.echo(f"{sum(total.values())} rejects" + (f": {counts}" if counts else ""))


@app.command()
def show(
    stack_name: StackName,
    key: Annotated[str, typer.Argument(help="Key of the log object, or the end of it.")],
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
) -> None:
    """Print the rejects of a log object, one JSON object a line; the line's text is never kept."""
    stack = Stack(stack_name, region, profile, endpoint_url)
    found = [one for one in _rejected(stack, "", None) if one.log_object.key.endswith(key)]
    if not found:
        refuse(f"{key!r}: no log object of this key has rejects; `quarantine list` names them")
    for rejected in found:
        for reject in rejected.rejects:
            print_json({**reject._asdict(), "fields": dict(reject.fields)})


@app.command()
def replay(
    stack_name: StackName,
    day: Day = "",
    reason: Reason = None,
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
) -> None:
    """Meter the log objects with rejects again, whole; what was counted stays counted once."""
    stack = Stack(stack_name, region, profile, endpoint_url)
    objects = [rejected.log_object for rejected in _rejected(stack, day, reason)]
    stores.replay_queue_of(stack).announce(objects)
    typer.echo(f"{len(objects)} log objects announced; they are metered as the queue drains")


def _rejected(stack: Stack, day: str, reason: str | None) -> Iterator[Rejected]:
    for rejected in stores.quarantine_of(stack).files(day):
        rejects = tuple(one for one in rejected.rejects if reason in (None, one.reason))
        if rejects:
            yield rejected._replace(rejects=rejects)
