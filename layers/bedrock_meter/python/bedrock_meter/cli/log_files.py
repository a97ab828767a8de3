"""Log files on this machine: which ones a command reads, and in what order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from bedrock_meter.cli.output import refuse, say
from bedrock_meter.logs.folders import ENDINGS, entries_in, is_body, where_it_leads


def log_files(paths: Iterable[Path]) -> list[Path]:
    """Return the log files among files and folders, sorted within each folder, none twice.

    A file that is named itself is taken whatever it is called. In folders, recursively, files with
    other endings are left out with a message, and so are dangling links and folders without log
    files. Ends the command when a path is not there, or a folder cannot be read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            try:
                inside = list(_in_folder(path))
            except OSError as error:
                refuse(f"{error.filename}: cannot be read: {error.strerror}")
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
    for path in entries_in(folder):
        if not path.is_file():
            if path.is_symlink():
                say(f"{path}: not read; a link to {where_it_leads(path)}")
        elif is_body(path):
            bodies += 1
        elif not path.name.endswith(ENDINGS):
            say(f"{path}: not read; log files end in {', '.join(ENDINGS)}")
        else:
            yield path
    if bodies:
        say(f"{folder}: bodies moved out of records, read with them: {bodies}")
