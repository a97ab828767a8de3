"""The project's template on the engine: it deploys, changes, and says why it does not."""

import json

import pytest

from engine import local_build, template
from engine.deploy import DeployFailed, zipped

pytestmark = pytest.mark.engine

BROKEN = {
    "Resources": {
        "Fine": {"Type": "AWS::SQS::Queue"},
        "Odd": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": {"Fn::ImportValue": "nowhere"}},
        },
    }
}


def test_every_resource_of_the_template_is_deployed(stack):
    document = template.read(local_build.ROOT / "template.yaml")
    wanted = {name for name, one in document["Resources"].items() if "Condition" not in one}
    layers = set(template.of_type(document, "AWS::Serverless::LayerVersion"))

    assert wanted - layers <= set(stack.resources)
    assert set(document["Outputs"]) == set(stack.outputs)


def test_a_stack_is_updated_in_place(deploy):
    first = deploy("twice", parameters={"GraceMinutes": "20"})
    second = deploy("twice", parameters={"GraceMinutes": "5"})

    lambdas = second.engine.client("lambda")
    found = lambdas.get_function_configuration(FunctionName=second.resources["PlanHours"])
    assert found["Environment"]["Variables"]["GRACE_MINUTES"] == "5"
    assert second.resources["UsageTable"] == first.resources["UsageTable"]


def test_a_failed_deployment_names_the_resource_and_the_reason(deploy):
    with pytest.raises(DeployFailed, match="Odd: Export 'nowhere' not found"):
        deploy("broken", document=json.loads(json.dumps(BROKEN)))


def test_the_same_files_make_the_same_zip(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "app.py").write_text("x = 1")
        (tmp_path / name / "sub" / "b.py").write_text("y = 2")

    assert zipped(tmp_path / "one") == zipped(tmp_path / "two")
