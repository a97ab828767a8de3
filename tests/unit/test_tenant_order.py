"""Tenants have one order, spelled at one place."""

import re
from itertools import permutations
from pathlib import Path

from bedrock_meter.domain.records.tenant import POOLED, in_order

PACKAGE = Path(__file__).parents[2] / "layers/bedrock_meter/python/bedrock_meter"
SPELLED = re.compile(r'(?:tenant|name)\b[^\n]* or ""[,)\]]|is not None, \w+ or ""')


def test_unattributed_calls_come_first_then_the_pool_then_ids_as_text() -> None:
    right = [None, POOLED, "B", "a", "ä"]

    assert all(in_order(mixed) == right for mixed in permutations(right))


def test_no_other_place_spells_the_order() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text().splitlines()
        if SPELLED.search(line) and ("sort" in line or "key" in line or "return" in line)
    }

    assert found <= {"domain/records/tenant.py"}
