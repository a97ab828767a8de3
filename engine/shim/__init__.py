"""Where the embedded engine differs from AWS in a way this project would notice, made alike.

One module per gap. Each says what AWS does, and refuses to run against an engine whose source is
no longer the one it was written for. `tests/engine` holds a test for each that fails without it.
"""

from engine.shim import (
    alarms,
    batches,
    conditions,
    errors,
    guard,
    interpreters,
    logs,
    metrics,
    profiles,
    rules,
    scaling,
    scheduler,
    senders,
    streams,
    transport,
)

GAPS = (
    alarms,
    batches,
    conditions,
    errors,
    interpreters,
    logs,
    metrics,
    profiles,
    scaling,
    scheduler,
    rules,  # after the scheduler, whose target it wraps once more
    senders,
    streams,
    transport,
)


def apply() -> None:
    """Patch the engine inside this process; once, before it starts to serve."""
    guard.require_version()
    for gap in GAPS:
        gap.close()
