"""A demo that stays: one engine goes on after the command has ended, until a person stops it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from engine import server
from engine.demo.deployment import Deployment

COMMAND = "bedrock-meter"
FILE = server.LOCAL / "demo" / "kept.json"
LIMIT = 10.0
PAUSE = 0.05


class AlreadyKept(RuntimeError):
    """A demo is kept already; the message says where, and how to end it."""


@dataclass(frozen=True)
class KeptEngine:
    """An engine that stays: its process, where it answers, and the stack on it."""

    pid: int
    folder: str
    endpoint_url: str
    stack_name: str
    region: str
    usage_table: str

    def place(self) -> dict[str, str]:
        """Return what one needs to find the stack."""
        return {
            "endpoint_url": self.endpoint_url,
            "stack_name": self.stack_name,
            "region": self.region,
        }

    def how_to_look(self) -> Iterator[str]:
        """Write down what to type, with this command and with the AWS CLI."""
        if shutil.which(COMMAND) is None:
            yield f'export PATH="{Path(sys.executable).parent}:$PATH"'
        yield f"export AWS_ENDPOINT_URL={self.endpoint_url} AWS_DEFAULT_REGION={self.region} \\"
        yield "  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
        yield f"{COMMAND} flags list --stack-name {self.stack_name}"
        yield f"aws cloudformation describe-stacks --stack-name {self.stack_name}"
        yield f"aws dynamodb scan --table-name {self.usage_table} --max-items 5"
        yield f"{COMMAND} demo --stop   # or: make demo-stop"


def refuse_second() -> None:
    """Raise AlreadyKept while a demo is kept."""
    if found := current():
        where = f"{found.endpoint_url} (process {found.pid})"
        raise AlreadyKept(f"a demo is kept already, at {where}; end it with: demo --stop")


def note(deployment: Deployment, file: Path = FILE) -> KeptEngine:
    """Write down which engine stays."""
    kept = KeptEngine(
        deployment.engine.process.pid,
        str(deployment.engine.folder),
        deployment.engine.endpoint,
        deployment.stack.name,
        server.REGION,
        deployment.output("UsageTableName"),
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(kept)), encoding="utf-8")
    return kept


def current(file: Path = FILE) -> KeptEngine | None:
    """Return the engine that stays; None, and the note is deleted, when its process is gone."""
    try:
        kept = KeptEngine(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if _is_engine(kept.pid):
        return kept
    _forget(kept, file)
    return None


def stop(file: Path = FILE) -> KeptEngine | None:
    """End the engine that stays and remove all it wrote; return None when there is none."""
    kept = current(file)
    if kept is None:
        return None
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if _ended(kept.pid, sign):
            break
    _forget(kept, file)
    return kept


def _ended(pid: int, sign: signal.Signals) -> bool:
    os.kill(pid, sign)
    until = time.monotonic() + LIMIT
    while _is_engine(pid):
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE)
    return True


def _is_engine(pid: int) -> bool:
    """Return whether a process is an engine that stays: process ids are reused."""
    shown = subprocess.run(
        ["ps", "-o", "stat=,command=", "-ww", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
    ).stdout.strip()
    return not shown.startswith("Z") and "engine.serve" in shown and server.STAYS in shown


def _forget(kept: KeptEngine, file: Path) -> None:
    folder = Path(kept.folder)
    if folder.parent == server.HOME:
        shutil.rmtree(folder, ignore_errors=True)
    file.unlink(missing_ok=True)
