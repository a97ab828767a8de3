"""The example application of the documents, as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(stub):
    command = [sys.executable, str(ROOT / "docs/example_application.py"), "--tenant", "acme"]
    command += ["--flags", "flags", "--patience", "0"]
    command += ["--bedrock-endpoint", stub.url, "--dynamodb-endpoint", stub.url]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "layers/bedrock_meter_client/python"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_a_green_tenant_is_answered(stub):
    done = run(stub)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "3: answered, 1000 tokens"
    assert len(stub.requests) == 3


def test_a_blocked_tenant_sends_nothing_and_is_told_why(stub):
    stub.put("acme")

    done = run(stub)

    assert done.returncode == 1
    assert "1: not sent: 104 % of the daily budget; again in" in done.stdout
    assert stub.requests == []
