"""`bedrock-meter tenants discover`: who is in these logs, by spend, and a first policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bedrock_meter import prices
from bedrock_meter.cli.kept_logs import NotRead, records_of
from bedrock_meter.cli.log_files import log_files
from bedrock_meter.cli.output import BAD_INPUT, print_json, refuse, say
from bedrock_meter.cli.terminal import cell
from bedrock_meter.domain.policy.discovery import Discovery, Ranking, Tally
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.pricing.charge import WITHOUT_RATE
from bedrock_meter.domain.pricing.money import plain, shown_cost, usd_of
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.evidence import Source
from bedrock_meter.policy_proposal import proposed_policy

SHOWN = 10


def discover_tenants(
    logs: Annotated[list[Path], typer.Argument(metavar="LOGS…", help="Log files or folders.")],
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, nothing else.")
    ] = False,
) -> None:
    """Find tenants in log files, and propose a policy. Nothing leaves this machine.

    The proposal goes to stdout (`> tenants.yaml`), lists of metadata keys, profiles and identities
    by spend to stderr.
    """
    discovery, read, unread = Discovery(), 0, False
    for root in logs:
        for path in log_files([root]):
            read += 1
            try:
                _discover(path, root, discovery)
            except NotRead as problem:
                say(str(problem))
                unread = True
    if not read:  # Why has been said, folder by folder.
        raise typer.Exit(BAD_INPUT)
    if not discovery.total().calls:
        refuse("there is no record in these logs")
    if json:
        print_json(_document(discovery))
    else:
        _print_lists(discovery)
        typer.echo(proposed_policy(discovery), nl=False)
    if unread:
        raise typer.Exit(BAD_INPUT)


def _discover(path: Path, root: Path, discovery: Discovery) -> None:
    """Read a file, all metadata of every call included; `NotRead` when there is nothing in it."""
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    rejects = 0
    for found in records_of(path, root, Source(str(path))):
        if isinstance(found, Reject):
            rejects += 1
            continue
        attribution, charge = valuation.of(found)
        rated = charge.status not in WITHOUT_RATE
        discovery.add(found, attribution, charge.priced, rated=rated)
    if rejects:
        say(f"{path}: {rejects} lines cannot be metered; `bedrock-meter rate` says why")


def _print_lists(discovery: Discovery) -> None:
    console = Console(stderr=True)
    total = discovery.total()
    lacking = discovery.without_rate
    more = f"; {lacking} of them have no rate, and their cost is not in it" if lacking else ""
    console.print(f"{total.calls} calls, {shown_cost(usd_of(total.cost))} USD{more}")
    _print_list(console, "metadata key", discovery.key_ranking(), discovery.keys)
    _print_list(console, "profile (not priced offline)", discovery.profiles.ranking())
    _print_list(console, "role or other identity", discovery.identities.ranking())
    _print_list(console, "rule that names the tenant", discovery.rules.ranking())


def _print_list(
    console: Console, title: str, ranking: Ranking, values: Mapping[str, Tally] | None = None
) -> None:
    if not ranking:
        return
    table = Table(box=None)
    table.add_column(title, overflow="fold")  # Ids are there to be copied: they are never cut.
    for column in ("calls", "USD", *(("values",) if values else ())):
        table.add_column(column)
    for name, seen in ranking[:SHOWN]:
        numbers = [str(seen.calls), shown_cost(usd_of(seen.cost))]
        if values:
            numbers.append(str(len(values[name].seen)))
        table.add_row(cell(name), *numbers)
    console.print(table)
    if len(ranking) > SHOWN:
        console.print(f"and {len(ranking) - SHOWN} more")


def _document(discovery: Discovery) -> dict[str, object]:
    return {
        "calls": discovery.total().calls,
        "cost_usd": plain(usd_of(discovery.total().cost)),
        "tenant_key": discovery.tenant_key(),
        "keys": [
            {**entry, "values": _entries(discovery.keys[str(entry["name"])].ranking())}
            for entry in _entries(discovery.key_ranking())
        ],
        "profiles": _entries(discovery.profiles.ranking()),
        "identities": _entries(discovery.identities.ranking()),
        "unnamed": _entries(discovery.left_over()),
        "session_patterns": _entries(discovery.session_patterns()),
        "without_rate": discovery.without_rate,
        "rules": _entries(discovery.rules.ranking()),
        "proposal": proposed_policy(discovery),
    }


def _entries(ranking: Ranking) -> list[dict[str, object]]:
    return [
        {"name": name, "calls": seen.calls, "cost_usd": plain(usd_of(seen.cost))}
        for name, seen in ranking
    ]
