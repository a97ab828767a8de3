"""A run of the demo, printed for a person."""

import json
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bedrock_meter.domain.levels.forecast import span
from bedrock_meter.domain.pricing.charge import PARTIAL_UNPRICED
from bedrock_meter.domain.pricing.money import plain, shown_cost
from bedrock_meter.domain.records.shown_text import shown_text
from bedrock_meter.policy_proposal import occurrence, proposed_policy
from engine.demo.application import QUESTIONS
from engine.demo.deployment import SHORT_WINDOWS
from engine.demo.document import Spender, spenders
from engine.demo.play import Play
from engine.server import LOCAL

PROPOSAL = LOCAL / "demo" / "tenants.yaml"
TOP = 12
OTHER_COLUMNS = 56
A_LONG_WAIT = 120  # seconds
_MOST_CHARACTERS = 300
COLOURS = {"green": "green", "yellow": "yellow", "orange": "dark_orange", "red": "red"}
UNATTRIBUTED = "(unattributed)"


def show(run: Play, console: Console, proposal: Path = PROPOSAL) -> None:
    """Print everything there is to see, the verdict last; a proposed policy goes to a file."""
    _show_input(run, console)
    _show_spend(run, console)
    _show_levels(run, console)
    _show_visit(run, console)
    _show_aside(run, console)
    _show_rules(run, console)
    if run.own:
        _show_own(run, console, proposal)
    _show_times(run, console)
    _show_proof(run, console)
    if run.kept:
        console.print("\nThe stack stays up. To look at it:\n")
        for line in run.kept.how_to_look():
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def show_in_short(run: Play, console: Console) -> None:
    """Print what a first look needs: the spend, the levels and the verdict."""
    _show_input(run, console)
    _show_spend(run, console)
    _show_levels(run, console)
    _show_proof(run, console)


def _show_input(run: Play, console: Console) -> None:
    counts = run.result.counts()
    console.print(
        f"\n{counts['records']:,} records in {run.result.objects} log objects: "
        f"{counts['charged']:,} charged, {counts['unpriced']:,} unpriced, "
        f"{counts['failed_calls']:,} failed calls, {counts['rejected']:,} rejected, "
        f"{counts['duplicates']:,} duplicates"
    )
    if partly := run.result.statuses().get(PARTIAL_UNPRICED, 0):
        lacking = counts["unpriced"] + partly
        console.print(
            f"{lacking:,} calls lack a rate: the {counts['unpriced']:,} unpriced, and {partly:,} "
            "of the charged for a part of what they used"
        )


def _show_spend(run: Play, console: Console) -> None:
    found = spenders(run)
    total = sum((each.cost_usd for each in found), Decimal(0))
    longest = max(len(plain(cost)) for cost in (total, *(each.cost_usd for each in found)))
    table = Table(title="Spend by tenant", title_justify="left")
    table.add_column("tenant", overflow="fold")
    for name in ("requests", "tokens", "cost_usd", "without a rate"):
        table.add_column(name, justify="right", overflow="fold", no_wrap=name == "cost_usd")
    table.add_column("level", no_wrap=True)
    for spender in found[:TOP]:
        table.add_row(
            _cell(spender.tenant or UNATTRIBUTED),
            f"{spender.requests:,}",
            f"{spender.tokens:,}",
            plain(spender.cost_usd),
            f"{spender.unpriced_requests:,}" if spender.unpriced_requests else "",
            _coloured(spender),
        )
    rest = found[TOP:]
    if rest:
        table.add_row(
            f"{len(rest)} more",
            f"{sum(each.requests for each in rest):,}",
            f"{sum(each.tokens for each in rest):,}",
            plain(sum((each.cost_usd for each in rest), Decimal(0))),
            f"{sum(each.unpriced_requests for each in rest):,}",
        )
    table.add_section()
    requests, tokens, lacking = (
        f"{sum(numbers):,}"
        for numbers in zip(
            *((each.requests, each.tokens, each.unpriced_requests) for each in found), strict=True
        )
    )
    table.add_row("all", requests, tokens, plain(total), lacking)
    # Exact totals are never cut: a narrower terminal breaks the lines itself.
    console.print(table, width=max(console.width, longest + OTHER_COLUMNS), crop=False)
    console.print(f"In all about {shown_cost(total)} USD.")


def _coloured(spender: Spender) -> str:
    return f"[{COLOURS[spender.level]}]{spender.level}[/]"


def _show_levels(run: Play, console: Console) -> None:
    raised = [each for each in spenders(run) if each.level != "green"]
    if not any(spender.tenant for spender in spenders(run)):
        console.print("No call names a tenant, so nobody has a level.")
        return
    if not raised:
        console.print("All tenants are green.")
        return
    table = Table("tenant", "level", "flag", "why", title="Levels and flags", title_justify="left")
    for spender in raised:
        stored = run.levels[spender.tenant or ""]
        table.add_row(
            _cell(spender.tenant or UNATTRIBUTED),
            _coloured(spender),
            f"{stored.action} ({stored.mode})",
            _cell(stored.reason),
        )
    console.print(table)


def _show_visit(run: Play, console: Console) -> None:
    if run.visit is None:
        return
    title = f"An application that obeys (docs/example/chat.py), {QUESTIONS} questions of each"
    table = Table("tenant", "level", title=title, title_justify="left")
    table.add_column("answered", justify="right")
    table.add_column("refused because")
    table.add_column("again in", justify="right")
    levels = {spender.tenant: spender for spender in spenders(run)}
    for guest in run.visit.guests:
        level = _coloured(levels[guest.tenant]) if guest.tenant in levels else ""
        told = _cell(guest.why)
        table.add_row(_cell(guest.tenant), level, str(guest.answered), told, _wait(guest.again_in))
    console.print(table)
    if run.visit.seen:
        console.print(
            f"Bedrock's stand-in received {len(run.visit.seen)} calls; throttled ones were never "
            f"sent. The last one carried {json.dumps(run.visit.seen[-1])}.",
            highlight=False,
            markup=False,
        )


def _wait(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds} s" if seconds < A_LONG_WAIT else span(seconds // 60)


def _show_aside(run: Play, console: Console) -> None:
    table = Table("what", "why", title="Set aside, nothing dropped", title_justify="left")
    table.add_column("records", justify="right")
    for reason, count in sorted(run.result.refused().items()):
        table.add_row("quarantined", _cell(reason), str(count))
    for (reason, model), count in sorted(run.result.without_rate().items()):
        table.add_row("unpriced", _cell(f"{reason}: {model}"), str(count))
    if table.row_count:
        console.print(table)
        console.print(
            "What a reason means: docs/glossary.md. Why a model has no rate: "
            "bedrock-meter prices explain MODEL."
        )


def _show_rules(run: Play, console: Console) -> None:
    rules, calls = run.result.rules(), len(run.result.calls)
    shares = ", ".join(
        f"{rule} {count * 100 / calls:.1f} %" for rule, count in sorted(rules.items())
    )
    console.print(f"Tenants found by: {shares or 'nothing'}")
    console.print(f"Calls whose sources name different tenants: {run.result.conflicts()}")


def _show_own(run: Play, console: Console, proposal: Path) -> None:
    assert run.own is not None
    console.print(f"\nAssessed as of the newest record, {run.own.newest:%Y-%m-%d %H:%M:%S} UTC.")
    keys = run.own.discovery.key_ranking()
    if keys:
        table = Table("metadata key", "values", title="Request metadata seen", title_justify="left")
        table.add_column("calls and spend", justify="right")
        for key, seen in keys:
            table.add_row(_cell(key), str(len(run.own.discovery.keys[key].seen)), occurrence(seen))
        console.print(table)
    else:
        console.print(
            "No record carries requestMetadata: tenants by metadata are not proven by these logs, "
            "only by generated ones (make demo)."
        )
    proposal.parent.mkdir(parents=True, exist_ok=True)
    proposal.write_text(proposed_policy(run.own.discovery), encoding="utf-8")
    console.print(
        f"A tenants.yaml to begin with: {proposal}\n"
        "Read it, change it, and play it: add --policy FILE (make demo: POLICY=FILE).",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _show_times(run: Play, console: Console) -> None:
    windows = ", ".join(f"{name} {value}" for name, value in SHORT_WINDOWS.items())
    console.print(
        f"\nFrom the last log object created to all totals visible: "
        f"{run.seconds_to_visible:.1f} s ({windows}; in production 10 s and 60 s)"
    )
    phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in run.stopwatch.seconds.items())
    console.print(f"Seconds: {phases}; in all {run.stopwatch.total():.1f}")


def _show_proof(run: Play, console: Console) -> None:
    for victim in run.tampered:
        console.print(Text.assemble("Tampered with: ", _cell(victim)), highlight=False)
    for difference in run.differences:
        text = Text.assemble(("DIFFERENCE", "red"), " ", _cell(str(difference)))
        console.print(text, highlight=False)
    for which in ("live", "closed"):
        count = sum(difference.which == which for difference in run.differences)
        colour = "red" if count else "green"
        console.print(
            f"[{colour}]{which} totals = independent recomputation: {count} differences "
            f"in {run.compared[which]}[/]",
            highlight=False,
        )


def _cell(text: str) -> Text:
    """Return a text for a table; nothing in it is taken for markup, nor obeyed by a terminal."""
    return Text(shown_text(text, _MOST_CHARACTERS))
