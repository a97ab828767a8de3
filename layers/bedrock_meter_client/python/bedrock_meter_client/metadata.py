"""Request metadata: what Bedrock accepts, and how it travels."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bedrock_meter_client.tenant import shortened

HEADER = "X-Amzn-Bedrock-Request-Metadata"
MOST_ENTRIES = 16
MOST_CHARACTERS = 256
_ACCEPTED = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,\-.]*", re.ASCII)
_WANTED = (
    f"it takes texts of at most {MOST_CHARACTERS} letters, digits, spaces and :_@$#=/+,-."
    " (keys are never empty)"
)


class BadMetadata(ValueError):
    """Bedrock would refuse calls because of these entries of `attach`."""


def checked(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata as a dict; `BadMetadata` names the entry that Bedrock would refuse."""
    if len(metadata) > MOST_ENTRIES:
        raise BadMetadata(f"{len(metadata)} entries; Bedrock takes {MOST_ENTRIES}")
    for key, value in metadata.items():
        trouble = _trouble_with(key, value)
        if trouble:
            raise BadMetadata(trouble)
    return dict(metadata)


def merged(own: Any, ours: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Add our entries to those of the call; ours win. Also return what was left out, and why.

    Entries that Bedrock would refuse are left out, and those of the call for which there is no
    room: the call is made, and its tenant is known.
    """
    left_out = []
    entries: dict[str, str] = {}
    if not isinstance(own, Mapping):
        left_out, own = ["the call's own metadata is not a map"], {}
    for key, value in {**ours, **own, **ours}.items():
        trouble = _trouble_with(key, value)
        if not trouble and len(entries) == MOST_ENTRIES:
            trouble = f"{key!r} is more than the {MOST_ENTRIES} entries that Bedrock takes"
        if trouble:
            left_out.append(trouble)
        else:
            entries[key] = value
    return entries, left_out


def merged_header(present: Any, ours: Mapping[str, str]) -> tuple[str, list[str]]:
    """Do the same with the header's JSON."""
    try:
        own = json.loads(present) if present else {}
    except (TypeError, ValueError, RecursionError):
        own = None
    entries, left_out = merged(own, ours)
    return json.dumps(entries, separators=(",", ":")), left_out


def _trouble_with(key: Any, value: Any) -> str:
    """Return why Bedrock would refuse an entry, without its value; empty if it would not."""
    if not isinstance(key, str) or not key or not _accepted(key):
        return f"the key {shortened(key)} is refused by Bedrock; {_WANTED}"
    if not isinstance(value, str) or not _accepted(value):
        return f"the value of {shortened(key)} is refused by Bedrock; {_WANTED}"
    return ""


def _accepted(text: str) -> bool:
    return len(text) <= MOST_CHARACTERS and _ACCEPTED.fullmatch(text) is not None
