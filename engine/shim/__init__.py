"""Where the embedded engine differs from AWS in a way this project would notice, made alike.

One module per gap. Each says what AWS does, and refuses to run against an engine whose source is
no longer the one it was written for. `tests/engine` holds a test for each that fails without it.
"""

from engine.shim import errors, guard, interpreters, metrics, profiles, scheduler, streams, transport


def apply() -> None:
    """Patch the engine inside this process; once, before it starts to serve."""
    guard.require_version()
    for gap in (errors, interpreters, metrics, profiles, scheduler, streams, transport):
        gap.close()
