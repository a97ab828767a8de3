"""`bedrock-meter tenants`: good files, bad files, what changes, and what comes into force."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app
from bedrock_meter.domain.time.hours import hour_of
from bedrock_meter.policy_file import policy_of_text

GOLD = "plans: {gold: {budgets: {month: {usd: 100}}}}\ntenants: {acme: {plan: gold}}\n"
SILVER = GOLD.replace("100", "50").replace("acme", "bolt")


def tag(key: str, value: str) -> dict[str, str]:
    return {"key": key, "value": value}


CONFIG = {
    "cost_alarm_threshold": 0.1,
    "token_alarm_threshold": 2000,
    "request_alarm_threshold": 10,
    "sns_email": "someone@example.com",
    "profiles": [
        {"name": "one", "tags": [tag("TenantID", "007"), tag("Env", "x")]},
        {"name": "two", "tags": [tag("TenantID", "007"), tag("Env", "x")]},
        {"name": "three", "tags": [tag("TenantID", "b"), tag("Env", "y")]},
        {"name": "four", "tags": [tag("TenantID", "b"), tag("Env", "z")]},
    ],
}


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["tenants", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    def written(text: str, name: str = "tenants.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def test_a_good_file_is_summed_up_in_a_line(file):
    result = run("check", file(GOLD))

    assert result.exit_code == 0
    assert "valid; 1 plans, 1 tenants, id " in result.stdout


def test_a_check_can_be_read_by_a_program(file):
    answer = json.loads(run("check", file(GOLD), "--json").stdout)

    assert answer["id"] == policy_of_text(GOLD, "t").id
    assert (answer["plans"], answer["tenants"]) == (1, 1)


def test_each_error_of_a_bad_file_is_a_line_on_stderr(file):
    path = file("tenants:\n  acme: {plan: gold}\n  bolt: {budget: {}}\n")

    result = run("check", path)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{path}:2: tenants.acme.plan: 'gold' is not a plan; describe it under plans",
        f"{path}:3: tenants.bolt.budget: is not known here; did you mean 'budgets'?",
    ]


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path):
    result = run("check", tmp_path / "none.yaml")

    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "No such file" in result.stderr


def test_a_difference_is_shown_value_by_value(file):
    result = run("diff", file(SILVER, "new.yaml"), file(GOLD, "old.yaml"))

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "~ plans.gold.budgets.month.usd: 100 → 50",
        "- tenants.acme.plan: gold",
        "+ tenants.bolt.plan: gold",
    ]


HOSTILE = '{tenants: {"a\\e[2J\\x9b\\u202eb": {attributes: {company: "x\\r\\ny\\x85"}}}}'


def test_a_difference_is_one_line_that_a_terminal_does_not_obey(file):
    result = run("diff", file(HOSTILE, "new.yaml"), file("{}", "old.yaml"))

    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert line.isprintable()
    assert r"\x9b\u202eb" in line


def test_so_it_is_with_what_is_wrong_in_a_file(file):
    result = run("check", file(HOSTILE.replace("company", "kompany\\u202e")))

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.isprintable()


def test_no_difference_is_exit_code_zero(file):
    result = run("diff", file(GOLD), file(GOLD.replace("100", '"100"'), "old.yaml"))

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "bedrock-meter: no differences\n"


def test_a_difference_needs_something_to_differ_from(file):
    result = run("diff", file(GOLD))

    assert result.exit_code == 2
    assert "--stack-name" in result.stderr


def test_a_config_of_the_tracing_sample_becomes_a_policy(file):
    result = run("import", file(json.dumps(CONFIG), "config.json"))

    assert result.exit_code == 0
    policy = policy_of_text(result.stdout, "imported.yaml")
    assert set(policy.tenants) == {"007", "b"}
    assert policy.plan_for("b").cost_5m.red == 10**17
    assert policy.plan_for("b").tokens_per_minute.red == 2000
    assert policy.terms_for("007").attributes == {"environment": "x"}
    assert policy.terms_for("b").attributes == {}


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "has no list `profiles`"),
        ('{"profiles": [{"tags": [{"key": "Team", "value": "x"}]}]}', "no tag TenantID"),
        ('{"profiles": [{"tags": ["x"]}]}', "write a list of {key, value}"),
        ('{"profiles": ["x"]}', "no tag TenantID"),
        ('{"profiles": [], "token_alarm_threshold": "many"}', "'many' cannot be read"),
    ],
)
def test_another_config_is_refused_in_one_line(file, config, remedy):
    result = run("import", file(config, "config.json"))

    assert result.exit_code == 2
    assert remedy in result.stderr
    assert result.stderr.count("\n") == 1


TEMPLATE = {
    "Parameters": {"ContactTopicArns": {"Type": "CommaDelimitedList", "Default": ""}},
    "Resources": {
        "Data": {"Type": "AWS::S3::Bucket"},
        "Tenants": {"Type": "AWS::DynamoDB::Table"},
        "Hours": {"Type": "AWS::DynamoDB::Table"},
    },
    "Outputs": {
        "DataBucketName": {"Value": {"Ref": "Data"}},
        "TenantsTableName": {"Value": {"Ref": "Tenants"}},
        "HoursTableName": {"Value": {"Ref": "Hours"}},
    },
}
for _name, _keys in (("Tenants", ("pk", "sk")), ("Hours", ("pk",))):
    TEMPLATE["Resources"][_name]["Properties"] = {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in _keys],
        "KeySchema": [
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(_keys, ("HASH", "RANGE"), strict=False)
        ],
    }


@pytest.fixture
def on_stack(engine, monkeypatch):
    """`on_stack("apply", file)`: the command on a small stack of the test's own."""
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)
    cloudformation = engine.client("cloudformation")
    cloudformation.create_stack(StackName="tenants-cli", TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="tenants-cli", WaiterConfig={"Delay": 1}
    )
    yield lambda *arguments: run(*arguments, "--stack-name", "tenants-cli")
    cloudformation.delete_stack(StackName="tenants-cli")


@pytest.mark.engine
def test_the_first_policy_holds_for_all_hours_and_the_next_from_now_on(on_stack, file):
    before = datetime.now(UTC)
    first = json.loads(on_stack("apply", file(GOLD), "--json").stdout)
    second = json.loads(on_stack("apply", file(SILVER, "silver.yaml"), "--json").stdout)

    assert first == {
        "id": policy_of_text(GOLD, "t").id,
        "since": None,
        "until": None,
        "hours_to_close_again": [],
    }
    assert second["since"] in {hour_of(before), hour_of(datetime.now(UTC))}
    assert on_stack("diff", file(SILVER, "silver.yaml")).exit_code == 0
    assert "+ tenants.acme.plan: gold" in on_stack("diff", file(GOLD)).stdout


@pytest.mark.engine
def test_a_policy_may_hold_for_a_range_and_a_bad_range_is_refused(on_stack, file):
    result = on_stack("apply", file(GOLD), "--since", "2026-10", "--until", "2026-11-03")
    bad = on_stack("apply", file(GOLD), "--since", "yesterday")
    empty = on_stack("apply", file(GOLD), "--since", "2026-11", "--until", "2026-10")

    assert "from 2026-10-01T00 on until 2026-11-03T00" in result.stdout
    assert bad.exit_code == 2
    assert "--since: 'yesterday' is not an hour, day or month" in bad.stderr
    assert (empty.exit_code, empty.stdout) == (2, "")
    assert "--until: 2026-10-01T00 is not after 2026-11-01T00" in empty.stderr


@pytest.mark.engine
def test_a_policy_with_a_contact_that_cannot_be_told_does_not_come_into_force(on_stack, file):
    topic = "arn:aws:sns:us-east-1:000000000000:acme-notices"
    path = file(f"tenants: {{acme: {{contact: '{topic}'}}}}")

    result = on_stack("apply", path)

    assert result.exit_code == 2
    assert result.stderr == (
        f"{path}: tenants.acme.contact: {topic} is not among the stack's ContactTopicArns; "
        f"make deploy STACK=tenants-cli REGION=us-east-1 ARGS=ContactTopicArns={topic}\n"
    )
    assert on_stack("diff", path).exit_code == 1


@pytest.mark.engine
def test_a_stack_that_is_not_there_is_said_in_one_line(engine, file, monkeypatch):
    for name, value in engine.environment().items():
        monkeypatch.setenv(name, value)

    result = run("apply", file(GOLD), "--stack-name", "nowhere")

    assert result.exit_code == 2
    assert "check --stack-name and --region" in result.stderr


def a_record(number: int, role: str, model: str = "amazon.nova-lite-v1:0", **metadata: str) -> str:
    record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": "2026-11-21T05:00:00Z",
        "accountId": "111122223333",
        "region": "us-east-1",
        "requestId": f"request-{number}",
        "operation": "Converse",
        "modelId": model,
        "identity": {"arn": f"arn:aws:sts::111122223333:assumed-role/{role}/session"},
        "input": {"inputTokenCount": 1_000_000 * number},
        "output": {"outputTokenCount": 0},
    }
    return json.dumps(record | ({"requestMetadata": metadata} if metadata else {}))


PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs" / "deeper"
    folder.mkdir(parents=True)
    lines = [
        a_record(1, "app", customer="acme", secret="the prompt"),
        a_record(2, "app", customer="bolt", secret="the prompt"),
        a_record(3, "cron"),
        a_record(4, "cron", PROFILE),
        "{broken",
    ]
    (folder / "one.json").write_text("\n".join(lines))
    (folder / "notes.txt").write_text("not a log")
    return tmp_path / "logs"


def test_logs_show_who_is_there_and_a_policy_to_begin_with(logs):
    result = run("discover", logs)

    assert result.exit_code == 0
    policy = policy_of_text(result.stdout, "proposed.yaml")
    assert list(policy.tenants) == ["bolt", "acme"]
    assert policy.recognition.tenant_aliases[0] == "customer"
    assert "1 lines cannot be metered" in result.stderr
    assert "notes.txt: not read" in result.stderr
    assert "4 calls" in result.stderr


def test_what_was_found_can_be_read_by_a_program(logs):
    found = json.loads(run("discover", logs, "--json").stdout)

    assert (found["calls"], found["tenant_key"]) == (4, "customer")
    assert [entry["name"] for entry in found["keys"]] == ["customer", "secret"]
    assert [value["name"] for value in found["keys"][0]["values"]] == ["bolt", "acme"]
    assert [(entry["name"], entry["calls"]) for entry in found["profiles"]] == [(PROFILE, 1)]
    assert found["rules"] == [{"name": "none", "calls": 4, "cost_usd": found["cost_usd"]}]
    assert {entry["name"]: entry["calls"] for entry in found["unnamed"]} == {"cron": 2}


def test_logs_without_a_record_are_said_to_be_so(file, tmp_path):
    empty = run("discover", file("", "empty.json"))
    absent = run("discover", tmp_path / "nowhere")

    assert (empty.exit_code, absent.exit_code) == (2, 2)
    assert "there is no record in these logs" in empty.stderr
    assert "nowhere: no such file or folder" in absent.stderr
