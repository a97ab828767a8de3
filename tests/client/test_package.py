"""What is shipped: a wheel that holds the library alone, and a layer that holds no more."""

import os
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import bedrock_meter_client

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "layers" / "bedrock_meter_client"
MODULES = {path.name for path in (FOLDER / "python" / "bedrock_meter_client").glob("*.py")}
APPLICATION = """
import sys, boto3, bedrock_meter_client
from bedrock_meter_client import TenantThrottled, attach

assert bedrock_meter_client.__file__.startswith(sys.argv[1])
bedrock = boto3.client("bedrock-runtime")
attach(bedrock, tenant="acme", flags="flags")
try:
    bedrock.converse(modelId="m", messages=[{"role": "user", "content": [{"text": "hi"}]}])
except TenantThrottled as throttled:
    print(throttled.reason)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy, because building leaves traces; without any network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(
        FOLDER, folder / "source", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--no-index", "-w", str(folder), str(source)], check=True)
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made)


def test_the_wheel_holds_the_library_its_types_and_its_licence(wheel):
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert names == {f"bedrock_meter_client/{name}" for name in {*MODULES, "py.typed"}}
    assert any(name.endswith("/LICENSE") for name in wheel.namelist())


def test_the_wheel_says_what_it_is_and_needs_boto3_alone(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    package = message_from_string(wheel.read(name).decode())

    assert package["Name"] == "bedrock-meter-client"
    assert package["Version"] == bedrock_meter_client.__version__
    assert package["License-Expression"] == "Apache-2.0"
    assert package["Requires-Python"] == ">=3.12"
    (needs,) = package.get_all("Requires-Dist")
    assert needs.startswith("boto3>=")


def test_an_application_that_has_the_wheel_alone_is_throttled(wheel, stub, tmp_path):
    wheel.extractall(tmp_path)
    stub.put("acme", expires_at="2026-11-18T12:00:00Z")

    run = subprocess.run(
        [sys.executable, "-c", APPLICATION, str(tmp_path)],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tmp_path),
            "AWS_ENDPOINT_URL": stub.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.stdout, run.stderr) == ("104 % of the daily budget\n", "")


def test_the_layer_holds_the_same_files_compiled_and_nothing_of_the_package(tmp_path):
    subprocess.run(
        [
            "make",
            "-s",
            "build-ClientLayer",
            f"ARTIFACTS_DIR={tmp_path}",
            f"PYTHON={sys.executable}",
        ],
        cwd=FOLDER,
        check=True,
    )

    held = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    compiled = {name for name in held if name.endswith(".pyc")}
    root = "python/bedrock_meter_client"
    assert held - compiled == {f"{root}/{name}" for name in {*MODULES, "py.typed"}}
    assert len(compiled) == len(MODULES)
