"""One meter for all end-to-end tests of a worker; those that break something bring their own."""

from pathlib import Path
from typing import Any

import pytest

from engine.demo import policy
from engine.demo.deployment import Deployment
from tests.e2e.meter import Meter, deployed

POLICY = Path(__file__).parent / "tenants.yaml"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look at open hours before other tests of the same worker close them."""
    items.sort(key=lambda item: item.path.name != "test_story.py")


@pytest.fixture(scope="session")
def meter(engine: Any) -> Meter:
    """A deployed meter under the policy of `tenants.yaml`, applied by the command for it.

    It is shared: a test brings tenants and days of its own (see `Meter`).
    """
    made = deployed(engine, "end-to-end")
    policy.apply(Deployment(engine, made.stack), POLICY)
    return made
