"""Request metadata: what Bedrock accepts, and how it travels."""

import json
import re
from collections.abc import Mapping

HEADER = "X-Amzn-Bedrock-Request-Metadata"
MOST_ENTRIES = 16
MOST_CHARACTERS = 256
_ACCEPTED = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,\-.]*")


class BadMetadata(ValueError):
    """Bedrock would refuse the call because of its metadata."""


def checked(metadata: Mapping[str, str]) -> dict[str, str]:
    """Give the metadata as a dict; `BadMetadata` names the entry that Bedrock would refuse."""
    if len(metadata) > MOST_ENTRIES:
        raise BadMetadata(f"{len(metadata)} entries; Bedrock takes {MOST_ENTRIES}")
    for key, value in metadata.items():
        for text, what in ((key, "key"), (value, "value")):
            if not isinstance(text, str) or not _ACCEPTED.fullmatch(text):
                raise BadMetadata(
                    f"the {what} {text!r} holds characters that Bedrock refuses"
                    " (letters, digits, spaces and :_@$#=/+,-. are accepted)"
                )
            if len(text) > MOST_CHARACTERS or (what == "key" and not text):
                raise BadMetadata(
                    f"the {what} {text[:40]!r} must have 1 to {MOST_CHARACTERS} characters"
                )
    return dict(metadata)


def merged_header(present: str | None, metadata: Mapping[str, str]) -> str:
    """Merge metadata into the header's JSON; entries of the attachment win."""
    before = json.loads(present) if present else {}
    return json.dumps(checked({**before, **metadata}), separators=(",", ":"))
