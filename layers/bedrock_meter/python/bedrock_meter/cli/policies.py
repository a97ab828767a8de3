"""Which policy a command works with: a file's, or the default one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter.cli.output import BAD_INPUT, refuse
from bedrock_meter.domain.policy import DEFAULT_POLICY, Policy
from bedrock_meter.policy_file import PolicyFileError, policy_of_file

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="A policy file, usually tenants.yaml.")
]


def read_policy(path: Path | None) -> Policy:
    """Read a policy file, or give the default policy; errors, a line each, end the command."""
    if path is None:
        return DEFAULT_POLICY
    try:
        return policy_of_file(path)
    except PolicyFileError as error:
        for line in error.lines:
            typer.echo(line, err=True)
        raise typer.Exit(BAD_INPUT) from error
    except OSError as error:
        refuse(f"{path}: {error.strerror}")
