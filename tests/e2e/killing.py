"""Kill a function half-way: SIGKILL to its process, after a delay, while it works on an event."""

import json
import os
import signal
import time
from contextlib import suppress
from threading import Thread
from typing import Any

import boto3
from botocore.config import Config

from engine import server
from tests.e2e.meter import Meter


def seconds_of(meter: Meter, function: str, event: Any) -> float:
    """Measure how long a function takes that is not disturbed; it is warm afterwards."""
    began = time.monotonic()
    meter.stack.invoke(function, event)
    return time.monotonic() - began


def kill_after(meter: Meter, function: str, event: Any, delay: float) -> None:
    """Let a warm function work on an event for so many seconds, then kill all that run it."""
    name = meter.stack.resources[function]
    work = Thread(target=_invoke_once, args=(meter, name, event))
    pids = meter.engine.worker_pids(name)
    work.start()
    time.sleep(delay)
    kill(pids)
    work.join()


def kill(pids: list[int]) -> None:
    """End processes without a chance to do anything more; those that are gone are no matter."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _invoke_once(meter: Meter, name: str, event: Any) -> None:
    client = boto3.client(
        "lambda",
        endpoint_url=meter.engine.endpoint,
        region_name=server.REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    client.invoke(FunctionName=name, Payload=json.dumps(event))
