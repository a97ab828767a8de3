"""What every test stands on: no network, nobody's credentials, a far time zone, one engine."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

os.environ["TZ"] = "Pacific/Kiritimati"  # UTC+14: a naive time shows at once
time.tzset()
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "HYPOTHESIS_STORAGE_DIRECTORY": str(Path(__file__).parents[1] / ".local" / "hypothesis"),
}
settings.register_profile("project", deadline=None)  # this machine may be busy
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end it would keep all other workers waiting."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Nothing but this machine can be reached."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    """This worker's engine (`engine.server.Engine`); shared, so bring names of your own."""
    from engine import server

    with server.running() as running:
        yield running


@pytest.fixture(scope="session")
def aws(engine: Any) -> Callable[..., Any]:
    """`aws("s3")`: a client of the engine, as root."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        return made.get(service) or made.setdefault(service, engine.client(service))

    return client


@pytest.fixture
def deploy(engine: Any) -> Iterator[Callable[..., Any]]:
    """`deploy("name", parameters={…}, edit=…)`: a stack of the test's own, deleted after it."""
    from engine import deploy as deploying

    names = []

    def deployed(name: str, **options: Any) -> Any:
        names.append(name)
        return deploying.deploy(engine, name, **options)

    yield deployed
    for name in names:
        engine.client("cloudformation").delete_stack(StackName=name)


@pytest.fixture(scope="session")
def stack(engine: Any) -> Any:
    """The project's template, deployed once for this worker, without windows to wait for."""
    from engine import deploy as deploying

    return deploying.deploy(
        engine, "shared", parameters={"FoldWindowSeconds": "0", "LiveHourSeconds": "1"}
    )
