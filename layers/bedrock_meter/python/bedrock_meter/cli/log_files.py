"""Log files on this machine: which ones a command reads, and in what order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bedrock_meter.cli.output import refuse, say

ENDINGS = (".json", ".json.gz", ".jsonl", ".ndjson")
_BODY = re.compile(r"[0-9a-fA-F-]{36}_(in|out)put(_.*)?\.json(\.gz)?")


def log_files(paths: Iterable[Path]) -> list[Path]:
    """Name the log files among files and folders, sorted within each folder, none twice.

    A file that is named itself is taken whatever it is called; in folders, recursively, files
    with other endings are left out and said so, and so are folders without log files. Ends the
    command when a path is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = list(_in_folder(path))
            found.update(dict.fromkeys(inside))
            if not inside:
                say(f"{path}: no log files in this folder; they end in {', '.join(ENDINGS)}")
        elif path.exists():
            found[path] = None
        else:
            refuse(f"{path}: no such file or folder")
    return list(found)


def _in_folder(folder: Path) -> Iterator[Path]:
    bodies = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if is_body(path):
            bodies += 1
        elif not path.name.endswith(ENDINGS):
            say(f"{path}: not read; log files end in {', '.join(ENDINGS)}")
        else:
            yield path
    if bodies:
        say(f"{folder}: bodies moved out of records, read with them: {bodies}")


def is_body(path: Path) -> bool:
    """Tell a body that Bedrock moved out of a record, by its folder and its name."""
    return path.parent.name == "data" and _BODY.fullmatch(path.name) is not None
