"""Uploading log objects, and waiting until their totals can be seen."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from engine.demo.stage import LIMIT, PAUSE, Stage, StageFailed
from engine.traffic import LogFile

UPLOADERS = 4


def upload(stage: Stage, files: Iterable[LogFile]) -> None:
    """Put objects into the log bucket as Bedrock would."""
    bucket = stage.output("LogBucketName")

    def put(file: LogFile) -> None:
        stage.s3.put_object(Bucket=bucket, Key=file.key, Body=file.body)

    with ThreadPoolExecutor(UPLOADERS) as uploaders:
        for _ in uploaders.map(put, files):
            pass


def wait_until(what: str, happened: Callable[[], bool], limit: float = LIMIT) -> float:
    """Wait for something; give the seconds it took, StageFailed when it does not happen."""
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > limit:
            raise StageFailed(f"after {limit:.0f} s still waiting until {what}")
        time.sleep(PAUSE)
    return time.monotonic() - begun
