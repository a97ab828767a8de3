"""The schema of what is stored: evidence, manifests, closings, corrections, rollups, live totals.

This release writes and reads version 1. A column that comes later stands last and has a default,
which a file without it is read with, and raises the version: a release that does not know the
column refuses the file, for a number left out unnoticed is worse than a close that waits.
"""

from bedrock_meter.domain.records.errors import UnknownSchema

SCHEMA_VERSION = 1


def check_schema(version: int, what: str) -> None:
    """Raise `UnknownSchema` unless this release reads a version; `what` was written with it."""
    if not 1 <= version <= SCHEMA_VERSION:
        raise UnknownSchema(
            f"{what} of schema version {version}; this release reads version {SCHEMA_VERSION}"
        )
