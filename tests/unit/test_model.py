"""A logged id names a model and a scope by a closed table, or it stays opaque."""

from typing import NamedTuple

import pytest

from bedrock_meter.domain.pricing.model import model_of

ACCOUNT = "arn:aws:bedrock:us-west-2:123456789012"
OPUS = "anthropic.claude-opus-5-5"
AN_APPLICATION_PROFILE = f"{ACCOUNT}:application-inference-profile/a1b2c3d4e5f6"


class Looked(NamedTuple):
    model_arns: tuple[str, ...] = ()
    scope_hint: str | None = None
    found: bool = True


def foundation(region: str, model: str = OPUS) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"


@pytest.mark.parametrize(
    ("text", "key", "scope", "geo"),
    [
        (OPUS, OPUS, "in_region", None),
        (f"us.{OPUS}", OPUS, "geo", "us"),
        (f"us-gov.{OPUS}", OPUS, "geo", "us-gov"),
        (f"apac.{OPUS}", OPUS, "geo", "apac"),
        (f"global.{OPUS}", OPUS, "global", None),
        (foundation("us-east-1"), OPUS, "in_region", None),
        (f"{ACCOUNT}:inference-profile/us.{OPUS}", OPUS, "geo", "us"),
        (f"{ACCOUNT}:inference-profile/global.{OPUS}", OPUS, "global", None),
        ("amazon.nova-pro-v1:0:300k", "amazon.nova-pro-v1:0", "in_region", None),
        ("us.amazon.nova-pro-v1:0:24k", "amazon.nova-pro-v1:0", "geo", "us"),
        ("deepseek.v3.2", "deepseek.v3.2", "in_region", None),
        ("us.deepseek.r1-v1:0", "deepseek.r1-v1:0", "geo", "us"),
        ("acme.superlm-9-v1:0", "acme.superlm-9-v1:0", "in_region", None),
        ("guardrail", "guardrail", "in_region", None),
    ],
)
def test_an_id_is_taken_apart_by_name_and_known_prefix(text, key, scope, geo):
    model = model_of(text)

    assert (model.key, model.scope, model.geo) == (key, scope, geo)
    assert (model.resolved, model.commitment, model.text) == (True, False, text)


def test_the_region_inside_an_arn_says_nothing_about_the_scope():
    assert model_of(foundation("eu-west-1")).scope == "in_region"


@pytest.mark.parametrize("prefix", ["mx", "usa", "US", "eu-west-1", "global2"])
def test_a_known_provider_behind_an_unknown_prefix_is_not_stripped(prefix):
    assert not model_of(f"{prefix}.{OPUS}").resolved


@pytest.mark.parametrize("kind", ["provisioned-model", "imported-model"])
def test_models_paid_by_time_are_commitments(kind):
    model = model_of(f"{ACCOUNT}:{kind}/a1b2c3d4e5f6")

    assert model.commitment
    assert model.resolved


@pytest.mark.parametrize(
    "text",
    [
        AN_APPLICATION_PROFILE,
        "a1b2c3d4e5f6",
        f"{ACCOUNT}:custom-model/{OPUS}/a1b2c3d4e5f6",
        f"{ACCOUNT}:custom-model-deployment/a1b2c3d4e5f6",
        f"{ACCOUNT}:prompt/ABCDEFGHIJ:1",
        f"{ACCOUNT}:default-prompt-router/anthropic.claude:1",
        "arn:aws:sagemaker:us-west-2:123456789012:endpoint/mine",
        f"{ACCOUNT}:inference-profile/",
        "arn:aws:bedrock",
    ],
)
def test_opaque_ids_stay_opaque(text):
    assert not model_of(text).resolved


@pytest.mark.parametrize(
    ("hint", "scope", "geo"),
    [("in_region", "in_region", None), ("us", "geo", "us"), ("global", "global", None)],
)
def test_a_looked_up_profile_has_its_model_and_the_scope_it_routes_to(hint, scope, geo):
    looked = Looked((foundation("us-east-1"), foundation("us-west-2")), hint)

    model = model_of(AN_APPLICATION_PROFILE, looked)

    assert (model.key, model.scope, model.geo) == (OPUS, scope, geo)
    assert model.resolved
    assert model.text == AN_APPLICATION_PROFILE


@pytest.mark.parametrize(
    "looked",
    [
        None,
        Looked((foundation("us-east-1"),), "in_region", found=False),
        Looked((), "us"),
        Looked((foundation("us-east-1"),), None),
        Looked((foundation("us-east-1"), foundation("us-east-1", "amazon.nova-pro-v1:0")), "us"),
        Looked(("nonsense",), "us"),
    ],
)
def test_a_profile_whose_model_or_scope_is_not_known_stays_opaque(looked):
    assert not model_of(AN_APPLICATION_PROFILE, looked).resolved


def test_a_look_up_changes_nothing_for_an_id_that_names_its_model():
    looked = Looked((foundation("us-east-1", "amazon.nova-pro-v1:0"),), "us")

    assert model_of(f"global.{OPUS}", looked).key == OPUS
