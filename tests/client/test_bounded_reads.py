"""No caller waits longer than two seconds for a flag, whatever client reads it, and only once."""

import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config

from bedrock_meter_client import FlagReader, TenantGate, TenantThrottled, attach
from tests.client.applications import identity
from tests.client.conftest import NOW, a_flag, typed

pytestmark = pytest.mark.slow

PROMISED = 2.0
SLACK = 1.5  # for a busy machine; a read that waited as long as boto3 does would take far longer


@pytest.fixture
def silent():
    """The address of a server that takes connections and says nothing."""
    before = readers()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(200)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    until(lambda: not readers() - before)


class Table:
    """A DynamoDB of one flag, which answers only while the gate stands open."""

    def __init__(self, **changes):
        self.item = typed(a_flag(**changes))["M"]
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Semaphore(0)
        self.reads = 0

    def get_item(self, **_):
        self.reads += 1
        item = self.item
        self.asked.release()
        self.open.wait(30)
        return {"Item": item}


@pytest.fixture
def table():
    table = Table(expires_at="2026-11-18T12:00:00Z")
    yield table
    table.open.set()


def a_gate(table, clock=time.monotonic, **more):
    return TenantGate(
        FlagReader(table, "flags", monotonic=clock, wall=lambda: NOW, **more), monotonic=clock
    )


def seconds(call):
    began = time.monotonic()
    call()
    return time.monotonic() - began


def stopped(gate):
    with pytest.raises(TenantThrottled):
        gate.check("acme")


# As they come, they wait for a minute: only retries are left out, so that tests end.
ONCE = Config(retries={"total_max_attempts": 1})


def default_client(url):
    return boto3.client("dynamodb", **identity(url), config=ONCE)


def default_resource(url):
    return boto3.resource("dynamodb", **identity(url), config=ONCE)


@pytest.mark.parametrize("made", [default_client, default_resource])
def test_the_first_call_waits_two_seconds_and_the_next_ones_not_at_all(application, silent, made):
    attach(application.client, tenant="acme", flags="flags", dynamodb=made(silent))

    assert PROMISED - 0.1 < seconds(application.converse) < PROMISED + SLACK
    assert seconds(application.converse) < SLACK
    assert seconds(application.invoke) < SLACK


def test_so_it_is_with_the_client_that_is_made_when_none_is_given(application, silent, monkeypatch):
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", silent)
    attach(application.client, tenant="acme", flags="flags")

    assert PROMISED - 0.1 < seconds(application.converse) < PROMISED + SLACK
    assert seconds(application.converse) < SLACK


def test_so_it_is_for_eight_threads_at_once_and_for_many_tenants_one_after_the_other(silent):
    gate = a_gate(default_client(silent))

    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: seconds(lambda: gate.check("acme")), range(8)))
    afterwards = seconds(lambda: [gate.check(f"tenant-{number}") for number in range(50)])

    assert max(waits) < PROMISED + SLACK
    assert afterwards < SLACK


def test_while_a_flag_is_read_again_others_go_by_the_copy(table, clock):
    gate = a_gate(table, clock)
    with pytest.raises(TenantThrottled):
        gate.check("acme")

    clock.at += 13
    table.open.clear()
    first = threading.Thread(target=lambda: stopped(gate))
    table.asked.acquire()
    first.start()
    table.asked.acquire()

    assert seconds(lambda: stopped(gate)) < SLACK
    assert first.is_alive()
    table.open.set()
    first.join()
    assert table.reads == 2


def test_an_answer_that_comes_late_counts_for_later_calls(table, clock):
    gate = a_gate(table, clock, read_seconds=0.05)
    table.open.clear()
    gate.check("acme")

    table.open.set()
    until(lambda: gate._reader._tenants["acme"].reading is None)

    with pytest.raises(TenantThrottled, match="104 %"):
        gate.check("acme")
    assert table.reads == 1


def test_a_read_that_hangs_is_reported_again_and_again_and_given_up_after_a_minute(
    table, clock, warnings_of
):
    heard = []
    gate = a_gate(table, clock, read_seconds=0.05, on_fault=heard.append)
    table.open.clear()

    for _ in range(300):  # ten minutes
        gate.check("acme")
        clock.at += 2

    assert {fault.kind for fault in heard} == {"slow"}
    assert 40 <= len(heard) <= 75
    assert len(warnings_of()) == 2
    assert 5 <= table.reads <= 10


def test_what_a_read_brings_that_was_given_up_is_too_old_to_count(table, clock):
    gate = a_gate(table, clock, read_seconds=0.05)
    table.open.clear()
    gate.check("acme")

    clock.at += 61
    table.open.set()
    until(lambda: gate._reader._tenants["acme"].reading is None)

    assert gate._reader._tenants["acme"].known.read_at is None


def test_never_more_than_eight_threads_read_and_they_end(table):
    gate, before = a_gate(table, read_seconds=0.01), readers()
    table.open.clear()

    for number in range(40):
        gate.check(f"tenant-{number}")
    at_work = len(readers() - before)
    table.open.set()
    until(lambda: not readers() - before)

    assert at_work == 8
    assert table.reads == 40


class Interrupted(BaseException):
    """As gevent and asyncio have: no Exception, so that nothing else catches it."""


@pytest.mark.parametrize("raised", [SystemExit(1), Interrupted("timed out")])
def test_a_client_that_raises_a_base_exception_is_reported_and_costs_no_thread(raised):
    class Stopping:
        def get_item(self, **_):
            raise raised

    heard = []
    gate = a_gate(Stopping(), on_fault=heard.append)

    for number in range(20):
        gate.check(f"tenant-{number}")

    assert [fault.kind for fault in heard] == ["failed"] * 20
    until(lambda: gate._reader._crew._busy == 0)


def test_where_no_thread_can_be_started_calls_go_on(table, monkeypatch):
    def no_thread(_):
        raise RuntimeError("can't start new thread")

    heard = []
    gate = a_gate(table, on_fault=heard.append)
    monkeypatch.setattr("bedrock_meter_client.crew.Thread.start", no_thread)
    gate.check("acme")
    monkeypatch.undo()

    assert [fault.kind for fault in heard] == ["failed"]
    assert "can't start new thread" in heard[0].message


PROGRAM = """
import sys, time
from bedrock_meter_client import FlagReader, TenantGate
import boto3

gate = TenantGate(FlagReader(boto3.client("dynamodb"), "flags", read_seconds=0.1))
gate.check("acme")
"""


def test_a_read_that_hangs_does_not_keep_a_process_from_ending(silent):
    assert run(PROGRAM, silent).returncode == 0


FORKED = """
import os, sys, threading, time
from bedrock_meter_client import FlagReader, TenantGate
import boto3

class Slow:
    def get_item(self, **_):
        time.sleep(3600)

class Quick:
    def get_item(self, **_):
        return {}

gate = TenantGate(FlagReader(Slow(), "flags", read_seconds=0.1))
gate.check("acme")
gate._lock.acquire()
gate._reader._lock.acquire()
gate.faults._lock.acquire()
if os.fork() == 0:
    gate._reader._table._client = Quick()
    gate._reader._tenants["acme"].due_at = 0
    gate.check("acme")
    known = gate._reader.known("acme")
    os._exit(0 if known.read_at is not None else 9)
_, status = os.wait()
os._exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is nothing to fork here")
def test_a_child_process_reads_flags_whatever_its_parent_was_doing(silent):
    assert run(FORKED, silent).returncode == 0


def run(program, url):
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    return subprocess.run([sys.executable, "-c", program], env=environment, timeout=20, check=False)


def readers():
    return {thread for thread in threading.enumerate() if thread.name == "bedrock-meter-flags"}


def until(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
