"""Another time for handlers: a demo with a person's own logs assesses them at their newest record.

Python imports this module by itself where the folder is on its path. Only the engine's workers of
such a demo have it there, and only the functions of the demo's stack name a `DEMO_NOW_OFFSET`.
"""

import datetime
import os
import sys

OFFSET = datetime.timedelta(seconds=int(os.environ.get("DEMO_NOW_OFFSET", "0")))
TRUE = datetime.datetime
NONE = datetime.timedelta()


class _AsTrue(type):
    """Lets times that were made before, or by C code, pass for instances."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TRUE)


class Shifted(TRUE, metaclass=_AsTrue):
    """`datetime` whose present lies elsewhere, but for signatures: a skewed one is refused."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> TRUE:  # type: ignore[override]
        asking = sys._getframe(1).f_globals.get("__name__", "")
        return TRUE.now(tz) + (NONE if asking.startswith("botocore.") else OFFSET)


if OFFSET:
    datetime.datetime = Shifted  # type: ignore[misc]
