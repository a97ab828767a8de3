"""The house on the architecture page is the one that the doors and wings tests check."""

import re
from pathlib import Path

from tests.unit.test_doors import MAY_IMPORT
from tests.unit.test_wings import DOMAIN, WINGS

ROOT = Path(__file__).parents[2]
HOUSE = (ROOT / "docs/architecture.md").read_text().split("## The house")[1]


def wings_imported_by(wing: str) -> set[str]:
    """Return the other wings that modules of a wing import."""
    texts = (path.read_text() for path in (DOMAIN / wing).glob("*.py"))
    found = {name for text in texts for name in re.findall(r"bedrock_meter\.domain\.(\w+)", text)}
    return found & set(WINGS) - {wing}


def test_the_wings_stand_in_the_order_that_is_checked() -> None:
    assert f"\n{' → '.join(WINGS)}\n" in HOUSE


def test_each_wing_is_described_with_the_wings_that_it_imports() -> None:
    table = HOUSE.split("| wing |")[1]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|([^|]*)\|$", table, re.M)

    assert [wing for wing, _ in rows] == list(WINGS)
    for wing, imported in rows:
        assert set(imported.replace(",", " ").split()) == wings_imported_by(wing), wing


def test_each_room_is_listed_with_what_it_may_import() -> None:
    table = HOUSE.split("| wing |")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|([^|]*)\|$", table, re.M)

    assert {room for room, _ in rows} == set(MAY_IMPORT) - {"__init__", "version"}
    for room, imported in rows:
        assert set(imported.replace(",", " ").split()) == MAY_IMPORT[room] - {room}, room
