"""`bedrock-meter flags`: list and explain flags, override one, or stop automatic throttling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from bedrock_meter.cli.books import moment
from bedrock_meter.cli.options import Json, on_stack
from bedrock_meter.cli.output import print_json, refuse, say
from bedrock_meter.cli.policies import policy_in_force
from bedrock_meter.cli.spelling import nearest
from bedrock_meter.cli.stack import Stack
from bedrock_meter.cli.terminal import MOST_OF_A_KEY, on_one_line, quoted
from bedrock_meter.domain.levels.flag import Flag, ends_of
from bedrock_meter.domain.levels.flag_document import document_of
from bedrock_meter.domain.levels.plan import BLOCK, NONE, SLOW, Limits, Response
from bedrock_meter.domain.levels.stored_state import StoredState
from bedrock_meter.domain.time.hours import text_of
from bedrock_meter.jobs.override_flags import clear_override, override_tenant, switch_throttling
from bedrock_meter.ports.levels import LevelStore

app = typer.Typer(help="Flags: list them, explain one, override one, or stop all throttling.")

MOST = timedelta(days=31)
_SPAN = re.compile(r"([0-9]{1,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

Tenant = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the history and shown.")]


@app.command("list")
@on_stack
def list_flags(
    stack: Stack,
    json: Json = False,
) -> None:
    """List the tenants that are not green. Shows what the flag does, until when, and why."""
    store, now = stack.stores.levels, datetime.now(UTC)
    switch = store.switch()
    if switch:
        why = f"{switch.by}: {switch.reason}"
        say(f"automatic throttling is off since {text_of(switch.at)} ({why})")
    found = [store.stored_state(tenant) for tenant in store.not_green()]
    for stored_state in sorted(found, key=_severity):
        print_json(_document(stored_state, now)) if json else typer.echo(_line(stored_state, now))
    if not found and not json:
        typer.echo("every tenant is green")


@app.command()
@on_stack
def show(
    tenant: Tenant,
    stack: Stack,
    json: Json = False,
) -> None:
    """Explain the level and the flag of one tenant. Shows each step, and the history."""
    store, now = stack.stores.levels, datetime.now(UTC)
    stored_state = store.stored_state(tenant)
    if json:
        print_json(_document(stored_state, now))
    else:
        _explain(stored_state, store, now)
    if not stored_state.version and tenant not in (known := policy_in_force(stack).tenants):
        hint = nearest(tenant, known, "check the spelling")
        say(f"{quoted(tenant)}: no policy lists this tenant; {hint}")


def _explain(stored_state: StoredState, store: LevelStore, now: datetime) -> None:
    typer.echo(_line(stored_state, now))
    if stored_state.state:
        typer.echo(f"  {on_one_line(stored_state.state.explanation(), MOST_OF_A_KEY)}")
    for step in ends_of(stored_state.flag) if stored_state.flag else ():
        typer.echo(f"  flag: {step}")
    for entry in store.history(stored_state.tenant):
        said = f"{entry.what}  by {entry.by}: {entry.reason}"
        typer.echo(f"  {text_of(entry.at)}  {on_one_line(said, MOST_OF_A_KEY)}")


@app.command()
@on_stack
def override(
    tenant: Tenant,
    stack: Stack,
    reason: Reason,
    action: Annotated[str, typer.Option(help="none, slow or block.")],
    lasts: Annotated[
        str | None, typer.Option("--for", help="How long it lasts: 30m, 2h, 3d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="When it ends: 2026-11-21T18:00Z.")] = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="With slow.")] = None,
    tokens_per_minute: Annotated[int | None, typer.Option(min=1, help="With slow.")] = None,
    deny: Annotated[
        list[str] | None, typer.Option(help="With slow: a pattern of models to deny.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Also for a tenant that nothing is known about.")
    ] = False,
) -> None:
    """Override the flag of a tenant for a limited time.

    A tenant that no policy lists and that was never assessed is refused without --new.
    """
    limits = Limits(requests_per_minute, tokens_per_minute)
    response = _response(action, limits, tuple(deny or ()))
    now = datetime.now(UTC)
    end, why = _end(lasts, until, now), _stated(reason)
    policy, store = policy_in_force(stack), stack.stores.levels
    if not new and tenant not in policy.tenants and not store.stored_state(tenant).version:
        refuse(_unknown(tenant, policy.tenants))
    flag = override_tenant(
        tenant,
        response=response,
        until=end,
        by=_caller(stack),
        reason=why,
        plan=policy.plan_for(tenant),
        now=now,
        store=store,
    )
    typer.echo(f"{on_one_line(tenant)}: {flag.action} until {text_of(flag.expires_at)}")


@app.command()
@on_stack
def clear(
    tenant: Tenant,
    stack: Stack,
    reason: Reason,
) -> None:
    """End an override: the automatic flag counts again at once."""
    store, now = stack.stores.levels, datetime.now(UTC)
    if store.stored_state(tenant).override_at(now) is None:
        refuse(
            f"{quoted(tenant)} has no override (bedrock-meter flags list shows who is not green)"
        )
    flag = clear_override(
        tenant,
        by=_caller(stack),
        reason=_stated(reason),
        plan=policy_in_force(stack).plan_for(tenant),
        now=now,
        store=store,
    )
    counts = flag.in_force(now)
    action = counts.action if counts else "none"
    typer.echo(f"{on_one_line(tenant)}: the automatic flag counts again ({action})")


@app.command()
@on_stack
def switch(
    state: Annotated[str, typer.Argument(metavar="on|off", help="off stops it for all tenants.")],
    stack: Stack,
    reason: Reason,
) -> None:
    """Switch all automatic throttling off, or on again. Overrides stay."""
    if state not in ("on", "off"):
        refuse(f"{state!r}: write on or off")
    changed = switch_throttling(
        off=state == "off",
        mode=stack.parameter("ThrottleMode") or "observe",
        by=_caller(stack),
        reason=_stated(reason),
        now=datetime.now(UTC),
        store=stack.stores.levels,
    )
    typer.echo(f"automatic throttling is {state}; flags written again: {len(changed)}")


def _caller(stack: Stack) -> str:
    """Return who is at the keyboard, as AWS knows them."""
    return str(stack.client("sts").get_caller_identity()["Arn"])


def _unknown(tenant: str, known: Iterable[str]) -> str:
    near = nearest(tenant, known)
    hint = f"{near}; or add --new" if near else "check the spelling, or add --new"
    return f"{quoted(tenant)}: no policy lists this tenant and it was never assessed; {hint}"


def _response(action: str, limits: Limits, deny: tuple[str, ...]) -> Response:
    if action not in (NONE, SLOW, BLOCK):
        refuse(f"--action {action!r}: write none, slow or block")
    if action != SLOW and (limits != Limits() or deny):
        refuse(f"limits and --deny mean nothing with --action {action}; write --action slow")
    if action == SLOW and limits == Limits() and not deny:
        refuse("--action slow needs --requests-per-minute, --tokens-per-minute or --deny")
    return Response(action, limits, deny)


def _end(lasts: str | None, until: str | None, now: datetime) -> datetime:
    if (lasts is None) == (until is None):
        refuse("say when it ends: either --for 2h or --until 2026-11-21T18:00Z")
    end = now + _span(lasts) if lasts else moment(until, "--until")
    if not now < end <= now + MOST:
        refuse(f"it would end at {text_of(end)}; an override ends in the future, within 31 days")
    return end


def _span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text)
    if match is None:
        refuse(f"--for {text!r} is not a time span; write 30m, 2h or 3d")
    return int(match[1]) * _UNITS[match[2]]


def _stated(reason: str) -> str:
    if not reason.strip():
        refuse("--reason is empty; say why, others will read it")
    return reason.strip()


def _severity(stored_state: StoredState) -> tuple[int, str]:
    return (-(stored_state.state.level if stored_state.state else 0), stored_state.tenant)


def _in_force(stored_state: StoredState, now: datetime) -> Flag | None:
    flag = stored_state.override_at(now) or stored_state.flag
    return flag.in_force(now) if flag else None


def _line(stored_state: StoredState, now: datetime) -> str:
    state, name = stored_state.state, on_one_line(stored_state.tenant)
    if state is None:
        return f"{name}: never assessed"
    flag = _in_force(stored_state, now)
    level = f"{state.level.word}{' (stale)' if state.stale(now) else ''}"
    does = f"{flag.action} ({flag.mode}) until {text_of(flag.expires_at)}" if flag else "no effect"
    whose = "override, " if stored_state.override_at(now) else ""
    why = flag.reason if flag else (state.cause.reason if state.cause else "")
    return f"{name}: {level} since {text_of(state.since)}; {whose}{does}; {on_one_line(why)}"


def _document(stored_state: StoredState, now: datetime) -> dict[str, object]:
    state, flag = stored_state.state, stored_state.flag
    override = stored_state.override_at(now)
    return {
        "tenant": stored_state.tenant,
        "level": state.level.word if state else None,
        "since": text_of(state.since) if state else None,
        "as_of": text_of(state.as_of) if state else None,
        "stale": state.stale(now) if state else True,
        "explanation": state.explanation() if state else "never assessed",
        "version": stored_state.version,
        "flag": document_of(flag) if flag else None,
        "override": document_of(override) if override else None,
    }
