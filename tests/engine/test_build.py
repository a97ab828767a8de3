"""What goes to Lambda: the right processor, compiled ahead, small enough, and nothing too much."""

import importlib.util
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from engine import template
from engine.server import LAMBDA_PYTHON, ROOT

BUILD = ROOT / ".aws-sam" / "build"
ARM64, X86_64 = 183, 62  # e_machine of an ELF file
MEGABYTE = 1 << 20
UNZIPPED_LIMIT = 250 * MEGABYTE
LAYERS = ["MeterLayer", "ParquetLayer", "ClientLayer"]
COMPILED_BY_HASH_UNCHECKED = 1


@pytest.fixture(scope="module", autouse=True)
def built():
    if not (BUILD / "template.yaml").exists():
        pytest.fail("nothing is built: run `make build` first")


def machine_of(file):
    """The processor an ELF file is for, or None."""
    with file.open("rb") as content:
        head = content.read(20)
    return struct.unpack_from("<H", head, 18)[0] if head.startswith(b"\x7fELF") else None


def size_of(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_every_binary_is_for_arm64():
    machines = {
        file: machine
        for file in BUILD.rglob("*")
        if file.is_file() and (machine := machine_of(file)) is not None
    }

    assert len(machines) > 10
    assert {file for file, machine in machines.items() if machine != ARM64} == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_every_module_of_a_layer_is_compiled_for_good(layer):
    sources = list((BUILD / layer).rglob("*.py"))
    assert sources

    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source)))
        head = compiled.read_bytes()[:16]
        magic, flags, digest = head[:4], struct.unpack_from("<I", head, 4)[0], head[8:16]
        assert magic == importlib.util.MAGIC_NUMBER
        assert flags == COMPILED_BY_HASH_UNCHECKED
        assert digest == importlib.util.source_hash(source.read_bytes())


def test_a_function_with_its_layers_stays_under_the_limit():
    functions = template.of_type(template.read(ROOT / "template.yaml"), "AWS::Serverless::Function")
    layers = size_of(BUILD / "MeterLayer") + size_of(BUILD / "ParquetLayer")

    for name in functions:
        assert size_of(BUILD / name) < MEGABYTE // 4
        assert size_of(BUILD / name) + layers < UNZIPPED_LIMIT // 2


def test_the_layer_holds_the_package_without_what_is_for_people_and_tests():
    package = BUILD / "MeterLayer" / "python" / "bedrock_meter"
    rooms = {entry.name for entry in package.iterdir() if entry.is_dir()} - {"__pycache__"}

    assert {"domain", "jobs", "logs", "aws", "prices"} <= rooms
    assert not rooms & {"cli", "local", "tests"}
    others = {entry.name for entry in (BUILD / "MeterLayer" / "python").iterdir()}
    assert not others & {"boto3", "botocore", "pyarrow", "engine", "tests", "bin"}


def test_the_client_needs_boto3_alone():
    held = {entry.name for entry in (BUILD / "ClientLayer" / "python").iterdir()}

    assert held == {"bedrock_meter_client"}


def test_no_file_of_the_project_s_tools_is_shipped():
    names = {file.name for file in BUILD.rglob("*") if file.is_file()}

    assert not {name for name in names if name.endswith((".egg-info", ".toml", ".sh"))}


@pytest.mark.skipif(sys.platform != "linux", reason="looks for paths of this machine in byte code")
def test_byte_code_names_the_place_it_runs_at():
    file = BUILD / "MeterLayer" / "python" / "bedrock_meter" / "__init__.py"
    compiled = Path(importlib.util.cache_from_source(str(file))).read_bytes()

    assert b"/opt/python/bedrock_meter/__init__.py" in compiled
    assert str(ROOT).encode() not in compiled


@pytest.mark.slow
def test_every_function_can_be_imported_from_its_layers_alone(tmp_path):
    """With the layers built for this machine, on the interpreter that holds boto3 only."""
    from engine import local_build

    document = local_build.built()
    layers = [
        f"{layer['Properties']['ContentUri']}/python"
        for layer in template.of_type(document, "AWS::Serverless::LayerVersion").values()
    ]
    for function in template.of_type(document, "AWS::Serverless::Function").values():
        code = function["Properties"]["CodeUri"]
        run = subprocess.run(
            [str(LAMBDA_PYTHON), "-c", "import app; assert callable(app.handler)"],
            env={
                "PYTHONPATH": os.pathsep.join([code, *layers]),
                "PATH": os.environ["PATH"],
                "AWS_DEFAULT_REGION": "us-east-1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "POWERTOOLS_SERVICE_NAME": "test",
                "POWERTOOLS_METRICS_NAMESPACE": "Test",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{code}: {run.stderr}"


def test_the_build_was_made_from_the_files_as_they_are_now():
    """A build of yesterday proves nothing about today's files."""
    package = ROOT / "layers" / "bedrock_meter" / "python" / "bedrock_meter"
    shipped = BUILD / "MeterLayer" / "python" / "bedrock_meter"
    left_out = ("cli", "local")

    for source in package.rglob("*.py"):
        relative = source.relative_to(package)
        if relative.parts[0] not in left_out:
            assert (shipped / relative).read_bytes() == source.read_bytes(), relative
