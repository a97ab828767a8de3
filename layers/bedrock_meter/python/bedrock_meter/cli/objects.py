"""`bedrock-meter objects`: log objects that wait to be metered, and those that were given up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bedrock_meter.cli.options import Json, on_stack
from bedrock_meter.cli.output import print_json, refuse, say
from bedrock_meter.cli.stack import Stack
from bedrock_meter.cli.terminal import MOST_OF_A_KEY, on_one_line, quoted
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.records.waiting import Waiting, hold_for

app = typer.Typer(help="Log objects that are not metered: waiting, set-aside, not-metered.")

_S3 = "s3://"


@app.command()
@on_stack
def waiting(
    stack: Stack,
    json: Json = False,
) -> None:
    """List log objects that were announced and are not metered yet.

    `data up to` stops before the hours that the first of them may touch.
    """
    found = stack.stores.waits.waiting()
    for one in found:
        print_json(_shown(one)) if json else typer.echo(_line(one))
    hold = hold_for(one.log_object.delivered for one in found if one.holds)
    say(f"{len(found)} log objects wait" + (f"; data up to stops at {hold}" if hold else ""))


@app.command("set-aside")
@on_stack
def give_up(
    stack: Stack,
    key: Annotated[str, typer.Argument(help="Key of the log object, or s3://bucket/key.")],
    reason: Annotated[str, typer.Option(help="Why it is given up; kept with the object.")],
    bucket: Annotated[
        str | None, typer.Option(help="Its bucket; the stack's log bucket when left out.")
    ] = None,
) -> None:
    """Set aside a log object that cannot be metered. `data up to` no longer waits for it.

    What was written of it is removed. `objects not-metered` and `doctor` list it until it is
    metered after all.
    """
    from bedrock_meter.jobs.ingest import IngestStores
    from bedrock_meter.jobs.set_aside import CannotSetAside, set_aside

    if not reason.strip():
        refuse("--reason is empty: write why, for the person who finds the gap later")
    log_object = _named(key, bucket, stack)
    known = stack.stores.waits.waiting()
    if all(one.object_id != log_object.object_id for one in known):
        refuse(f"{quoted(key)} does not wait to be metered; `objects waiting` lists those that do")
    kept = stack.stores.of(IngestStores)
    try:
        set_aside(log_object, reason.strip(), now=datetime.now(UTC), stores=kept)
    except CannotSetAside as problem:
        refuse(str(problem))
    shown = on_one_line(log_object.key, MOST_OF_A_KEY)
    typer.echo(f"{shown} is set aside; the next hourly run moves `data up to` on")


def _named(name: str, bucket: str | None, stack: Stack) -> LogObject:
    """Read a key, alone or with its bucket as `objects waiting` prints it."""
    if not name.startswith(_S3):
        return log_object_of(bucket or stack.output("LogBucketName"), name)
    named, _, key = name.removeprefix(_S3).partition("/")
    if bucket and bucket != named:
        refuse(f"--bucket: {quoted(bucket)} is not the bucket of {quoted(name)}; leave one out")
    return log_object_of(named, key)


@app.command("not-metered")
@on_stack
def not_metered(
    stack: Stack,
    json: Json = False,
) -> None:
    """List log objects that were set aside, with the reason. Those metered since are left out."""
    found = list(stack.stores.manifests.not_metered())
    for one in found:
        said = f"{_place(one.bucket, one.key)}: {on_one_line(one.aside)}"
        print_json(_given_up(one)) if json else typer.echo(said)
    say(f"{len(found)} log objects are not metered")


def _shown(one: Waiting) -> dict[str, object]:
    return {
        "bucket": one.bucket,
        "key": one.key,
        "announced": f"{one.announced:%Y-%m-%dT%H:%M:%SZ}",
        "holds": one.holds,
    }


def _line(one: Waiting) -> str:
    kind = "holds data up to" if one.holds else "is read anew"
    return f"{_place(one.bucket, one.key)}: announced {one.announced:%Y-%m-%d %H:%M}Z, {kind}"


def _place(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{on_one_line(key, MOST_OF_A_KEY)}"


def _given_up(one: Manifest) -> dict[str, object]:
    return {"bucket": one.bucket, "key": one.key, "reason": one.aside}
