"""No message is lost in silence: dead-letter queues, alarms on them, time enough to finish."""

import json
from typing import Any

from bedrock_meter.aws.dynamodb_live import moved_partial
from tests.template.conftest import ROOT


def dead_letter_queues(stack_template: Any) -> set[str]:
    targets = [
        queue["RedrivePolicy"]["deadLetterTargetArn"]
        for queue in stack_template.of_type("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    ]
    return stack_template.ids_in(targets)


def queue_mappings(stack_template: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        next(iter(stack_template.ids_in(event["Properties"]["Queue"]))): (name, event["Properties"])
        for name, function in stack_template.functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    }


def test_every_queue_is_read_by_a_function_or_keeps_what_was_given_up(stack_template: Any) -> None:
    queues = stack_template.of_type("AWS::SQS::Queue")
    read = set(queue_mappings(stack_template))

    assert len(read) == 3
    assert {name for name in queues if not name.endswith("DeadLetters")} == read


def test_every_queue_that_is_read_has_a_dead_letter_queue(stack_template: Any) -> None:
    queues = stack_template.of_type("AWS::SQS::Queue")

    for name in queue_mappings(stack_template):
        policy = queues[name]["RedrivePolicy"]
        assert stack_template.ids_in(policy["deadLetterTargetArn"]) <= dead_letter_queues(
            stack_template
        )
        assert policy["maxReceiveCount"] == 5, name


def test_every_dead_letter_queue_has_an_alarm_that_rings_at_the_first_message(
    stack_template: Any,
) -> None:
    kept = {name for name in stack_template.of_type("AWS::SQS::Queue") if "DeadLetters" in name}
    watched = {
        queue
        for alarm in stack_template.of_type("AWS::CloudWatch::Alarm").values()
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
        for queue in stack_template.ids_in(alarm["Dimensions"])
    }

    assert watched == kept
    assert dead_letter_queues(stack_template) <= kept


def test_messages_are_kept_as_long_as_sqs_can(stack_template: Any) -> None:
    for name, queue in stack_template.of_type("AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name
        longest = (
            86400 if name == "RefreshQueue" else 14 * 86400
        )  # a live hour of yesterday is nothing
        assert queue["MessageRetentionPeriod"] == longest, name


def test_a_queue_hides_a_message_for_six_time_outs_of_its_reader(stack_template: Any) -> None:
    queues, functions = stack_template.of_type("AWS::SQS::Queue"), stack_template.functions()

    for queue, (function, _) in queue_mappings(stack_template).items():
        timeout = functions[function].get("Timeout", stack_template.globals["Timeout"])
        assert queues[queue]["VisibilityTimeout"] == 6 * timeout, queue


def test_a_bad_message_keeps_no_good_one_waiting(stack_template: Any) -> None:
    for _, mapping in queue_mappings(stack_template).values():
        assert mapping["BatchSize"] == 1


def test_a_replay_leaves_fresh_log_objects_their_turn(stack_template: Any) -> None:
    mappings = queue_mappings(stack_template)
    (fresh, fresh_mapping), (replayed, replay_mapping) = (
        mappings["IngestQueue"],
        mappings["ReplayQueue"],
    )

    assert fresh == replayed == "Ingest"
    assert replay_mapping["ScalingConfig"]["MaximumConcurrency"] == 2
    assert fresh_mapping["ScalingConfig"]["MaximumConcurrency"] == {"Ref": "IngestConcurrency"}


def test_a_new_account_has_room_for_intake_closing_and_the_live_lane(stack_template: Any) -> None:
    # Lambda Developer Guide, "Lambda quotas": new accounts run fewer functions at once: ten.
    ingest = stack_template.document["Parameters"]["IngestConcurrency"]["Default"]
    machine = json.loads((ROOT / "statemachines" / "hourly_rollup.asl.json").read_text())
    closing, folding = machine["States"]["Close days"]["MaxConcurrency"], 1  # one shard

    assert ingest + closing + folding <= 10


def test_the_fold_hears_of_partials_that_appear_or_change_and_of_nothing_else(
    stack_template: Any,
) -> None:
    stream = stack_template.functions()["FoldSlot"]["Events"]["Partial"]["Properties"]
    (one,) = stream["FilterCriteria"]["Filters"]
    pattern = json.loads(one["Pattern"])
    (prefix,) = pattern["dynamodb"]["Keys"]["pk"]["S"]

    assert pattern["eventName"] == ["INSERT", "MODIFY"]
    assert moved_partial(prefix["prefix"] + "2026-11-21T05:05#0", "O#x") == (
        "2026-11-21T05:05",
        "x",
    )
    assert moved_partial("B#2026-11-21T05#0", "2026-11-21T05:05") is None


def test_the_fold_gives_up_on_a_record_in_the_end_and_keeps_it_aside(stack_template: Any) -> None:
    stream = stack_template.functions()["FoldSlot"]["Events"]["Partial"]["Properties"]

    assert stream["BisectBatchOnFunctionError"] is True
    assert 0 < stream["MaximumRetryAttempts"] <= 100
    assert 0 < stream["MaximumRecordAgeInSeconds"] < 86400  # the stream forgets after a day
    failed = stream["DestinationConfig"]["OnFailure"]
    assert stack_template.ids_in(failed["Destination"]) == {"FoldDeadLetters"}
    assert stream["MaximumBatchingWindowInSeconds"] == {"Ref": "FoldWindowSeconds"}


def test_schedules_that_cannot_start_something_leave_a_message(stack_template: Any) -> None:
    machines = stack_template.of_type("AWS::Serverless::StateMachine")
    schedules = [
        event["Properties"]
        for owner in [*stack_template.functions().values(), *machines.values()]
        for event in owner.get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
    ]

    assert len(schedules) == 4
    for schedule in schedules:
        assert stack_template.ids_in(schedule["DeadLetterConfig"]) == {"ScheduleDeadLetters"}
        assert schedule["RetryPolicy"]["MaximumRetryAttempts"] > 0
