"""The command line: `bedrock-meter`, one module per command."""

from __future__ import annotations

from typing import Annotated

import typer

from bedrock_meter.cli import flags, objects, prices, quarantine, tenants
from bedrock_meter.cli.audit import audit
from bedrock_meter.cli.demo import demo
from bedrock_meter.cli.doctor import doctor
from bedrock_meter.cli.quote import quote
from bedrock_meter.cli.rate import rate
from bedrock_meter.cli.rebuild import rebuild
from bedrock_meter.cli.replay import replay
from bedrock_meter.cli.reprice import reprice
from bedrock_meter.cli.seal import seal
from bedrock_meter.version import RELEASE

app = typer.Typer(
    name="bedrock-meter",
    help="Per-tenant metering of Amazon Bedrock, read from its own invocation logs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the release and end.")] = False,
) -> None:
    """Per-tenant metering of Amazon Bedrock, read from its own invocation logs."""
    if version:
        typer.echo(f"bedrock-meter {RELEASE}")
        raise typer.Exit


# In the order of the help.
app.command()(demo)
app.command()(rate)
app.command()(quote)
app.add_typer(prices.app, name="prices")
app.add_typer(tenants.app, name="tenants")
app.add_typer(flags.app, name="flags")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(objects.app, name="objects")
app.command()(replay)
app.command()(reprice)
app.command()(rebuild)
app.command()(audit)
app.command()(seal)
app.command()(doctor)
