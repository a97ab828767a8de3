"""`bedrock-meter rate --summary`: sums of the records of log files, by tenant or anything else."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

import typer

from bedrock_meter.cli.output import print_json, refuse, say
from bedrock_meter.cli.spelling import nearest
from bedrock_meter.cli.terminal import cell, on_one_line, quoted
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.pricing.charge import FAILED_CALL, REJECTED, WITHOUT_RATE
from bedrock_meter.domain.pricing.money import atto_of, plain, shown_cost, usd_of

Sums = Annotated[
    bool, typer.Option("--summary", help="Print a table of sums instead of every record.")
]
By = Annotated[
    str | None,
    typer.Option(
        "--by",
        help="Sum up by tenant (if left out), model, region, operation, day, hour, or a dimension"
        " such as application or user.",
    ),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="The sums as CSV: key,requests,cost_usd,…")]
AsJson = Annotated[bool, typer.Option("--json", help="The sums as JSON, one object per line.")]

type Row = Mapping[str, Any]
type Sum = Counter[str]
"""Counts by name; `cost` is attodollars of what has a rate."""

NOBODY = {"tenant": "(unattributed)"}
NOTHING = "(none)"
COLUMNS = ("key", "requests", "cost_usd", "failed", "without_rate", "conflicts")
WIDTH = 110
MOST_OF_A_CELL = 32_000
"""Characters; a cell of a spreadsheet holds 32,767."""
_FORMULA = ("=", "+", "-", "@")
_BY: Mapping[str, Callable[[Row], str | None]] = {
    "tenant": lambda row: row["tenant"],
    "model": lambda row: row["model"],
    "region": lambda row: row["region"],
    "operation": lambda row: row["operation"],
    "day": lambda row: row["timestamp"][:10],
    "hour": lambda row: row["timestamp"][:13],
}


@dataclass
class Summary:
    """Sums by one thing, and what of the logs is not in them."""

    by: str
    key_of: Callable[[Row], str | None]
    sums: dict[str | None, Sum] = field(default_factory=dict)
    rejected: int = 0
    unattributed: int = 0
    repeated: int = 0
    _seen: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """Count one record, as `rate` prints it."""
        if row["status"] == REJECTED:
            self.rejected += 1
            return
        self.sums.setdefault(self.key_of(row), Counter()).update(
            requests=1,
            cost=atto_of(Decimal(row["priced_usd"])),
            failed=int(row["status"] == FAILED_CALL),
            without_rate=int(row["status"] in WITHOUT_RATE),
            conflicts=int(row["conflict"]),
        )
        self.unattributed += row["tenant"] is None
        self.repeated += row["request_id"] in self._seen
        self._seen.add(row["request_id"])

    def rows(self) -> list[tuple[str | None, Sum]]:
        """Return the sums: by time in its order, by anything else the largest first."""
        if self.by in ("day", "hour"):
            return sorted(self.sums.items(), key=lambda each: each[0] or "")
        return sorted(
            self.sums.items(),
            key=lambda each: (-each[1]["cost"], -each[1]["requests"], each[0] or ""),
        )

    def name_of(self, key: str | None) -> str:
        """Return a key for people."""
        return NOBODY.get(self.by, NOTHING) if key is None else key

    def total(self) -> Sum:
        """Add everything up."""
        return sum(self.sums.values(), Counter[str]())

    def remarks(self) -> Iterator[str]:
        """Yield what a reader of the sums has to know."""
        total = self.total()
        counted = {
            "calls have no rate, or not for all they used; that is not in the cost": (
                total["without_rate"]
            ),
            "calls name no tenant": self.unattributed,
            "calls name different tenants in different places": total["conflicts"],
            "lines cannot be metered; without --summary, `rate` says why": self.rejected,
            "records repeat a request id; a stack counts such a call once": self.repeated,
        }
        yield from (f"{count} {what}" for what, count in counted.items() if count)


def summary_by(by: str | None, policy: Policy) -> Summary:
    """Begin sums by a word of `--by`; ends the command when it is unknown."""
    by = by or "tenant"
    if by in _BY:
        return Summary(by, _BY[by])
    known = (*_BY, *policy.recognition.dimensions)
    if by not in known:
        refuse(f"--by {quoted(by)}: {nearest(by, known, f'write one of {", ".join(known)}')}")
    return Summary(by, lambda row: row["dimensions"].get(by))


def show(summary: Summary, *, csv: bool, json: bool) -> None:
    """Write the sums on stdout, and what a reader has to know about them on stderr."""
    (_print_csv if csv else _print_json if json else _print_table)(summary)
    for remark in summary.remarks():
        say(remark)


def _print_csv(summary: Summary) -> None:
    """Write CSV with exact decimals; a key that a spreadsheet would compute has a `'` before it.

    What a terminal would obey in a key is escaped; --json has keys to the letter.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for key, found in summary.rows():
        name = on_one_line(summary.name_of(key), MOST_OF_A_CELL)
        safe = f"'{name}" if name.startswith(_FORMULA) else name
        writer.writerow([safe, *_numbers(found).values()])
    typer.echo(text.getvalue(), nl=False)


def _print_json(summary: Summary) -> None:
    for key, found in summary.rows():
        print_json({"key": key, **_numbers(found)})


def _numbers(found: Sum) -> dict[str, object]:
    return {
        "requests": found["requests"],
        "cost_usd": plain(usd_of(found["cost"])),
        "failed": found["failed"],
        "without_rate": found["without_rate"],
        "conflicts": found["conflicts"],
    }


def _print_table(summary: Summary) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", show_footer=True)
    total = summary.total()
    table.add_column(summary.by, footer="all", overflow="fold")
    for name, footer in zip(COLUMNS[1:], _numbers(total).values(), strict=True):
        # Exact, whatever the width: a number is never cut.
        table.add_column(name, footer=str(footer), justify="right", overflow="fold")
    for key, found in summary.rows():
        table.add_row(cell(summary.name_of(key)), *map(str, _numbers(found).values()))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)
    typer.echo(f"{total['requests']} calls, {shown_cost(usd_of(total['cost']))} USD")
