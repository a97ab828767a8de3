"""Documents are kept true: links lead somewhere, tables are complete, commands run."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
OFFLINE = ("rate", "quote", "tenants discover", "prices check")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_to_a_file(document: Path) -> None:
    broken = [
        target
        for target in LINK.findall(document.read_text())
        if not (document.parent / target).exists()
    ]

    assert not broken


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_of_the_project_that_is_named_exists(document: Path) -> None:
    named = re.findall(
        r"`((?:tests|docs|jobs|domain|aws|engine|functions)/[\w./*-]+)`", document.read_text()
    )
    roots = (ROOT, ROOT / "layers/bedrock_meter/python/bedrock_meter")
    missing = [
        path for path in named if not any(list(root.glob(path.rstrip("/"))) for root in roots)
    ]

    assert not missing


def test_every_status_of_a_charge_is_in_the_glossary() -> None:
    from bedrock_meter.domain.pricing import charge

    statuses = {
        charge.PRICED,
        charge.PARTIAL_UNPRICED,
        charge.UNPRICED,
        charge.UNRESOLVED_MODEL,
        charge.COVERED_BY_COMMITMENT,
        charge.FAILED_CALL,
        charge.REJECTED,
    }
    table = (ROOT / "docs/glossary.md").read_text().split("## Statuses")[1].split("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.M)) == statuses


def test_every_assumption_that_a_record_leads_to_is_in_the_glossary() -> None:
    from bedrock_meter.domain.pricing import input_count
    from bedrock_meter.logs import counts, evidence, grounding, media, tiers

    words = {
        tiers.TIER_STANDARD,
        counts.OPENAI_INCLUSIVE,
        counts.CACHE_SPLIT_DISAGREES,
        counts.CACHE_TTL_AS_REQUESTED,
        evidence.ROUTED_MODEL,
        grounding.GROUNDING_NOT_LOGGED,
        media.MEDIA_NOT_LOGGED,
        media.IMAGE_MOVED_OUT,
        media.IMAGES_AS_REQUESTED,
        media.IMAGE_SIZE_DEFAULT,
        media.VIDEO_AS_REQUESTED,
        input_count.GROSS_INPUT,
        input_count.GROSS_INPUT_POSSIBLE,
    }
    section = (ROOT / "docs/glossary.md").read_text().split("## Assumptions on a charge")[1]

    assert words <= set(re.findall(r"`(\w+)`", section))


def readme_commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    lines = [line.split("   #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_the_readme_gives_the_two_commands() -> None:
    assert {"make demo", "make test"} <= set(readme_commands())


@pytest.mark.parametrize(
    "command",
    [one for one in readme_commands() if any(f"bedrock-meter {word}" in one for word in OFFLINE)],
)
def test_an_offline_command_of_the_readme_runs(command: str) -> None:
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("command", [one for one in readme_commands() if one.startswith("make ")])
def test_a_make_target_of_the_readme_exists(command: str) -> None:
    target = command.split()[1]

    done = subprocess.run(
        ["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "command",
    [one for one in readme_commands() if one.startswith("bedrock-meter ")],
)
def test_a_command_of_the_readme_that_needs_a_stack_exists(command: str) -> None:
    words = []
    for word in command.split()[1:]:
        if word.startswith("-") or "." in word:
            break
        words.append(word)

    shown = CliRunner().invoke(app, [*words, "--help"])

    assert shown.exit_code == 0, shown.output
    assert "--stack-name" in shown.output


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
