"""A patch may only replace the very source it was written against."""

import inspect
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from typing import Any

ENGINE = "1.5.33"


class EngineChanged(RuntimeError):
    """The engine is not the one the patches were written for."""


def require_version() -> None:
    """Refuse every engine but the pinned one."""
    if (found := version("ministack")) != ENGINE:
        raise EngineChanged(f"ministack {found} is installed, the shim was written for {ENGINE}")


def expect(function: Callable[..., Any], digest: str) -> None:
    """Refuse a function whose source changed; `digest` is the head of its SHA-256."""
    found = sha256(inspect.getsource(function).encode()).hexdigest()[: len(digest)]
    if found != digest:
        raise EngineChanged(
            f"{function.__module__}.{function.__qualname__} changed (source {found}, written for "
            f"{digest}): read it, adapt the patch, run tests/engine"
        )
