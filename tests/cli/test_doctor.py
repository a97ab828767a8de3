"""doctor: looks, names what is wrong and how to mend it, and changes nothing."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner

from bedrock_meter.cli import checks
from bedrock_meter.cli.checks import Finding, Place, Standing, guarded, place_of
from bedrock_meter.cli.main import app
from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.policy import Policy

REGION = "eu-central-1"
PLACE = Place("call-logs", "p/")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WHOLE = {"s3Config": {"bucketName": "call-logs", "keyPrefix": "p"}, "textDataDeliveryEnabled": True}


def standings(findings: Any) -> dict[str, Standing]:
    return {finding.check: finding.standing for finding in findings}


def fix_of(findings: Any, check: str) -> str:
    (fix,) = [finding.fix for finding in findings if finding.check == check]
    assert fix
    return str(fix)


@pytest.fixture
def stubbed() -> Iterator[Callable[..., Any]]:
    """`stubbed("s3", ("head_bucket", answer or error code), …)`: a client that answers that."""
    stubs = []

    def client(service: str, *answers: tuple[str, Any]) -> Any:
        made = boto3.client(
            service, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        )
        stub = Stubber(made)
        for call, answer in answers:
            if isinstance(answer, str):
                stub.add_client_error(call, service_error_code=answer)
            else:
                stub.add_response(call, answer)
        stub.activate()
        stubs.append(stub)
        return made

    yield client
    for stub in stubs:
        stub.assert_no_pending_responses()


def test_a_place_is_the_same_with_and_without_a_closing_slash() -> None:
    assert place_of("b", "p") == place_of("b", "p/") == Place("b", "p/")
    assert place_of("b", None) == place_of("b", "") == Place("b", "")


def test_logging_to_where_the_stack_reads_is_right() -> None:
    found = list(checks.logging_findings(WHOLE, PLACE, REGION))

    assert standings(found) == {"logging": Standing.OK}


def test_without_logging_metering_is_silent_and_the_mend_is_the_whole_configuration() -> None:
    found = list(checks.logging_findings({}, PLACE, REGION))

    assert standings(found) == {"logging": Standing.SILENT}
    fix = fix_of(found, "logging")
    config = json.loads(fix.split("--logging-config '")[1].removesuffix("'"))
    assert f"--region {REGION}" in fix
    assert config["s3Config"] == {"bucketName": "call-logs", "keyPrefix": "p"}
    assert config["textDataDeliveryEnabled"] is True


def test_logging_to_cloudwatch_alone_is_silent_and_stays_on_when_mended() -> None:
    config = {"cloudWatchConfig": {"logGroupName": "g", "roleArn": "r"}}

    found = list(checks.logging_findings(config, PLACE, REGION))

    assert standings(found) == {"logging": Standing.SILENT}
    assert '"logGroupName": "g"' in fix_of(found, "logging")


def test_logging_to_another_place_is_silent() -> None:
    found = list(checks.logging_findings(WHOLE, Place("others", ""), REGION))

    assert standings(found) == {"logging": Standing.SILENT}
    assert "LogBucketName=call-logs LogPrefix='p/'" in fix_of(found, "logging")


def test_without_bodies_counts_are_complete() -> None:
    found = list(checks.logging_findings(WHOLE | {"textDataDeliveryEnabled": False}, PLACE, REGION))

    assert standings(found) == {"logging": Standing.OK, "bodies": Standing.NOTE}


def test_a_bucket_that_announces_is_right(stubbed: Any) -> None:
    s3 = stubbed("s3", ("get_bucket_notification_configuration", {"EventBridgeConfiguration": {}}))

    assert standings(checks.announcement_findings(s3, PLACE)) == {"announcements": Standing.OK}


def test_a_silent_bucket_only_makes_metering_late_and_keeps_its_other_notifications(
    stubbed: Any,
) -> None:
    others = {"TopicConfigurations": [{"TopicArn": "arn:t", "Events": ["s3:ObjectCreated:*"]}]}
    s3 = stubbed("s3", ("get_bucket_notification_configuration", others))

    found = list(checks.announcement_findings(s3, PLACE))

    assert standings(found) == {"announcements": Standing.LATE}
    fix = fix_of(found, "announcements")
    config = json.loads(fix.split("--notification-configuration '")[1].removesuffix("'"))
    assert config == {**others, "EventBridgeConfiguration": {}}


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        ({"BucketRegion": REGION}, Standing.OK),
        ({"BucketRegion": "us-east-1"}, Standing.SILENT),
        ("404", Standing.SILENT),
    ],
)
def test_the_log_bucket_has_to_be_there_and_in_the_region(
    stubbed: Any, answer: Any, standing: Standing
) -> None:
    s3 = stubbed("s3", ("head_bucket", answer))

    assert standings(checks.bucket_findings(s3, PLACE, REGION)) == {"bucket": standing}


def test_where_we_may_not_look_that_is_the_finding(stubbed: Any) -> None:
    s3 = stubbed("s3", ("head_bucket", "403"))

    (found,) = guarded("bucket", "s3:ListBucket", lambda: checks.bucket_findings(s3, PLACE, REGION))

    assert found.standing is Standing.UNKNOWN
    assert found.fix is not None
    assert "s3:ListBucket" in found.fix


KEY = "arn:aws:kms:eu-central-1:111122223333:key/1"


@pytest.mark.parametrize(
    ("key", "known", "found"),
    [
        (None, "", {}),
        ("alias/aws/s3", "", {}),
        (KEY, KEY, {"key": Standing.OK}),
        (KEY, "", {"key": Standing.SILENT}),
        (KEY, KEY + "2", {"key": Standing.SILENT}),
    ],
)
def test_the_stack_has_to_know_a_key_of_the_customers_own(
    stubbed: Any, key: str | None, known: str, found: dict[str, Standing]
) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {}
    rule = {"ApplyServerSideEncryptionByDefault": default or {"SSEAlgorithm": "AES256"}}
    answer = {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    s3 = stubbed("s3", ("get_bucket_encryption", answer))

    assert standings(checks.key_findings(s3, PLACE, known)) == found


@pytest.mark.parametrize(
    ("data_up_to", "standing"),
    [
        (None, Standing.NOTE),
        (Hour("2026-11-21T11"), Standing.OK),
        (Hour("2026-11-21T09"), Standing.LATE),
    ],
)
def test_closing_is_late_after_three_hours(data_up_to: Hour | None, standing: Standing) -> None:
    assert standings(checks.closing_findings(data_up_to, NOON)) == {"closing": standing}


OPEN = Policy.from_document({})
LISTED = Policy.from_document({"attribution": {"may_state": {"roles": ["saas"]}}})
WITNESSED = Policy.from_document({"attribution": {"sources": ["profile_tags", "principal"]}})


@pytest.mark.parametrize(
    ("mode", "policy", "found"),
    [
        ("enforce", OPEN, {"may_state": Standing.NOTE}),
        ("observe", OPEN, {}),
        ("enforce", LISTED, {"may_state": Standing.OK}),
        ("enforce", WITNESSED, {"may_state": Standing.OK}),
    ],
)
def test_who_can_have_a_tenant_blocked_is_told_until_the_policy_says_so(
    mode: str, policy: Policy, found: dict[str, Standing]
) -> None:
    findings = list(checks.stating_findings(mode, policy))

    assert standings(findings) == found
    if Standing.NOTE in found.values():
        assert "attribution.may_state" in fix_of(findings, "may_state")


@pytest.mark.parametrize(("waiting", "standing"), [("0", Standing.OK), ("3", Standing.LATE)])
def test_what_was_given_up_leads_to_its_runbook(
    stubbed: Any, waiting: str, standing: Standing
) -> None:
    answer = {"Attributes": {"ApproximateNumberOfMessages": waiting}}
    sqs = stubbed("sqs", ("get_queue_attributes", answer))

    (found,) = checks.queue_findings(sqs, {"ingest-dead-letters": "https://q"})

    assert found.standing is standing
    assert (found.fix == "docs/runbooks/ingest-dead-letters.md") == (waiting == "3")


@pytest.mark.parametrize(
    ("decision", "standing"),
    [
        ("allowed", Standing.OK),
        ("implicitDeny", Standing.SILENT),
        ("explicitDeny", Standing.SILENT),
    ],
)
def test_a_role_that_may_not_read_makes_metering_silent(
    stubbed: Any, decision: str, standing: Standing
) -> None:
    result = {"EvalActionName": "s3:GetObject", "EvalDecision": decision}
    iam = stubbed("iam", ("simulate_principal_policy", {"EvaluationResults": [result]}))

    role = "arn:aws:iam::111122223333:role/stack-IngestRole"
    found = checks.reading_findings(iam, role, [("s3:GetObject", "arn:aws:s3:::logs/*")])

    assert standings(found) == {"permission": standing}


def an_account(folder: str = "", **config: Any) -> Any:
    """An account with a log bucket and, if a folder is named, log objects delivered there."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="call-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    if folder:
        root = f"p/AWSLogs/123456789012/BedrockModelInvocationLogs/{REGION}/"
        for key in (
            "2025/12/31/23/20251231T235900000Z_a.json.gz",
            f"{folder}/20261121T050000000Z_b.json.gz",
            f"{folder}/20261121T051600000Z_c.json.gz",
            f"{folder}/data/1_input.json.gz",
            f"{folder}/zzz.pdf",
        ):
            s3.put_object(Bucket="call-logs", Key=root + key, Body=gzip.compress(b"{}"))
    if config:
        bedrock = boto3.client("bedrock", region_name=REGION)
        bedrock.put_model_invocation_logging_configuration(loggingConfig=config)
    return s3


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")


def run(*arguments: str) -> tuple[int, list[Finding]]:
    answer = CliRunner().invoke(app, ["doctor", "--region", REGION, "--json", *arguments])
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    return answer.exit_code, [
        Finding(**line | {"standing": Standing(line["standing"])}) for line in lines
    ]


@mock_aws
def test_the_newest_log_object_is_found_without_walking_the_others(credentials: None) -> None:
    s3 = an_account("2026/11/21/05")
    later = datetime.now(UTC) + timedelta(hours=3)

    (found,) = checks.delivery_findings(s3, PLACE, "123456789012", REGION, later)

    assert found.standing is Standing.OK
    assert "2026/11/21/05/20261121T05" in found.text
    assert found.text.startswith("newest log object: 3 hours ago")


@mock_aws
def test_nothing_delivered_yet_is_no_defect(credentials: None) -> None:
    s3 = an_account()

    (found,) = checks.delivery_findings(s3, PLACE, "123456789012", REGION, NOON)

    assert found.standing is Standing.NOTE


@mock_aws
def test_an_account_without_logging_ends_with_one(credentials: None) -> None:
    code, found = run()

    assert code == 1
    assert standings(found) == {"logging": Standing.SILENT}


@mock_aws
def test_an_account_that_logs_is_ready(credentials: None) -> None:
    an_account("2026/11/21/05", **WHOLE)

    code, found = run()

    assert code == 0
    assert standings(found)["logging"] is Standing.OK
    assert standings(found)["delivery"] is Standing.OK


@mock_aws
def test_every_finding_is_a_line_for_people_too(credentials: None) -> None:
    answer = CliRunner().invoke(app, ["doctor", "--region", REGION])

    assert answer.exit_code == 1
    assert "silent  logging" in answer.stdout
    assert "mend it: aws bedrock put-model-invocation-logging-configuration" in answer.stdout
    assert "Metering would be silent" in answer.stdout


def test_without_a_region_there_is_one_clear_line(credentials: None) -> None:
    answer = CliRunner().invoke(app, ["doctor"])

    assert answer.exit_code == 2
    assert "--region" in answer.stderr
