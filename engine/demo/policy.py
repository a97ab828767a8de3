"""The demo's policy, applied the way an operator applies one: by the command itself."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.demo.stage import Stage, StageFailed

FILE = Path(__file__).parents[1] / "demo_tenants.yaml"
COMMAND = (sys.executable, "-c", "from bedrock_meter.cli.main import app; app()")


def apply(stage: Stage, file: Path = FILE) -> None:
    """Run `bedrock-meter tenants apply` on the stack; what it says on failure is the message."""
    command = [*COMMAND, "tenants", "apply", str(file)]
    done = subprocess.run(
        [*command, "--stack-name", stage.stack.name, "--endpoint-url", stage.engine.endpoint],
        env={**os.environ, **stage.engine.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StageFailed(f"tenants apply: {done.stderr.strip() or done.stdout.strip()}")


def document(file: Path = FILE) -> Mapping[str, Any]:
    """Read the file as the oracle wants it: plain YAML."""
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
