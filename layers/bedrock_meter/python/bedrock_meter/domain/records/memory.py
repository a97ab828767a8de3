"""Memories that records fill: their keys are whatever a caller wrote, so they are bounded."""

MOST_REMEMBERED = 20_000


def forget_if_full[Key, Value](memory: dict[Key, Value], most: int | None = None) -> None:
    """Empty a memory of `most` keys (default: `MOST_REMEMBERED`); it fills again by itself."""
    if len(memory) >= (most or MOST_REMEMBERED):
        memory.clear()
