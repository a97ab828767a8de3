"""Other values in the place of attributes, for a while."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def patched(*patches: tuple[object, str, object]) -> Iterator[None]:
    """Put other values in the place of attributes for a while."""
    with ExitStack() as undo:
        for owner, name, value in patches:
            undo.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield
