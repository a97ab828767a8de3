"""The engine as a guest on this machine: it listens here only, leaves nothing, outlives nobody."""

import hashlib
import inspect
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from engine import server
from engine.shim import guard
from engine.waiting import until

pytestmark = pytest.mark.engine


def test_a_stopped_engine_leaves_no_folder_and_no_process():
    with server.running() as running:
        pid = running.process.pid
        assert running.folder.is_relative_to(server.LOCAL)
        assert running.endpoint.startswith("http://127.0.0.1:")

    assert not running.folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_engine_ends_when_the_process_that_started_it_is_killed():
    code = (
        "from engine import server; import time; e = server.start();"
        "print(e.process.pid, e.folder, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code], cwd=server.ROOT, stdout=subprocess.PIPE, text=True
    )
    pid, folder = starter.stdout.readline().split()
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    starter.stdout.close()

    assert until(lambda: not _runs(int(pid)))

    with server.running():  # the next one sweeps up
        assert not Path(folder).exists()


def test_a_reset_forgets_everything(a_name):
    with server.running() as running:
        running.client("s3").create_bucket(Bucket=a_name("bucket"))

        running.reset()

        assert running.client("s3").list_buckets()["Buckets"] == []


def test_a_request_without_credentials_is_refused(engine, aws, a_name):
    bucket = a_name("bucket")
    aws("s3").create_bucket(Bucket=bucket)

    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(f"{engine.endpoint}/{bucket}/key")
    refused.value.close()


def test_handlers_and_server_write_below_the_project_only(engine, a_function, invoke):
    wheres = (
        "import os, tempfile\ndef handler(event, context):"
        " return [tempfile.gettempdir(), os.getcwd(), os.environ['HOME']]"
    )

    for folder in invoke(a_function(wheres)):
        assert folder.startswith(str(engine.folder))


def test_a_patch_refuses_source_it_was_not_written_for():
    source = inspect.getsource(server.start)
    guard.expect(server.start, hashlib.sha256(source.encode()).hexdigest()[:12])

    with pytest.raises(guard.EngineChanged, match=r"engine\.server\.start changed"):
        guard.expect(server.start, "000000000000")


def _runs(pid):
    listing = subprocess.run(["ps", "-p", str(pid), "-o", "stat="], capture_output=True, text=True)
    return bool(listing.stdout.strip()) and "Z" not in listing.stdout
