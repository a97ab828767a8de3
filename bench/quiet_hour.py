"""Requests of the hourly run in an hour without a call, counted as `bench.units` counts them."""

import os
from datetime import datetime, timedelta
from typing import NamedTuple

import boto3

from bench import units
from bench.capacity import Capacity
from engine import deploy, server

RUN = "hourly run"


class Requests(NamedTuple):
    """What one run without work asks of DynamoDB and S3."""

    written: float
    read: float
    s3_puts: float
    s3_gets: float


def measure(now: datetime, assessed_in: int) -> Requests:
    """Play two runs of a stack without calls, and count the second one."""
    with units.own_environment(), server.running() as engine:
        stack = deploy.deploy(engine, edit=units.without_triggers)
        os.environ.update(engine.environment())
        capacity = Capacity()
        capacity.install({})
        units.forget_clients()
        try:
            boto3.client("s3").create_bucket(Bucket=units.BUCKET)
            _run(stack, now - timedelta(hours=1), assessed_in)
            with capacity.of(RUN):
                _run(stack, now, assessed_in)
        finally:
            capacity.remove()
            units.forget_clients()
    counted = (capacity.written, capacity.read, capacity.s3_puts, capacity.s3_gets)
    return Requests(*(float(one[RUN]) for one in counted))


def _run(stack: deploy.DeployedStack, now: datetime, assessed_in: int) -> None:
    from bedrock_meter.compose import notices

    units.close(stack, now)
    units.assess(stack, now, buckets=assessed_in)
    units.joined(stack, "DeliverNotices", notices.deliver_notices)(now=now)
