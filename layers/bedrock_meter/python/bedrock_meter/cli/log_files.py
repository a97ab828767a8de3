"""Log files on this machine: which ones a command reads, and in what order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bedrock_meter.cli.output import refuse, say

ENDINGS = (".json", ".json.gz", ".jsonl", ".ndjson")


def log_files(paths: Iterable[Path]) -> list[Path]:
    """Name the log files among files and folders, sorted within each folder, none twice.

    A file that is named itself is taken whatever it is called; in folders, recursively, files
    with other endings are left out and said so. Ends the command when a path is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(_in_folder(path)))
        elif path.exists():
            found[path] = None
        else:
            refuse(f"{path}: no such file or folder")
    return list(found)


def _in_folder(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        if path.name.endswith(ENDINGS):
            yield path
        else:
            say(f"{path}: not read; log files end in {', '.join(ENDINGS)}")
