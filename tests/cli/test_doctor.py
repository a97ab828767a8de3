"""doctor: looks, names what is wrong and how to fix it, and changes nothing."""

import gzip
import json
import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner

from bedrock_meter.cli import checks, log_bucket
from bedrock_meter.cli.checks import Destination, Finding, Severity, guarded, place_of
from bedrock_meter.cli.deploying import deploy_command
from bedrock_meter.cli.log_bucket import Home
from bedrock_meter.cli.main import app
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.time.hours import Hour

REGION = "eu-central-1"
PLACE = Destination("call-logs", "p/")
HOME = Home("aws", "111122223333", REGION)
BEDROCK = boto3.client(
    "bedrock", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WHOLE = {"s3Config": {"bucketName": "call-logs", "keyPrefix": "p"}, "textDataDeliveryEnabled": True}


def severities(findings: Any) -> dict[str, Severity]:
    return {finding.check: finding.severity for finding in findings}


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
    assert place_of("b", "p") == place_of("b", "p/") == Destination("b", "p/")
    assert place_of("b", None) == place_of("b", "") == Destination("b", "")


def test_logging_to_where_the_stack_reads_is_right() -> None:
    found = list(checks.logging_findings(WHOLE, PLACE, BEDROCK))

    assert severities(found) == {"logging": Severity.OK}


def test_without_logging_metering_is_silent_and_the_fix_is_the_whole_configuration() -> None:
    found = list(checks.logging_findings({}, PLACE, BEDROCK))

    assert severities(found) == {"logging": Severity.SILENT}
    fix = fix_of(found, "logging")
    config = json.loads(fix.split("--logging-config '")[1].removesuffix("'"))
    assert f"--region {REGION}" in fix
    assert config["s3Config"] == {"bucketName": "call-logs", "keyPrefix": "p"}
    assert config["textDataDeliveryEnabled"] is True


def test_logging_to_cloudwatch_alone_is_silent_and_stays_on_when_fixed() -> None:
    config = {"cloudWatchConfig": {"logGroupName": "g", "roleArn": "r"}}

    found = list(checks.logging_findings(config, PLACE, BEDROCK))

    assert severities(found) == {"logging": Severity.SILENT}
    assert '"logGroupName": "g"' in fix_of(found, "logging")


def test_logging_to_another_place_is_silent() -> None:
    found = list(
        checks.logging_findings(WHOLE, Destination("others", ""), BEDROCK, "bedrock-meter")
    )

    assert severities(found) == {"logging": Severity.SILENT}
    assert fix_of(found, "logging") == (
        f"make deploy STAGE=prod REGION={REGION} ARGS='LogBucketName=call-logs LogPrefix=p/'"
    )


def test_without_bodies_counts_are_complete() -> None:
    without = WHOLE | {"textDataDeliveryEnabled": False}

    found = list(checks.logging_findings(without, PLACE, BEDROCK))

    assert severities(found) == {"logging": Severity.OK, "bodies": Severity.NOTE}
    config = json.loads(fix_of(found, "bodies").split("--logging-config '")[1].removesuffix("'"))
    assert config["textDataDeliveryEnabled"] is True


def test_a_bucket_that_announces_is_right(stubbed: Any) -> None:
    s3 = stubbed("s3", ("get_bucket_notification_configuration", {"EventBridgeConfiguration": {}}))

    assert severities(log_bucket.announcement_findings(s3, PLACE)) == {"announcements": Severity.OK}


def test_a_silent_bucket_only_makes_metering_late_and_keeps_its_other_notifications(
    stubbed: Any,
) -> None:
    others = {"TopicConfigurations": [{"TopicArn": "arn:t", "Events": ["s3:ObjectCreated:*"]}]}
    s3 = stubbed("s3", ("get_bucket_notification_configuration", others))

    found = list(log_bucket.announcement_findings(s3, PLACE))

    assert severities(found) == {"announcements": Severity.LATE}
    fix = fix_of(found, "announcements")
    config = json.loads(fix.split("--notification-configuration '")[1].removesuffix("'"))
    assert config == {**others, "EventBridgeConfiguration": {}}


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        ({"BucketRegion": REGION}, Severity.OK),
        ({"BucketRegion": "us-east-1"}, Severity.SILENT),
        ("404", Severity.SILENT),
    ],
)
def test_the_log_bucket_has_to_be_there_and_in_the_region(
    stubbed: Any, answer: Any, severity: Severity
) -> None:
    s3 = stubbed("s3", ("head_bucket", answer))

    assert severities(log_bucket.bucket_findings(s3, PLACE, REGION)) == {"bucket": severity}


def test_where_we_may_not_look_that_is_the_finding(stubbed: Any) -> None:
    s3 = stubbed("s3", ("head_bucket", "403"))

    (found,) = guarded(
        "bucket", "s3:ListBucket", lambda: log_bucket.bucket_findings(s3, PLACE, REGION)
    )

    assert found.severity is Severity.UNKNOWN
    assert found.fix is not None
    assert "s3:ListBucket" in found.fix


KEY = "arn:aws:kms:eu-central-1:111122223333:key/1"


def described(key: str) -> dict[str, Any]:
    return {"KeyMetadata": {"KeyId": key.rpartition("/")[2], "Arn": KEY}}


@pytest.mark.parametrize(
    ("named", "found"), [(None, []), ("alias/aws/s3", []), ("1", [KEY]), ("alias/logs", [KEY])]
)
def test_a_key_of_the_customers_own_is_found_however_it_is_named(
    stubbed: Any, named: str | None, found: list[str]
) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": named} if named else {}
    rule = {"ApplyServerSideEncryptionByDefault": default or {"SSEAlgorithm": "AES256"}}
    answer = {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    s3 = stubbed("s3", ("get_bucket_encryption", answer))
    kms = stubbed("kms", *([("describe_key", described(named))] if found and named else []))

    assert log_bucket.keys_of(s3, kms, PLACE) == found


@pytest.mark.parametrize(
    ("known", "severity"), [(KEY, Severity.OK), ("", Severity.SILENT), (KEY + "2", Severity.SILENT)]
)
def test_the_stack_has_to_know_a_key_of_the_customers_own(known: str, severity: Severity) -> None:
    deploy = partial(deploy_command, "bedrock-meter", REGION)

    found = list(log_bucket.known_key_findings([KEY], known, deploy))

    assert severities(found) == {"key": severity}
    if severity is Severity.SILENT:
        assert fix_of(found, "key").endswith(f" ARGS=LogBucketKmsKeyArn={KEY}")


def a_statement(action: str, resource: str, principal: Any, effect: str = "Allow") -> Any:
    given = {"Effect": effect, "Action": action, "Resource": resource, "Principal": principal}
    return {"Sid": "Theirs", **given}


SERVICE = {"Service": "bedrock.amazonaws.com"}
OURS = "arn:aws:s3:::call-logs/p/AWSLogs/111122223333/BedrockModelInvocationLogs/*"
WRITES = a_statement("s3:PutObject", OURS, SERVICE)


def when(account: str, region: str, statement: Any = WRITES) -> Any:
    """A statement for what Bedrock of one account and Region writes, as its user guide has it."""
    source = f"arn:aws:bedrock:{region}:{account}:*"
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": source},
    }
    return statement | {"Condition": condition}


@pytest.mark.parametrize(
    ("statement", "severity"),
    [
        (WRITES, Severity.OK),
        (when("111122223333", REGION), Severity.OK),
        (when("111122223333", "*"), Severity.OK),
        (when("123456789012", REGION), Severity.SILENT),  # copied from the user guide as it is
        (when("111122223333", "us-east-1"), Severity.SILENT),
        (a_statement("s3:*", "arn:aws:s3:::call-logs/*", SERVICE), Severity.OK),
        (a_statement("s3:PutObject", OURS.replace("/p/", "/q/"), SERVICE), Severity.SILENT),
        (a_statement("s3:GetObject", OURS, SERVICE), Severity.SILENT),
        (a_statement("s3:PutObject", OURS, {"AWS": "111122223333"}), Severity.SILENT),
        (a_statement("s3:PutObject", OURS, SERVICE, "Deny"), Severity.SILENT),
    ],
)
def test_the_buckets_policy_has_to_let_bedrock_write(
    stubbed: Any, statement: Any, severity: Severity
) -> None:
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3 = stubbed("s3", ("get_bucket_policy", {"Policy": json.dumps(policy)}))

    found = list(log_bucket.policy_findings(s3, PLACE, HOME))

    assert severities(found) == {"bucket policy": severity}
    if severity is Severity.SILENT:
        *_, document = shlex.split(fix_of(found, "bucket policy"))
        theirs, ours = json.loads(document)["Statement"]
        assert theirs == statement
        assert (ours["Principal"], ours["Action"], ours["Resource"]) == (
            SERVICE,
            "s3:PutObject",
            OURS,
        )
        assert ours["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "111122223333"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:bedrock:{REGION}:111122223333:*"},
        }


def test_a_bucket_without_a_policy_is_given_its_first(stubbed: Any) -> None:
    s3 = stubbed("s3", ("get_bucket_policy", "NoSuchBucketPolicy"))

    found = list(log_bucket.policy_findings(s3, PLACE, HOME))

    *_, document = shlex.split(fix_of(found, "bucket policy"))
    assert len(json.loads(document)["Statement"]) == 1


ROOT_DECIDES = a_statement("kms:*", "*", {"AWS": "arn:aws:iam::111122223333:root"})
ENCRYPTS = a_statement("kms:GenerateDataKey", "*", SERVICE)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([ROOT_DECIDES, ENCRYPTS], [Severity.OK]),
        ([ROOT_DECIDES, when("111122223333", REGION, ENCRYPTS)], [Severity.OK]),
        ([ROOT_DECIDES], [Severity.SILENT]),
        ([ENCRYPTS], [Severity.OK, Severity.NOTE]),
    ],
)
def test_the_keys_policy_has_to_let_bedrock_encrypt_and_the_stack_decrypt(
    stubbed: Any, statements: list[Any], found: list[Severity]
) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    kms = stubbed("kms", ("get_key_policy", {"Policy": policy}))

    findings = list(log_bucket.key_policy_findings(kms, KEY, HOME))

    assert [finding.severity for finding in findings] == found
    if Severity.SILENT in found:
        *_, document = shlex.split(str(findings[0].fix))
        theirs, ours = json.loads(document)["Statement"]
        assert theirs == ROOT_DECIDES
        assert (ours["Principal"], ours["Action"]) == (SERVICE, "kms:GenerateDataKey")


@pytest.mark.parametrize(
    ("free", "severity"),
    [(1000, Severity.OK), (18, Severity.OK), (10, Severity.NOTE), (9, Severity.LATE)],
)
def test_the_account_has_to_run_enough_functions_at_once(
    stubbed: Any, free: int, severity: Severity
) -> None:
    limit = {"ConcurrentExecutions": free, "UnreservedConcurrentExecutions": free}
    functions = stubbed("lambda", ("get_account_settings", {"AccountLimit": limit}))

    found = list(checks.concurrency_findings(functions, 5, REGION))

    assert severities(found) == {"concurrency": severity}
    assert f"this account runs {free} functions at once, the stack up to 18" in found[0].text
    if severity is not Severity.OK:
        assert "--quota-code L-B99A9384" in fix_of(found, "concurrency")


@pytest.mark.parametrize(
    ("data_up_to", "severity"),
    [
        (None, Severity.NOTE),
        (Hour("2026-11-21T11"), Severity.OK),
        (Hour("2026-11-21T09"), Severity.LATE),
    ],
)
def test_closing_is_late_after_three_hours(data_up_to: Hour | None, severity: Severity) -> None:
    assert severities(checks.closing_findings(data_up_to, NOON, "20")) == {"closing": severity}


def test_when_closing_starts_is_told_by_the_grace() -> None:
    (found,) = checks.closing_findings(None, NOON, "45")

    assert "45 minutes past every hour" in found.text


OPEN = Policy.from_document({})
LISTED = Policy.from_document({"attribution": {"may_state": {"roles": ["saas"]}}})
WITNESSED = Policy.from_document({"attribution": {"sources": ["profile_tags", "principal"]}})


@pytest.mark.parametrize(
    ("mode", "policy", "found"),
    [
        ("enforce", OPEN, {"may_state": Severity.NOTE}),
        ("observe", OPEN, {}),
        ("enforce", LISTED, {"may_state": Severity.OK}),
        ("enforce", WITNESSED, {"may_state": Severity.OK}),
    ],
)
def test_who_can_have_a_tenant_blocked_is_told_until_the_policy_says_so(
    mode: str, policy: Policy, found: dict[str, Severity]
) -> None:
    findings = list(checks.stating_findings(mode, policy))

    assert severities(findings) == found
    if Severity.NOTE in found.values():
        assert "attribution.may_state" in fix_of(findings, "may_state")


@pytest.mark.parametrize(("waiting", "severity"), [("0", Severity.OK), ("3", Severity.LATE)])
def test_what_was_given_up_leads_to_its_runbook(
    stubbed: Any, waiting: str, severity: Severity
) -> None:
    answer = {"Attributes": {"ApproximateNumberOfMessages": waiting}}
    sqs = stubbed("sqs", ("get_queue_attributes", answer))

    (found,) = checks.queue_findings(sqs, {"ingest-dead-letters": "https://q"})

    assert found.severity is severity
    assert (found.fix == "docs/runbooks/ingest-dead-letters.md") == (waiting == "3")


@pytest.mark.parametrize(
    ("decision", "severity"),
    [
        ("allowed", Severity.OK),
        ("implicitDeny", Severity.SILENT),
        ("explicitDeny", Severity.SILENT),
    ],
)
def test_a_role_that_may_not_read_makes_metering_silent(
    stubbed: Any, decision: str, severity: Severity
) -> None:
    result = {"EvalActionName": "s3:GetObject", "EvalDecision": decision}
    iam = stubbed("iam", ("simulate_principal_policy", {"EvaluationResults": [result]}))

    role = "arn:aws:iam::111122223333:role/stack-IngestRole"
    found = checks.reading_findings(iam, role, [("s3:GetObject", "arn:aws:s3:::logs/*")])

    assert severities(found) == {"permission": severity}


def an_account(folder: str = "", **config: Any) -> Any:
    """An account with a log bucket and, if a folder is named, log objects delivered there."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="call-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    statement = a_statement("s3:PutObject", "arn:aws:s3:::call-logs/*", SERVICE)
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket="call-logs", Policy=json.dumps(policy))
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
    enough = Finding("concurrency", Severity.OK, "moto knows no account settings")
    monkeypatch.setattr(checks, "concurrency_findings", lambda *_: [enough])


def run(*arguments: str) -> tuple[int, list[Finding]]:
    answer = CliRunner().invoke(app, ["doctor", "--region", REGION, "--json", *arguments])
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    return answer.exit_code, [
        Finding(**line | {"severity": Severity(line["severity"])}) for line in lines
    ]


@mock_aws
def test_the_newest_log_object_is_found_without_walking_the_others(credentials: None) -> None:
    s3 = an_account("2026/11/21/05")
    later = datetime.now(UTC) + timedelta(hours=3)

    (found,) = checks.delivery_findings(s3, PLACE, "123456789012", REGION, later)

    assert found.severity is Severity.OK
    assert "2026/11/21/05/20261121T05" in found.text
    assert found.text.startswith("newest log object: 3 hours ago")


@mock_aws
def test_nothing_delivered_yet_is_no_defect(credentials: None) -> None:
    s3 = an_account()

    (found,) = checks.delivery_findings(s3, PLACE, "123456789012", REGION, NOON)

    assert found.severity is Severity.NOTE


@mock_aws
def test_an_account_without_logging_ends_with_one(credentials: None) -> None:
    code, found = run()

    assert code == 1
    assert severities(found) == {"logging": Severity.SILENT, "concurrency": Severity.OK}


@mock_aws
def test_a_bucket_that_logs_are_to_go_to_is_looked_at_before_they_do(credentials: None) -> None:
    an_account()

    code, found = run("--log-bucket", "call-logs", "--log-prefix", "p")

    assert code == 1
    assert severities(found) == {
        "logging": Severity.SILENT,
        "bucket": Severity.OK,
        "bucket policy": Severity.OK,
        "announcements": Severity.LATE,
        "delivery": Severity.NOTE,
        "concurrency": Severity.OK,
    }
    assert '"bucketName": "call-logs", "keyPrefix": "p"' in fix_of(found, "logging")


@mock_aws
def test_an_account_that_logs_is_ready(credentials: None) -> None:
    an_account("2026/11/21/05", **WHOLE)

    code, found = run()

    assert code == 0
    assert severities(found)["logging"] is Severity.OK
    assert severities(found)["delivery"] is Severity.OK


@mock_aws
def test_every_finding_is_a_line_for_people_too(credentials: None) -> None:
    answer = CliRunner().invoke(app, ["doctor", "--region", REGION])

    assert answer.exit_code == 1
    assert "silent  logging" in answer.stdout
    assert "fix: aws bedrock put-model-invocation-logging-configuration" in answer.stdout
    assert "Calls would go unmetered unnoticed" in answer.stdout


def test_without_a_region_there_is_one_clear_line(credentials: None) -> None:
    answer = CliRunner().invoke(app, ["doctor"])

    assert answer.exit_code == 2
    assert "--region" in answer.stderr
