"""`bedrock-meter quote`: one JSON line per question, one clear line per mistake."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app

GOLDEN = Path(__file__).parents[1] / "golden" / "worked_examples.json"
NOVA = ["--model", "amazon.nova-pro-v1:0", "--region", "us-east-1"]


def run(*arguments: str | Path):
    return CliRunner().invoke(app, ["quote", *map(str, arguments)])


def answers(result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_quote_shows_the_exact_amount_and_the_rate_of_every_line():
    result = run(*NOVA, "--tier", "standard", "--usage", '{"input_tokens": 1000}')

    (answer,) = answers(result)
    assert result.exit_code == 0
    assert list(answer)[:6] == ["id", "status", "amount_usd", "lines", "assumptions", "reason"]
    assert (answer["status"], answer["amount_usd"]) == ("priced", "0.0008")
    (line,) = answer["lines"]
    assert line.pop("rate_id")
    assert line == {
        "kind": "input_tokens",
        "quantity": 1000,
        "rate_usd": "0.8",
        "per": 1_000_000,
        "amount_usd": "0.0008",
    }


def test_a_missing_tier_is_standard_and_flagged():
    (answer,) = answers(run(*NOVA, "--usage", '{"input_tokens": 1}'))

    assert (answer["amount_usd"], answer["assumptions"]) == ("0.0000008", ["tier_standard"])


def test_a_quote_is_as_of_the_time_it_names():
    def amount(at: str) -> str:
        model = ["--model", "anthropic.claude-3-5-sonnet-20240620-v1:0", "--region", "us-east-1"]
        return answers(run(*model, "--at", at, "--usage", '{"input_tokens": 1000000}'))[0][
            "amount_usd"
        ]

    assert amount("2025-11-30T23:59:59Z") == "3"
    assert amount("2025-12-01T00:00:00Z") == "6"
    assert amount("2025-12-01T01:00:00+02:00") == "3"


def test_a_batch_answers_every_worked_example_in_order():
    result = run("--batch", GOLDEN)

    examples = json.loads(GOLDEN.read_text())
    got = answers(result)
    assert result.exit_code == 0
    assert [answer["id"] for answer in got] == [example["id"] for example in examples]
    for example, answer in zip(examples, got, strict=True):
        if example["confidence"] == "high":
            assert answer["status"] == example["expected_status"]
            amounts = (answer["amount_usd"], example["expected_usd"])
            assert amounts == (None, None) or len(set(map(Decimal, amounts))) == 1
        assert sum(Decimal(line["amount_usd"]) for line in answer["lines"]) == Decimal(
            answer["priced_usd"]
        )


def test_a_contract_shows_list_and_contracted_cost(tmp_path):
    question = {
        "model_id": "us.anthropic.claude-opus-5-5",
        "region": "us-east-1",
        "tier": "standard",
        "usage": {"input_tokens": 1_000_000},
        "contract": {"kind": "percent", "off": "12.5"},
    }
    (tmp_path / "one.jsonl").write_text(json.dumps(question) + "\n")

    (answer,) = answers(run("--batch", tmp_path / "one.jsonl"))

    assert (answer["amount_usd"], answer["list_usd"]) == ("3.85", "4.4")
    assert answer["contract"] == "percent"


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        (
            '{"foo": 1}',
            "usage.foo: unknown kind of usage; the kinds are input_tokens, ",
        ),
        ('{"input_tokens": 5.0}', "usage.input_tokens: 5.0 is not a whole number"),
        ('{"input_tokens": "5"}', "usage.input_tokens: '5' is not a whole number"),
        ('{"input_tokens": true}', "usage.input_tokens: True is not a whole number"),
        ('{"input_tokens": null}', "usage.input_tokens: None is not a whole number"),
        ('{"input_tokens": NaN}', "usage.input_tokens: nan is not a whole number"),
        ('{"input_tokens": -1}', "usage.input_tokens: -1 is not between 0 and 1000000000000"),
        ('{"input_tokens": 1000000000001}', "is not between 0 and 1000000000000"),
        ('{"input_tokens": 1', "--usage:1:19: not JSON"),
        ("[1]", "usage: an object of quantities by kind is needed"),
        ('{"cached_tokens": 1}', "only beside input_tokens_total"),
        ('{"input_tokens_total": 4, "cached_tokens": 5}', "5 of 4 input tokens in total"),
        ('{"input_tokens_total": 4, "input_tokens": 4}', "stated twice"),
        ('{"policies": ["x"], "text_units_per_policy": 1}', "usage.policies: 'x' is none of"),
        ('{"policies": ["pii", "pii"], "text_units_per_policy": 1}', "stated twice"),
        ('{"policies": ["word"]}', "usage.text_units_per_policy: is needed"),
        ('{"text_units_per_policy": 1}', "only beside policies"),
        ('{"copies": 1, "cmu_per_copy": 2}', "usage.active_5min_windows: is needed"),
        ('{"hours": 1}', "only beside model_units, input_ktpm or output_ktpm"),
        ('{"model_units": 1}', "usage.hours: is needed"),
        ('{"output_images": 1, "resolution": "big"}', "usage.resolution: 'big'"),
        ('{"output_images": 1, "quality": 7}', "usage.quality: 7 is not a word"),
    ],
)
def test_bad_usage_is_one_clear_line_and_no_answer(usage, message):
    result = run(*NOVA, "--usage", usage)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "m", "--region", "mars", "--usage", "{}"], "region: 'mars' is not a Region"),
        (["--model", "m", "--region", "xx-nowhere-1", "--usage", "{}"], "is not a Region"),
        ([*NOVA, "--usage", "{}", "--at", "2026-01-01"], "--at: '2026-01-01' is not a time with a"),
        ([*NOVA, "--usage", "{}", "--at", "2026-01-01T00:00:00"], "is not a time with a zone"),
        (NOVA, "--model, --region and --usage are needed"),
        (["--batch", "x.jsonl", *NOVA], "--batch stands alone"),
        (["--batch", "no-such-file.jsonl"], "no-such-file.jsonl: cannot be read"),
        ([*NOVA, "--usage", "{}", "--accept", "r1"], "--accept: 'r1' is not a rate of the book"),
        ([*NOVA, "--usage", "{}", "--overlay", "no.json"], "no.json: cannot be read"),
    ],
)
def test_a_bad_question_is_one_clear_line(arguments, message):
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", ["", "\n \n", "[]"])
def test_a_batch_without_a_question_is_refused(tmp_path, content):
    (tmp_path / "b.jsonl").write_text(content)

    result = run("--batch", tmp_path / "b.jsonl")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("b.jsonl: there is no question in it\n")


def test_a_bad_line_of_a_batch_is_refused_with_its_place_and_the_others_are_answered(tmp_path):
    good = {"id": "g", "model_id": "amazon.nova-pro-v1:0", "region": "us-east-1", "usage": {}}
    lines = ["{bad", json.dumps(good), '{"id": "t", "usage": []}', "[1]", json.dumps(good)]
    (tmp_path / "b.jsonl").write_text("\n".join(lines))

    result = run("--batch", tmp_path / "b.jsonl")

    assert result.exit_code == 2
    statuses = [answer["status"] for answer in answers(result)]
    assert statuses == ["rejected", "priced", "rejected", "rejected", "priced"]
    first, second, third = result.stderr.splitlines()
    assert "b.jsonl:1:2: not JSON" in first
    assert "b.jsonl:3: usage: an object" in second
    assert "b.jsonl:4: not a JSON object" in third


def test_a_key_that_is_not_used_is_said_and_does_no_harm(tmp_path):
    question = {"model_id": "amazon.nova-pro-v1:0", "region": "us-east-1", "usage": {}, "tiers": 1}
    (tmp_path / "b.jsonl").write_text(json.dumps(question))

    result = run("--batch", tmp_path / "b.jsonl")

    assert result.exit_code == 0
    assert "b.jsonl:1: not used: tiers" in result.stderr


@pytest.mark.parametrize(
    ("usage", "kind", "quantity"),
    [
        ({"rerank_documents": 350}, "search_units", 4),
        ({"rerank_documents": 0}, None, 0),
        ({"model_units": 2, "hours": 24}, "provisioned_model_unit_hours", 48),
        ({"input_ktpm": 3, "hours": 10}, "reserved_input_ktpm_hours", 30),
        ({"content_filter_units": 7}, "invoke_guardrail_checks_content_filter", 7),
        ({"cmu_per_copy": 2, "copies": 3, "active_5min_windows": 4}, "cmu_minutes", 120),
        (
            {"policies": ["sensitive_information_policy"], "text_units_per_policy": 9},
            "guardrail_sensitive_information_text_units",
            9,
        ),
    ],
)
def test_stated_inputs_become_kinds(usage, kind, quantity):
    from bedrock_meter.domain.pricing.quantities import usage_of

    kinds, _ = usage_of(usage)

    assert {key: count for key, count in kinds.items() if count} == (
        {kind: quantity} if kind else {}
    )


def test_inclusive_counts_are_taken_apart_once():
    from bedrock_meter.domain.pricing.quantities import BadUsage, usage_of

    stated = {"input_tokens_total": 10_000, "cached_tokens": 8_000, "output_tokens": 500}

    assert usage_of(stated, "openai_inclusive")[0] == {
        "output_tokens": 500,
        "input_tokens": 2_000,
        "cache_read_tokens": 8_000,
    }
    with pytest.raises(BadUsage, match="against bedrock_disjoint"):
        usage_of(stated, "bedrock_disjoint")
    with pytest.raises(BadUsage, match="'mine' is neither"):
        usage_of(stated, "mine")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "amazon.nova-pro"), "--model 'amazon.nova-pro': no rate of this model is"),
        (("--model", "amazon.nova-pro"), "did you mean amazon.nova-pro-v1:0"),
        (("--tier", "platinum"), "--tier 'platinum': is not a tier; there are batch, flex, "),
        (("--tier", "pritority"), "did you mean priority?"),
        (("--usage", '{"inputTokens": 5}'), "did you mean input_tokens or"),
        (("--usage", '{"inputTokens": 5}'), "the kinds are input_tokens, output_tokens, "),
    ],
)
def test_a_name_that_no_rate_has_is_refused_with_the_nearest_ones(options, told):
    result = run(*NOVA, "--usage", '{"input_tokens": 5}', *options)

    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_model_that_is_known_but_not_sold_there_still_has_an_answer():
    result = run(*NOVA[:2], "--region", "mx-central-1", "--usage", '{"input_tokens": 5}')

    (answer,) = answers(result)
    assert (answer["status"], answer["reason"]) == ("unpriced", "no_rate_for_region")
    assert result.exit_code == 0


def test_the_help_shows_what_a_batch_looks_like():
    told = " ".join(run("--help").stdout.replace("│", " ").split())

    assert "model_id" in told
