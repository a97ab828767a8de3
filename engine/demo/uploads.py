"""Uploading log objects, and waiting until their totals can be seen."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from engine.demo.deployment import LIMIT, PAUSE, DemoFailed, Deployment
from engine.traffic import LogFile

UPLOADERS = 4


def upload(deployment: Deployment, files: Iterable[LogFile]) -> None:
    """Put objects into the log bucket as Bedrock would."""
    bucket = deployment.output("LogBucketName")

    def put(file: LogFile) -> None:
        deployment.s3.put_object(Bucket=bucket, Key=file.key, Body=file.body)

    with ThreadPoolExecutor(UPLOADERS) as uploaders:
        for _ in uploaders.map(put, files):
            pass


def wait_until(what: str, happened: Callable[[], bool], limit: float = LIMIT) -> float:
    """Wait for something; return the seconds it took. Raise DemoFailed when it does not happen."""
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > limit:
            raise DemoFailed(f"after {limit:.0f} s still waiting until {what}")
        time.sleep(PAUSE)
    return time.monotonic() - begun
