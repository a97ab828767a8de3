"""How the template is written: the alarms in a file of their own, every choice once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine import template
from tests.template.conftest import ROOT

TEXT = (ROOT / "template.yaml").read_text()
ALARMS = (ROOT / "alarms.yaml").read_text()


def test_the_alarms_are_out_of_the_way(stack_template: Any) -> None:
    alarms = set(stack_template.of_type("AWS::CloudWatch::Alarm"))
    here = template.as_written(ROOT / "template.yaml")

    assert template.of_type(here, "AWS::CloudWatch::Alarm") == {}
    assert alarms == set(yaml.safe_load(ALARMS)) - {"AlarmTopicPolicy"}


def test_what_is_taken_in_is_plain_yaml() -> None:
    # AWS::Include takes neither short forms nor repetitions, and sam uploads the file as it is.
    tokens = list(yaml.scan(ALARMS))

    kinds = (yaml.TagToken, yaml.AnchorToken, yaml.AliasToken)
    assert not [token.start_mark.line + 1 for token in tokens if isinstance(token, kinds)]


def test_no_name_stands_in_both_files() -> None:
    here = set(template.as_written(ROOT / "template.yaml")["Resources"])

    assert here & set(yaml.safe_load(ALARMS)) == set()


def test_the_log_bucket_is_chosen_once() -> None:
    assert TEXT.count("!If [OwnLogBucket, !Ref LogBucket, !Ref LogBucketName]") == 1
    assert TEXT.count("!If [HasBoundary,") == 1


def test_every_piece_that_has_a_name_is_repeated() -> None:
    tokens = list(yaml.scan(TEXT))
    named = [token.value for token in tokens if isinstance(token, yaml.AnchorToken)]
    repeated = {token.value for token in tokens if isinstance(token, yaml.AliasToken)}

    assert len(named) == len(set(named))
    assert set(named) == repeated


@pytest.mark.timeout(120)
def test_with_the_alarms_in_place_the_rules_hold_that_each_file_alone_cannot_keep(
    stack_template: Any, tmp_path: Path
) -> None:
    whole = json.loads(json.dumps(stack_template.document))
    for one in (whole, whole["Resources"]["InvocationLogging"]):
        one["Metadata"].pop("cfn-lint")
    (tmp_path / "template.json").write_text(json.dumps(whole))
    lint = Path(sys.executable).with_name("cfn-lint")

    run = subprocess.run(
        [lint, tmp_path / "template.json"], capture_output=True, text=True, check=False
    )

    assert (run.returncode, run.stdout) == (0, "")
