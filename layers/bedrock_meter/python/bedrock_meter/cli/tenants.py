"""`bedrock-meter tenants`: check a policy file, compare it, put it in force, or find one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter.cli import tenants_discover, tenants_erase, tenants_import
from bedrock_meter.cli.contacts import wrong_contacts
from bedrock_meter.cli.options import Json, on_stack
from bedrock_meter.cli.output import BAD_INPUT, print_json, print_line, refuse, say
from bedrock_meter.cli.periods import first_hour
from bedrock_meter.cli.policies import policy_in_force, read_policy
from bedrock_meter.cli.stack import UNNAMED, Stack
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.document import spelled
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.policy_change import PolicyChange, changes_between
from bedrock_meter.domain.time.hours import Hour, hour_of

CHANGED = 1

app = typer.Typer(
    help="The policy file: check, compare, put in force, discover, import; erase a tenant's id."
)
app.command("import")(tenants_import.import_tenants)
app.command("discover")(tenants_discover.discover_tenants)
app.command("erase")(tenants_erase.erase)

PolicyFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The policy, usually tenants.yaml.")
]


@app.command()
def check(file: PolicyFile, json: Json = False) -> None:
    """Check a policy file, and print what is in it."""
    policy = read_policy(file)
    numbers = {"plans": len(policy.plans), "tenants": len(policy.tenants)}
    if json:
        print_json({"file": str(file), "id": policy.id, **numbers})
    else:
        plans, tenants = numbers.values()
        print_line(f"{file}: valid; {plans} plans, {tenants} tenants, id {policy.id[:12]}")


@app.command()
@on_stack
def diff(
    file: PolicyFile,
    against: Annotated[
        Path | None, typer.Argument(metavar="OLD", help="An older file, instead of a stack.")
    ] = None,
    stack: Stack = UNNAMED,
    json: Json = False,
) -> None:
    """Compare a policy file with an older one, or the one in force.

    Exit code 0 when nothing differs, 1 when something does, 2 for bad input.
    """
    new = read_policy(file)
    if against is not None:
        old = read_policy(against)
    elif stack.name:
        old = policy_in_force(stack)
    else:
        refuse("name an older file to compare with, or --stack-name for the policy in force")
    changes = changes_between(old.to_document(), new.to_document())
    for change in changes:
        _print_change(change, json)
    if not changes:
        say("no differences")
    raise typer.Exit(CHANGED if changes else 0)


def _print_change(change: PolicyChange, json: bool) -> None:
    if json:
        print_json({"path": spelled(change.path), "old": change.old, "new": change.new})
    elif change.old is None:
        print_line(f"+ {spelled(change.path)}: {change.new}")
    elif change.new is None:
        print_line(f"- {spelled(change.path)}: {change.old}")
    else:
        print_line(f"~ {spelled(change.path)}: {change.old} → {change.new}")


@app.command()
@on_stack
def apply(
    file: PolicyFile,
    stack: Stack,
    since: Annotated[
        str | None,
        typer.Option(
            help="First hour (2026-11-21T05), day or month that it holds for; or `always`."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="First hour, day or month that it no longer holds for.")
    ] = None,
    json: Json = False,
) -> None:
    """Put a policy in force. It holds from the present hour on unless --since names another.

    The first policy of a stack holds for all hours. Closed hours that the policy reaches back to
    are closed again; what changes shows as corrections.
    """
    policy = read_policy(file)
    _refuse_wrong_contacts(file, policy, stack)
    decisions, now = stack.stores.decisions, datetime.now(UTC)
    first = _hour_named("--since", since)
    if since is None and decisions.decisions(POLICY):
        first = hour_of(now)
    last = _hour_named("--until", until)
    if first and last and last <= first:
        refuse(f"--until: {last} is not after {first}")
    decision = Decision(POLICY, policy.id, first, last, None, now)
    stack.stores.policies.put(policy)
    asked = stack.decide(decision)
    _print_decision(decision, asked, json)


def _refuse_wrong_contacts(file: Path, policy: Policy, stack: Stack) -> None:
    wrong = list(wrong_contacts(policy, stack))
    for line in wrong:
        print_line(f"{file}: {line}", err=True)
    if wrong:
        raise typer.Exit(BAD_INPUT)


def _hour_named(option: str, text: str | None) -> Hour | None:
    """Return the first hour of what an option names; None for `always` and for nothing."""
    return None if text is None or text == "always" else first_hour(option, text)


def _print_decision(decision: Decision, asked: tuple[Hour, ...], json: bool) -> None:
    if json:
        range_ = {"since": decision.since, "until": decision.until}
        print_json({"id": decision.id, **range_, "hours_to_close_again": list(asked)})
        return
    until = f" until {decision.until}" if decision.until else ""
    since = f"from {decision.since} on" if decision.since else "for all hours"
    typer.echo(f"policy {decision.id[:12]} is in force {since}{until}")
    if asked:
        say(f"{len(asked)} closed hours will be closed again, the first {asked[0]}")
