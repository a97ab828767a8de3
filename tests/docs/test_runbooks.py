"""Runbooks ask the functions' log for what the functions write, and each alarm has its page."""

import re
from pathlib import Path

import pytest

from bedrock_meter.observability import Event
from engine import template

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
ALARMS = template.of_type(template.read(ROOT / "template.yaml"), "AWS::CloudWatch::Alarm")
WITHOUT_ALARM = {"README", "tenant-red"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_message_that_a_runbook_looks_for_is_one_that_is_logged(page: Path) -> None:
    asked = set(re.findall(r'message = "([^"]+)"', page.read_text()))

    assert asked <= {str(event) for event in Event}


def test_some_runbooks_look_for_messages() -> None:
    assert sum('message = "' in page.read_text() for page in PAGES) > 5


def test_each_page_is_named_by_one_alarm_and_begins_with_its_own_name() -> None:
    texts = [str(alarm["Properties"]["AlarmDescription"]) for alarm in ALARMS.values()]
    named = [re.findall(r"See docs/runbooks/([a-z-]+)\.md$", text) for text in texts]
    pages = {page.stem for page in PAGES} - WITHOUT_ALARM

    assert sorted(name for names in named for name in names) == sorted(pages)
    for page in PAGES:
        if page.stem not in {"README"}:
            assert page.read_text().startswith(f"# {page.stem}\n"), page.name
