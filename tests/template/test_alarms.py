"""Every alarm says what is broken, tells somebody, and leads to a page that says what to do."""

import re
from typing import Any

from bedrock_meter.observability import ALARMED_REASONS, Metric
from tests.template.conftest import ROOT

RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["Symptom", "Means for tenants", "Likely causes", "Look", "Do", "Done when"]
BY_PEOPLE = {"README", "tenant-red"}


def alarms(stack_template: Any) -> dict[str, dict[str, Any]]:
    return stack_template.of_type("AWS::CloudWatch::Alarm")


def page_of(alarm: dict[str, Any]) -> str:
    found = re.search(r"See docs/runbooks/([a-z-]+)\.md$", alarm["AlarmDescription"])
    assert found, alarm["AlarmDescription"]
    return found[1]


def test_an_alarm_has_the_name_of_its_page(stack_template: Any) -> None:
    for alarm in alarms(stack_template).values():
        assert alarm["AlarmName"] == {"Fn::Sub": f"${{AWS::StackName}}-{page_of(alarm)}"}


def test_every_alarm_has_a_page_and_every_page_an_alarm(stack_template: Any) -> None:
    pages = {file.stem for file in RUNBOOKS.glob("*.md")} - BY_PEOPLE

    assert pages == {page_of(alarm) for alarm in alarms(stack_template).values()}


def test_every_page_goes_from_symptom_to_done() -> None:
    for page in RUNBOOKS.glob("*.md"):
        if page.stem in BY_PEOPLE:
            continue
        headings = re.findall(r"^## (.+)$", page.read_text(), re.M)
        assert headings == HEADINGS, page.name
        assert page.read_text().startswith(f"# {page.stem}\n"), page.name


def test_every_alarm_tells_the_operator(stack_template: Any) -> None:
    for name, alarm in alarms(stack_template).items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name


def test_alarms_watch_metrics_that_somebody_emits(stack_template: Any) -> None:
    for name, alarm in alarms(stack_template).items():
        if alarm["Namespace"] == "BedrockMeter":
            assert alarm["MetricName"] in set(Metric), name
            assert alarm["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]


def test_the_functions_emit_their_metrics_where_the_alarms_look(stack_template: Any) -> None:
    variables = stack_template.globals["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "BedrockMeter"
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}


def test_reasons_that_no_broken_record_explains_have_alarms(stack_template: Any) -> None:
    watched = {alarm["MetricName"] for alarm in alarms(stack_template).values()}

    assert set(ALARMED_REASONS.values()) <= watched


def test_a_machine_that_stops_running_is_noticed_by_its_silence(stack_template: Any) -> None:
    silent = alarms(stack_template)["RollupSilentAlarm"]

    assert silent["MetricName"] == "ExecutionsSucceeded"
    assert silent["TreatMissingData"] == "breaching"
    assert silent["Period"] * silent["EvaluationPeriods"] == 2 * 3600


def test_audits_that_stop_are_noticed_by_their_silence(stack_template: Any) -> None:
    silent = alarms(stack_template)["AuditSilentAlarm"]

    assert (silent["MetricName"], silent["Statistic"]) == (Metric.HOURS_AUDITED, "Sum")
    assert silent["TreatMissingData"] == "breaching"
    assert silent["Period"] * silent["EvaluationPeriods"] == 2 * 86_400


def test_no_alarm_waits_for_a_metric_that_nobody_emits() -> None:
    handlers = "".join(file.read_text() for file in (ROOT / "functions").glob("*/app.py"))
    emitted = {metric for metric in Metric if f"Metric.{metric.name}," in handlers}

    assert set(Metric) == emitted | set(ALARMED_REASONS.values()) | {Metric.RECORDS_QUARANTINED}
