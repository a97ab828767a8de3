"""Words that the project no longer uses, and where they still stand.

`python -m tests.docs.retired_words` lists what is left, by file.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.docs.identifiers import WORD

ROOT = Path(__file__).parents[2]
KINDS = {".py", ".pyi", ".md", ".yaml", ".toml", ".sh", ".json"}
NOT_READ = ("*/golden/samples/*", "*node_modules*", "*package*.json", "tests/docs/*words.py")
"""Records and lists of others, and the two modules that have to name the words."""

EVERYWHERE = ("*",)
SIMULATION = ("simulate/*", "tests/simulate/*", "docs/simulation.md")
SIGNALS = ("*/domain/levels/*", "*/assess_tenant*", "*test_signal*", "*test_pace*", "*/terms.py")
THRESHOLDS = ("*/levels/level.py", "*/plan.py", "*/levels/reading.py", "*threshold*", "*/terms.py")
POLICY = ("*/domain/policy/*", "*/policy_*.py", "*test_polic*", "docs/decisions/0010*")
NOTICES = ("*notice*", "*/levels*", "*observability*", "*fold_slot*", "*/deliver*", "docs/*.md",
           "CHANGELOG.md", "template.yaml")  # fmt: skip


@dataclass(frozen=True)
class Retired:
    """Words that meant one thing, the word for it now, and the files in which they meant it."""

    words: str
    now: str
    where: tuple[str, ...] = EVERYWHERE


GONE = (
    Retired("sheet, sheets", "rate card"),
    Retired("board, boards", "slot totals"),
    Retired("pulse, pulses", "live hour"),
    Retired("judge, judges, judged, judging, judgement, judgements, judgment", "assess"),
    Retired("ladder, ladders", "thresholds"),
    Retired("sighting, sightings", "occurrence"),
    Retired("breach, breaches, breached", "violation"),
    Retired("peer file, peer files", "third-party price file"),
    Retired("law, laws", "invariant"),
    Retired("charge store", "evidence store"),
    Retired("mend, mends, mended, mending", "lenient decode, fix"),
    Retired("peer, peers", "third-party price file", ("*third_party*", "*prices_import*")),
    Retired("shrunk", "decreased"),
    Retired("put off, puts off, putting off", "deferred"),
    Retired("wake, wakes, waking, woke, woken", "refresh queue"),
    Retired("standing, standings", "stored state, severity"),
    Retired("tell, tells, telling, told, untold", "notify, sent", NOTICES),
    Retired("step, steps", "thresholds", THRESHOLDS),
    Retired("case, cases", "signal inputs", SIGNALS),
    Retired("sign, signs, claims", "matchers", POLICY),
    Retired("baton, batons, stage, stages", "scheduler", SIMULATION),
    Retired("scene, scenes", "scenario", SIMULATION),
    Retired("plot, plots", "generator", SIMULATION),
    Retired("post, posts", "queue", SIMULATION),
    Retired("careless", "faulty writes", SIMULATION),
    Retired("numbered", "state ids", SIMULATION),
    Retired("twin, twins", "engine double", SIMULATION),
    Retired("courses", "reachable accesses", SIMULATION),
)
"""Gone from code and pages alike."""

ALLOWED = ("told apart", "tell apart", "all told", "in any case")
"""Plain English that never meant the retired thing."""


@dataclass(frozen=True)
class Place:
    """Where a retired word stands."""

    file: str
    line: int
    words: str
    now: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words} (now: {self.now})"


def files() -> list[str]:
    """Return the files that people of the project write, as paths in the repository."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [
        name
        for name in listed.stdout.splitlines()
        if (Path(name).suffix in KINDS or name == "Makefile")
        and not any(fnmatch(name, pattern) for pattern in NOT_READ)
        and (ROOT / name).is_file()
    ]


def places_in(file: str, text: str, retired: tuple[Retired, ...]) -> Iterator[Place]:
    """Return each place of a text where a word stands whole; line 0 is the name of the file."""
    found = [*_words_with_lines(file, 0), *_words_with_lines(_without_cases(file, text), 1)]
    words = [word for word, _ in found]
    allowed = {place for phrase in ALLOWED for place in _span_of(phrase.split(), words)}
    for one in retired:
        if any(fnmatch(file, pattern) for pattern in one.where):
            for form in one.words.split(", "):
                for start in _starts_of(form.split(), words):
                    if start not in allowed:
                        yield Place(file, found[start][1], form, one.now)


def _words_with_lines(text: str, first: int) -> Iterator[tuple[str, int]]:
    for number, line in enumerate(text.split("\n"), first):
        yield from ((word.lower(), number) for word in WORD.findall(line))


def _without_cases(file: str, text: str) -> str:
    """Return the text without the keyword of Python's `match`."""
    return re.sub(r"(?m)^( *)case (?=.*:$)", r"\1", text) if file.endswith(".py") else text


def _starts_of(form: list[str], words: list[str]) -> Iterator[int]:
    return (
        start
        for start, word in enumerate(words)
        if word == form[0] and words[start : start + len(form)] == form
    )


def _span_of(phrase: list[str], words: list[str]) -> Iterator[int]:
    for start in _starts_of(phrase, words):
        yield from range(start, start + len(phrase))


def remaining(retired: tuple[Retired, ...]) -> list[Place]:
    """Return every place of retired words in the files of the project."""
    return [
        place for file in files() for place in places_in(file, (ROOT / file).read_text(), retired)
    ]


def main() -> None:
    """List what is left: by file, with the lines."""
    places = remaining(GONE)
    for file, count in sorted(Counter(place.file for place in places).items()):
        lines = (f"{one.line} {one.words}" for one in places if one.file == file)
        print(f"{file} ({count}): {', '.join(lines)}")


if __name__ == "__main__":
    main()
