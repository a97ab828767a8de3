"""What CloudFormation gets, after SAM has written the template out."""

from typing import Any

from tests.template.translated import names_given

BOUNDARY = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]}


def test_schedules_are_named_by_cloudformation(translated_template: Any) -> None:
    schedules = translated_template.of_type("AWS::Scheduler::Schedule")

    assert len(schedules) >= 3
    assert not [name for name, schedule in schedules.items() if "Name" in schedule]


def test_the_hourly_run_starts_when_the_grace_is_over(translated_template: Any) -> None:
    schedule = translated_template.of_type("AWS::Scheduler::Schedule")["HourlyRollupHourly"]
    grace = translated_template.document["Parameters"]["GraceMinutes"]

    assert schedule["ScheduleExpression"] == {"Fn::Sub": "cron(${GraceMinutes} * * * ? *)"}
    assert all(0 < minutes < 60 for minutes in grace["AllowedValues"])
    assert grace["Default"] in grace["AllowedValues"]


def test_a_second_stack_beside_the_first_finds_no_name_taken(translated_template: Any) -> None:
    for name, resource in translated_template.resources.items():
        for key in names_given(resource["Type"]):
            given = resource["Properties"].get(key)
            if given is not None and not translated_template.ids_in(given):
                assert "${AWS::StackName}" in str(given), (name, key)


def test_every_role_that_is_made_takes_the_boundary(translated_template: Any) -> None:
    roles = translated_template.of_type("AWS::IAM::Role")

    assert len(roles) >= 13
    for name, role in roles.items():
        assert role.get("PermissionsBoundary") == BOUNDARY, name


def test_logging_is_switched_on_when_nothing_is_left_that_could_fail(
    translated_template: Any,
) -> None:
    # Layers come first by themselves: they wait for nothing, and functions wait for them.
    layers = set(translated_template.of_type("AWS::Lambda::LayerVersion"))
    others = set(translated_template.resources) - {"InvocationLogging"} - layers

    assert others - translated_template.before("InvocationLogging") == set()
