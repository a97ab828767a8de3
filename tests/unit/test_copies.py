"""No two places of the package say the same in six lines: a copy drifts from its original."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSES = [
    ROOT / "layers/bedrock_meter/python/bedrock_meter",
    ROOT / "layers/bedrock_meter_client/python",
    ROOT / "functions",
]
LINES = 6


def copies_in(paths: list[Path]) -> Iterator[tuple[str, str, str]]:
    """Return the places that share so many lines in a row, and the first of the lines."""
    first: dict[tuple[str, ...], str] = {}
    for path in paths:
        lines = list(lines_of(path))
        for at in range(len(lines) - LINES + 1):
            block = tuple(text for _, text in lines[at : at + LINES])
            place = f"{path.name}:{lines[at][0]}"
            if (other := first.setdefault(block, place)) != place:
                yield other, place, block[0]


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that say something: no imports, no comments, none that is empty."""
    source = path.read_text()
    imports = {
        number
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("#") and number not in imports:
            yield number, text


def test_no_two_places_of_the_package_share_six_lines() -> None:
    paths = sorted(path for house in HOUSES for path in house.rglob("*.py"))

    assert list(copies_in(paths)) == []


def test_a_copy_is_found(tmp_path: Path) -> None:
    text = "import os\n\n" + "".join(f"line_{number} = {number}\n" for number in range(LINES))
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(f"{name[:3]} = 1\n{text}")

    assert list(copies_in(sorted(tmp_path.glob("*.py")))) == [
        ("one.py:4", "two.py:4", "line_0 = 0")
    ]
