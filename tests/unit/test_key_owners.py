"""Each prefix of a key has one owner, the module that spells it; all others import it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "layers/bedrock_meter/python/bedrock_meter"
HOUSES = (HOUSE, ROOT / "layers/bedrock_meter_client/python", ROOT / "functions")

OF_TABLES = {
    "aws/dynamodb_decisions.py": {"DECISIONS#", "PROFILE#"},
    "aws/dynamodb_levels.py": {"HISTORY#"},
    "aws/dynamodb_live.py": {"S#", "B#", "L#", "O#"},
    "aws/dynamodb_usage.py": {"P#", "H#", "D#", "M#", "TOP#"},
    "aws/dynamodb_waiting.py": {"W#", "R#"},
    "domain/records/tenant.py": {"T#"},
}
OF_THE_DATA_BUCKET = {
    "aws/s3_bodies.py": {"partials/"},
    "aws/s3_books.py": {"books/"},
    "aws/s3_closings.py": {"closings/", "corrections/"},
    "aws/s3_evidence.py": {"evidence/"},
    "aws/s3_manifests.py": {"manifests/", "not_metered/"},
    "aws/s3_policies.py": {"policies/"},
    "aws/s3_quarantine.py": {"quarantine/"},
    "aws/s3_rollups.py": {"rollups/"},
}
OF_BEDROCK = {"AWSLogs/", "data/"}
"""Folders of the log bucket; Bedrock chose their names, and they are no prefix of ours."""

_FOLDERS = {folder for folders in OF_THE_DATA_BUCKET.values() for folder in folders}
_PREFIX = re.compile(rf"[A-Z]+#|[A-Za-z_]+/$|(?:{'|'.join(sorted(_FOLDERS))})")


def prefixes_in(source: str) -> Iterator[str]:
    """Return the prefixes that a source spells, f-strings included; docstrings spell none."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and type(node.value) is str
            and id(node) not in docstrings
        ):
            found = _PREFIX.match(node.value)
            if found and found[0] not in OF_BEDROCK:
                yield found[0]


def test_every_prefix_of_a_key_is_spelt_once_and_by_its_owner() -> None:
    spelt = [
        (prefix, str(path.relative_to(house)))
        for house in HOUSES
        for path in house.rglob("*.py")
        for prefix in prefixes_in(path.read_text())
    ]
    owners = OF_TABLES | OF_THE_DATA_BUCKET

    assert sorted(spelt) == sorted((one, path) for path, them in owners.items() for one in them)


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        ('key = "H#"', "H#"),
        ('key = f"P#{hour}"', "P#"),
        ('sk.startswith(("D#", x))', "D#"),
        ('key = f"R#{revision}#{object_id}"', "R#"),
        ('key = f"evidence/{hour}/0/"', "evidence/"),
        ('ROOT = "new_things/"', "new_things/"),
    ],
)
def test_a_prefix_is_found_however_it_is_spelt(source: str, prefix: str) -> None:
    assert list(prefixes_in(source)) == [prefix]


@pytest.mark.parametrize("source", ['"""`H#<hour>` of a tenant."""', 'root = f"{prefix}AWSLogs/"'])
def test_what_is_no_prefix_of_ours_is_left_alone(source: str) -> None:
    assert list(prefixes_in(source)) == []


def test_the_tables_in_the_docstrings_show_the_prefixes_that_there_are() -> None:
    shown = {
        prefix
        for path in (HOUSE / "aws").glob("dynamodb_*.py")
        for prefix in re.findall(
            r"`([A-Z]+#)", ast.get_docstring(ast.parse(path.read_text())) or ""
        )
    }
    known = {prefix for prefixes in OF_TABLES.values() for prefix in prefixes}

    assert known <= shown
