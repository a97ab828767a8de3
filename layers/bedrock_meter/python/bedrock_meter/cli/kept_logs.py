"""Log files that a person kept, in any known form, with the bodies beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bedrock_meter.cli.output import say
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.folders import FOREIGN
from bedrock_meter.logs.forms import Forms
from bedrock_meter.logs.gunzip import DecodeError, inflate
from bedrock_meter.logs.log import read_log

KNOWN_FORMS = (
    "Bedrock's log files and, of CloudWatch Logs, events, Insights results, subscription data "
    "and export lines"
)
MOST_HELD = 10_000
MOST_BODY_BYTES = 256 << 20


class NotRead(Exception):
    """A file that cannot be read, or holds nothing that is understood; the message is one line."""


def records_of(path: Path, root: Path, source: Source) -> Iterator[Evidence | Reject]:
    """Yield what a file of the folder `root` holds, in order; `NotRead` when that is nothing.

    Lines that are not records come as rejects once anything in the file was understood, or when
    there are very many of them.
    """
    forms, bodies, gate = Forms(), Bodies(path, root), _Gate()
    try:
        with path.open("rb") as stream:
            for found in read_log(stream, source, forms=forms, bodies=bodies.find):
                yield from gate.let_through(found)
    except OSError as error:
        raise NotRead(f"{path}: cannot be read: {error.strerror}") from error
    if forms.greetings:
        say(f"{path}: lines about permissions, which are not records, left out: {forms.greetings}")
    if gate.foreign and not gate.is_open:
        counts = ", ".join(f"{count} {reason}" for reason, count in sorted(gate.foreign.items()))
        raise NotRead(f"{path}: no invocation record ({counts}); what is read are {KNOWN_FORMS}")
    if not gate.is_open and not forms.greetings:
        say(f"{path}: empty, or a list of nothing; there is no record in it")


class _Gate:
    """Holds back lines that are not records until anything in their file is understood."""

    def __init__(self) -> None:
        self.is_open = False
        self.foreign: Counter[str] = Counter()
        self._held: list[Evidence | Reject] = []

    def let_through(self, found: Evidence | Reject) -> list[Evidence | Reject]:
        """Take what was found, and return what may pass."""
        if self.is_open:
            return [found]
        self._held.append(found)
        if isinstance(found, Reject) and found.reason in FOREIGN:
            self.foreign[found.reason] += 1
        else:
            self.is_open = True
        if not self.is_open and len(self._held) < MOST_HELD:
            return []
        passed, self._held = self._held, []
        return passed


class Bodies:
    """Bodies that were moved out of the records of a file, where they were copied too."""

    def __init__(self, path: Path, root: Path) -> None:
        self._folder = path.parent
        self._root = root if root.is_dir() else path.parent

    def find(self, uri: str) -> bytes | None:
        """Return the JSON text of a body; None when it is not beside the logs, or damaged."""
        parts = [part for part in uri.removeprefix("s3://").split("/") if part not in ("", "..")]
        for place in self._places(parts[1:]):
            if _is_there(place):
                return _text_of(place)
        return None

    def _places(self, parts: list[str]) -> Iterator[Path]:
        """Return where a body may lie: beside the log file, then wherever its key leads."""
        yield self._folder.joinpath(*parts[-2:])
        for begin in range(len(parts)):
            yield self._root.joinpath(*parts[begin:])
        if "AWSLogs" in parts:
            key = parts[parts.index("AWSLogs") :]
            for above in self._folder.parents:
                yield above.joinpath(*key)
                if above == self._root:
                    break


def _is_there(path: Path) -> bool:
    """Return whether a file is there; False for names that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _text_of(path: Path) -> bytes | None:
    pieces: list[bytes] = []
    try:
        with path.open("rb") as stream:
            for piece in inflate(stream):
                pieces.append(piece)
                if sum(map(len, pieces)) > MOST_BODY_BYTES:
                    return None
    except (OSError, DecodeError) as problem:
        why = problem.reason if isinstance(problem, DecodeError) else problem.strerror
        say(f"{path}: this body cannot be read: {why}")
        return None
    return b"".join(pieces)
