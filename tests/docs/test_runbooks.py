"""Runbooks ask the functions' log for messages that the functions write."""

import re
from pathlib import Path

import pytest

from bedrock_meter.observability import Log

PAGES = sorted((Path(__file__).parents[2] / "docs/runbooks").glob("*.md"))
MESSAGE = re.compile(r'message = "([^"]+)"')


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_message_that_a_runbook_asks_for_is_one_that_is_logged(page: Path) -> None:
    assert set(MESSAGE.findall(page.read_text())) <= {str(event) for event in Log}


def test_some_runbooks_ask_for_messages() -> None:
    assert sum(bool(MESSAGE.search(page.read_text())) for page in PAGES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_begins_with_its_own_name(page: Path) -> None:
    title = "Runbooks" if page.stem == "README" else page.stem

    assert page.read_text().startswith(f"# {title}\n")
