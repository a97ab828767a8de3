"""Every alarm says what is broken, tells somebody, and leads to a page that says what to do."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from bedrock_meter.compose.settings import MetricSettings, variables_of
from bedrock_meter.observability import (
    ALARMED_REASONS,
    READ_BY_ALARMS,
    USUAL,
    Metric,
)
from tests.template.conftest import ROOT

RUNBOOKS = ROOT / "docs" / "runbooks"
HEADINGS = ["Symptom", "Means for tenants", "Likely causes", "Look", "Do", "Done when"]
BY_PEOPLE = {"README", "tenant-red"}


def alarms(stack_template: Any) -> dict[str, dict[str, Any]]:
    return stack_template.of_type("AWS::CloudWatch::Alarm")


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics that an alarm watches, by themselves or in an expression."""
    if "Metrics" not in alarm:
        return [alarm]
    return [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]


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


def test_every_page_is_linked_from_the_list_of_pages() -> None:
    listed = re.findall(r"\[([a-z-]+)\]\(\1\.md\)", (RUNBOOKS / "README.md").read_text())

    assert sorted(listed) == sorted({file.stem for file in RUNBOOKS.glob("*.md")} - BY_PEOPLE)


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
        for metric in metrics_of(alarm):
            if metric["Namespace"] == "BedrockMeter":
                assert metric["MetricName"] in set(Metric), name
                service = {"Name": "service", "Value": {"Ref": "AWS::StackName"}}
                assert metric["Dimensions"] == [service]


def test_the_functions_emit_by_default_what_the_alarms_watch(stack_template: Any) -> None:
    watched = {
        metric["MetricName"]
        for alarm in alarms(stack_template).values()
        for metric in metrics_of(alarm)
        if metric["Namespace"] == "BedrockMeter"
    }

    assert watched == READ_BY_ALARMS


def test_whether_other_metrics_are_written_is_a_parameter(stack_template: Any) -> None:
    parameter = stack_template.document["Parameters"]["Metrics"]

    assert (parameter["Default"], parameter["AllowedValues"]) == ("alarms", ["alarms", "full"])
    assert parameter["Default"] == MetricSettings.metrics
    (variable,) = variables_of(MetricSettings)
    assert stack_template.globals["Environment"]["Variables"][variable] == {"Ref": "Metrics"}
    for name in stack_template.functions():
        assert variable not in stack_template.environment(name), name


def test_the_functions_emit_their_metrics_where_the_alarms_look(stack_template: Any) -> None:
    variables = stack_template.globals["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "BedrockMeter"
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}


def test_reasons_that_no_broken_record_explains_have_alarms(stack_template: Any) -> None:
    watched = {
        metric["MetricName"]
        for alarm in alarms(stack_template).values()
        for metric in metrics_of(alarm)
    }

    assert set(ALARMED_REASONS.values()) <= watched


def test_a_run_that_fails_times_out_or_is_aborted_is_one_that_failed(stack_template: Any) -> None:
    failed = alarms(stack_template)["RollupFailedAlarm"]

    assert failed["Metrics"][0]["Expression"] == "SUM([failed, timed_out, aborted])"
    assert {metric["MetricName"] for metric in metrics_of(failed)} == {
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
    }


class Silence(NamedTuple):
    """An alarm about runs that stop: its expression, and the minutes of a period they come at."""

    expression: str
    minutes: Sequence[int]


SILENT = {
    "RollupSilentAlarm": Silence("SUM([succeeded, 0 * polled])", (5, 20, 45)),
    "CompletenessSilentAlarm": Silence("SUM([begun - failed, 0 * polled])", (50,)),
    "AuditSilentAlarm": Silence("SUM([audited, 0 * polled])", (4 * 60 + 35,)),
}
QUEUE_HAS_NUMBERS = 15  # minutes after it was made (SQS Developer Guide, "Available metrics")


def period_of(alarm: dict[str, Any]) -> int:
    """Return the period of an alarm of `SILENT`, in minutes; its metrics have the same."""
    (seconds,) = {one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one}
    return int(seconds) // 60


def rings(alarm: dict[str, Any], made: int, runs: Sequence[int], now: int, aligned: bool) -> bool:
    """Evaluate an alarm of `SILENT` as CloudWatch does, at a minute; windows slide, or are aligned.

    In a period without runs the polled queue gives zero; before the stack was there nothing gives
    anything: that is missing, and missing is within the threshold.
    """
    period = period_of(alarm)
    end = now - now % period if aligned else now
    spans = [
        (end - period * k - period, end - period * k) for k in range(alarm["EvaluationPeriods"])
    ]
    counts = [sum(first < run <= last for run in runs) for first, last in spans]
    alive = [last > made + QUEUE_HAS_NUMBERS for _, last in spans]
    return all(
        count < alarm["Threshold"] and (count or there)
        for count, there in zip(counts, alive, strict=True)
    )


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("aligned", [True, False])
def test_a_stack_that_is_new_is_not_taken_for_one_that_is_silent(
    stack_template: Any, name: str, aligned: bool
) -> None:
    alarm, silence = alarms(stack_template)[name], SILENT[name]
    period = period_of(alarm)
    step = period // 60  # sixty moments of a period

    assert alarm["Metrics"][0]["Expression"] == silence.expression
    for minute in silence.minutes:
        for made in range(10 * period, 11 * period, step):
            runs = [at for at in range(made + 1, made + 9 * period) if at % period == minute]
            moments = range(made, made + 8 * period, step)
            assert not [now for now in moments if rings(alarm, made, runs, now, aligned)]


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("runs", [0, 3])
def test_silence_is_noticed_even_when_nothing_ever_ran(
    stack_template: Any, name: str, aligned: bool, runs: int
) -> None:
    alarm = alarms(stack_template)[name]
    period = period_of(alarm)
    made = 10 * period + 20
    ran = [made + 20 + period * k for k in range(runs)]
    last = max(ran, default=made)
    after = range(last, last + 9 * period)
    noticed = next(now for now in after if rings(alarm, made, ran, now, aligned))

    assert noticed - last <= period * (alarm["EvaluationPeriods"] + 1)


def test_a_check_of_completeness_that_failed_is_one_that_nobody_made(stack_template: Any) -> None:
    watched = metrics_of(alarms(stack_template)["CompletenessSilentAlarm"])[:2]

    assert [(one["Namespace"], one["MetricName"]) for one in watched] == [
        ("AWS/Lambda", "Invocations"),
        ("AWS/Lambda", "Errors"),
    ]
    for one in watched:
        assert one["Dimensions"] == [
            {"Name": "FunctionName", "Value": {"Ref": "CheckCompleteness"}}
        ]


def test_an_alarm_never_takes_what_is_missing_for_bad(stack_template: Any) -> None:
    # On a new stack everything is missing.
    for name, alarm in alarms(stack_template).items():
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_closed_totals_are_behind_when_a_second_run_is_missed_however_long_the_grace(
    stack_template: Any,
) -> None:
    threshold = alarms(stack_template)["DataBehindAlarm"]["Threshold"]
    parameter = stack_template.document["Parameters"]["GraceMinutes"]
    for grace in parameter["AllowedValues"]:
        # A plan finds everything closed up to the hour before the last one.
        on_time = 60 + grace
        assert on_time + 60 <= threshold < on_time + 120, grace
        assert on_time <= USUAL[Metric.DATA_UP_TO_AGE_MINUTES]


def test_a_value_is_written_long_before_its_alarm_rings(stack_template: Any) -> None:
    thresholds = {
        alarm["MetricName"]: alarm["Threshold"]
        for alarm in alarms(stack_template).values()
        if alarm.get("MetricName") in USUAL
    }

    assert set(thresholds) == set(USUAL)
    for metric, usual in USUAL.items():
        assert usual < thresholds[metric] * 2 // 3, metric


def test_audits_that_stop_are_noticed_by_their_silence(stack_template: Any) -> None:
    silent = alarms(stack_template)["AuditSilentAlarm"]
    audited = silent["Metrics"][1]["MetricStat"]

    assert (audited["Metric"]["MetricName"], audited["Stat"]) == (Metric.HOURS_AUDITED, "Sum")
    assert audited["Period"] * silent["EvaluationPeriods"] == 2 * 86_400


def test_no_alarm_waits_for_a_metric_that_nobody_emits() -> None:
    handlers = "".join(file.read_text() for file in (ROOT / "functions").glob("*/app.py"))
    emitted = {metric for metric in Metric if f"Metric.{metric.name}," in handlers}

    together = {Metric.RECORDS_QUARANTINED, Metric.NOTICES_UNSENT}  # observability counts them
    assert set(Metric) == emitted | set(ALARMED_REASONS.values()) | together
