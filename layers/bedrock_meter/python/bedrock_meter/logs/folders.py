"""Folders of log files on this machine: what in them may hold records."""

import re
from pathlib import Path
from typing import NoReturn

from bedrock_meter.logs.decode import LINE_TOO_LONG
from bedrock_meter.logs.gunzip import DecodeError
from bedrock_meter.logs.lenient import NOT_A_RECORD, NOT_JSON, TOO_DEEP

ENDINGS = (".json", ".gz", ".jsonl", ".ndjson", ".csv")
"""Bedrock's own and those of people; CloudWatch exports end in .gz, its console writes .csv."""
FOREIGN = frozenset(
    {NOT_JSON, NOT_A_RECORD, TOO_DEEP, LINE_TOO_LONG}
    | {kind.reason for kind in DecodeError.__subclasses__()}
)
"""Reasons of lines that are not invocation records."""
_BODY = re.compile(r"[0-9a-fA-F-]{36}_(in|out)put(_.*)?\.json(\.gz)?")


def entries_in(folder: Path) -> list[Path]:
    """List, sorted, all below a folder but folders; OSError when one of them cannot be read.

    Links to folders are not followed, so that nothing counts twice; they are in the list.
    """

    def fail(error: OSError) -> NoReturn:
        raise error

    return sorted(at / name for at, _, names in folder.walk(on_error=fail) for name in names)


def where_it_leads(link: Path) -> str:
    """Return where a link leads that leads to no file, and what to do about it."""
    return "a folder: name the folder itself" if link.is_dir() else "nothing"


def is_body(path: Path) -> bool:
    """Return whether a file is a body outside its record, by its folder and its name."""
    return path.parent.name == "data" and _BODY.fullmatch(path.name) is not None
