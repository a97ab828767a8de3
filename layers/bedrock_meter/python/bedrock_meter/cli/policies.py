"""Which policy a command works with: a file's, or the default one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bedrock_meter.cli.output import BAD_INPUT, print_line, refuse
from bedrock_meter.domain.policy.decisions import POLICY, decision_for
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.time.hours import hour_of

if TYPE_CHECKING:
    from bedrock_meter.cli.stack import Stack

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="A policy file, usually tenants.yaml.")
]


def read_policy(path: Path | None) -> Policy:
    """Read a policy file, or give the default policy; errors, a line each, end the command."""
    if path is None:
        return DEFAULT_POLICY
    from bedrock_meter.policy_file import PolicyFileError, policy_of_file  # Most need no YAML.

    try:
        return policy_of_file(path)
    except PolicyFileError as error:
        for line in error.lines:
            print_line(line, err=True)
        raise typer.Exit(BAD_INPUT) from error
    except OSError as error:
        refuse(f"{path}: {error.strerror}")


def policy_in_force(stack: Stack) -> Policy:
    """Read the policy that holds for the present hour; the default one when none was decided."""
    decision = decision_for(stack.stores.decisions.decisions(POLICY), hour_of(datetime.now(UTC)))
    return stack.stores.policies.policy(decision.id) if decision else DEFAULT_POLICY
