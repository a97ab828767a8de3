"""What CloudFormation gets now and did not get at a commit, and the other way round.

`python -m tests.template.compared COMMIT` prints the differences and ends with 1 if there are any.
For a change of the template that is to change nothing.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.template.conftest import ROOT
from tests.template.translated import translated

FILES = ("template.yaml", "alarms.yaml")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value that is no collection, with its place; `Sid` says where in a list it stands."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}/{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            name = each.get("Sid", number) if isinstance(each, dict) else number
            yield from leaves(each, f"{path}/{name}")
    else:
        yield path, repr(value)


def leaves_at(commit: str) -> set[tuple[str, str]]:
    """Translate the template of a commit; a file that was not there yet is left out."""
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            shown = subprocess.run(
                ["git", "show", f"{commit}:{name}"], cwd=ROOT, capture_output=True, check=False
            )
            if shown.returncode == 0:
                (Path(folder) / name).write_bytes(shown.stdout)
        return set(leaves(translated(Path(folder) / FILES[0]).document))


def main(commit: str) -> int:
    then, now = leaves_at(commit), set(leaves(translated().document))
    for sign, found in (("-", then - now), ("+", now - then)):
        for path, value in sorted(found):
            print(sign, path, value)
    return 1 if then != now else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
