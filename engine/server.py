"""An engine of one's own: a server on a free port, in a folder of its own, gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[1]
LOCAL = ROOT / ".local"
HOME = LOCAL / "engine"  # one folder per running server; everything it writes is in there
LAMBDA_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
REGION = "us-east-1"
ACCOUNT = "000000000000"
START_LIMIT = 30  # seconds; it takes one
STAYS = "--stays"


class EngineFailed(RuntimeError):
    """The server did not come up; the message holds the end of its log."""


@dataclass(frozen=True)
class Engine:
    """A running server: where it listens, its folder, its process."""

    endpoint: str
    folder: Path
    process: subprocess.Popen[bytes]

    def client(self, service: str, **credentials: str) -> Any:
        """A boto3 client as the account's root, unless other credentials are given."""
        config = Config(inject_host_prefix=False, max_pool_connections=32)
        return boto3.client(service, config=config, **self._access | credentials)

    @cached_property
    def dynamodb(self) -> Any:
        """DynamoDB with Python values."""
        return boto3.resource("dynamodb", **self._access)

    @property
    def _access(self) -> dict[str, str]:
        return {
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def environment(self) -> dict[str, str]:
        """What a process or the AWS CLI needs to talk to this server as root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }

    def reset(self) -> None:
        """Forget every resource and object; the server stays."""
        request = urllib.request.Request(f"{self.endpoint}/_ministack/reset", method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def worker_pids(self, function: str) -> list[int]:
        """Process ids of the environments that run a function just now, to kill them in a test."""
        listing = subprocess.run(
            ["ps", "-axww", "-o", "pid=,command="], check=True, capture_output=True, text=True
        )
        mark = f"{self.folder}/tmp/ministack-lambda-{function}-"
        lines = [line.split(None, 1) for line in listing.stdout.splitlines()]
        return [int(pid) for pid, command in lines if mark in command and "_worker" in command]

    def log(self) -> str:
        """What the server printed so far."""
        return (self.folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        """End the server and its workers, and remove its folder; a second call does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        if self.process.stdin:
            self.process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(*, waits: bool = False, stays: bool = False) -> Engine:
    """Start a server on 127.0.0.1 and return it as soon as it answers.

    Without `waits`, Wait states and the pauses between retries of state machines take no time.
    A server that `stays` does not end with this process.
    """
    _sweep()
    for _ in range(3):  # another process may take the free port first
        engine = _launch(_free_port(), waits, stays)
        if _answers(engine):
            return engine
        log = engine.log()
        engine.stop()
        if "already in use" not in log:
            break
    raise EngineFailed(log[-3000:])


@contextmanager
def running(*, waits: bool = False) -> Iterator[Engine]:
    """A server for the length of a block."""
    engine = start(waits=waits)
    try:
        yield engine
    finally:
        engine.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _launch(port: int, waits: bool, stays: bool) -> Engine:
    # `_sweep` takes the folders that begin with the number of a process that is gone.
    folder = HOME / (f"stays-{port}" if stays else f"{os.getpid()}-{port}")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.serve", *([STAYS] if stays else [])],
            cwd=ROOT,
            env=_environment(port, folder, waits),
            stdin=subprocess.DEVNULL if stays else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=stays,
        )
    return Engine(f"http://127.0.0.1:{port}", folder, process)


def _environment(port: int, folder: Path, waits: bool) -> dict[str, str]:
    """All the server and the handlers see: nothing of the caller's environment but the PATH."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "UTC",  # as on Lambda
        "HOME": str(folder / "tmp"),
        "TMPDIR": str(folder / "tmp"),
        "STATE_DIR": str(folder / "tmp" / "state"),
        "S3_DATA_DIR": str(folder / "tmp" / "s3"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",  # permissions are evaluated
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_PYTHON_3_13": str(LAMBDA_PYTHON),
        "SFN_WAIT_SCALE": "1" if waits else "0",
    }


def _answers(engine: Engine) -> bool:
    """Return whether the server answers before it ends or the time is up."""
    until = time.monotonic() + START_LIMIT
    while time.monotonic() < until and engine.process.poll() is None:
        try:
            urllib.request.urlopen(f"{engine.endpoint}/_ministack/health", timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def _sweep() -> None:
    """Remove the folders of servers whose starter is gone."""
    for folder in HOME.glob("*-*"):
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
