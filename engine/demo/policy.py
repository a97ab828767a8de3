"""The demo's policy, applied the way an operator applies one: by the command itself."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from engine.demo.deployment import DemoFailed, Deployment
from engine.server import LOCAL

FILE = Path(__file__).parents[1] / "demo_tenants.yaml"
PLAYED = LOCAL / "demo" / "played.yaml"
COMMAND = (sys.executable, "-c", "from bedrock_meter.cli.main import app; app()")


def apply(deployment: Deployment, file: Path = FILE) -> None:
    """Run `bedrock-meter tenants apply` on the stack; on failure raise what it prints."""
    where = ["--stack-name", deployment.stack.name, "--endpoint-url", deployment.engine.endpoint]
    done = subprocess.run(
        [*COMMAND, "tenants", "apply", str(file), *where],
        env={**os.environ, **deployment.engine.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DemoFailed(f"tenants apply: {done.stderr.strip() or done.stdout.strip()}")


def playable(file: Path) -> tuple[Path, bool]:
    """Return a policy without its contracts, and whether it had any.

    The independent recomputation knows list prices only; a contract would show as a difference.
    """
    whole = document(file)
    sections = [
        whole.get("defaults"),
        *(whole.get("plans") or {}).values(),
        *(whole.get("tenants") or {}).values(),
    ]
    bound = [section for section in sections if section and "contract" in section]
    if not bound:
        return file, False
    for section in bound:
        del section["contract"]
    PLAYED.parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    PLAYED.write_text(json.dumps(whole), encoding="utf-8")
    return PLAYED, True


def document(file: Path = FILE) -> Mapping[str, Any]:
    """Read the file for the oracle: plain YAML."""
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}
