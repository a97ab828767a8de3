"""The one way to deploy, as a command to copy; it is run in the project's folder."""

from __future__ import annotations

import shlex

_STAGES = {"bedrock-meter": "prod", "bedrock-meter-dev": "dev"}
"""The stacks of samconfig.toml; tests/docs compares the two."""


def deploy_command(stack_name: str, region: str, **parameters: str) -> str:
    """Write the command that deploys a stack with other values for some of its parameters.

    What it does not name keeps the value that it has.
    """
    stage = _STAGES.get(stack_name)
    place = f"STAGE={stage}" if stage else f"STACK={shlex.quote(stack_name)}"
    values = " ".join(f"{name}={value or '""'}" for name, value in parameters.items())
    arguments = f" ARGS={shlex.quote(values)}" if values else ""
    return f"make deploy {place} REGION={region}{arguments}"
