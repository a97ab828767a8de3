"""A charge says what a call costs to the last digit, and why it says nothing where it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter import prices
from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.records.usage import qualified
from tests.price_builders import NOON, a_book, a_charge, a_row, dollars, priced

SOL = "us.openai.gpt-5.6-sol"
HAIKU = "global.anthropic.claude-haiku-5-5"
ROUTED = "arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/a1b2c3d4e5f6"
PROVISIONED = "arn:aws:bedrock:us-west-2:123456789012:provisioned-model/a1b2c3d4e5f6"
ONE_OF_EACH = {"input_tokens": 1000, "output_tokens": 100}


def test_every_line_shows_its_rate_and_the_lines_add_up():
    charge = a_charge({"input_tokens": 1200, "output_tokens": 2500}, model=SOL)

    first, second = charge.lines()
    assert (first.term.kind, first.quantity, first.term.usd, first.term.per) == (
        "input_tokens",
        1200,
        "4.4",
        1_000_000,
    )
    amounts = [plain(usd_of(line.amount)) for line in (first, second)]
    assert amounts == ["0.00528", "0.055"]
    assert charge.amount == first.amount + second.amount
    assert first.term.rate_id in {
        rate.id for rate in prices.shipped().rates_of("openai.gpt-5.6-sol")
    }
    assert charge.book == prices.shipped().id


def test_a_kind_without_a_rate_leaves_no_amount_but_the_priced_part_and_the_quantity():
    usage = {"input_tokens": 1000, "cache_write_1h_tokens": 5000, "output_tokens": 100}

    charge = a_charge(usage, model="us.anthropic.claude-opus-4-1-20250805-v1:0")

    assert (charge.status, charge.amount, priced(charge)) == ("partial_unpriced", None, "0.0225")
    assert charge.unpriced == {"cache_write_1h_tokens": 5000}
    assert charge.reason == "no_rate_for_kind"


@pytest.mark.parametrize(
    ("call", "status", "reason"),
    [
        ({"model": "acme.superlm-9-v1:0"}, "unpriced", "unknown_model"),
        ({"model": "xai.grok-4"}, "unpriced", "unknown_model"),
        ({"model": SOL, "region": "eu-west-1"}, "unpriced", "no_rate_for_region"),
        ({"model": ROUTED}, "unresolved_model", "opaque_model_id"),
        ({"model": f"mx.{SOL[3:]}"}, "unresolved_model", "unknown_scope_prefix"),
        ({"model": PROVISIONED}, "covered_by_commitment", None),
        ({"model": SOL, "error_code": "ThrottlingException"}, "failed_call", "ThrottlingException"),
    ],
)
def test_what_cannot_be_priced_has_no_amount_and_a_reason(call, status, reason):
    charge = a_charge(ONE_OF_EACH, **call)

    assert (charge.status, charge.amount, charge.reason) == (status, None, reason)
    assert charge.lines() == ()


def test_tokens_under_a_commitment_are_not_unpriced():
    assert a_charge(ONE_OF_EACH, model=PROVISIONED).unpriced == {}


@pytest.mark.parametrize("model", [SOL, "acme.superlm-9-v1:0", ROUTED])
@pytest.mark.parametrize("counts", ["zero", "blocked"])
@pytest.mark.parametrize("usage", [{}, {"input_tokens": 0, "output_tokens": 0}])
def test_a_call_that_used_nothing_costs_nothing_whatever_the_model(model, counts, usage):
    charge = a_charge(usage, model=model, counts=counts)

    assert (charge.status, charge.amount, charge.assumptions) == ("priced", 0, ("no_usage",))


@pytest.mark.parametrize(
    ("model", "status", "reason"),
    [
        (SOL, "unpriced", "usage_not_logged"),
        (ROUTED, "unresolved_model", "opaque_model_id"),
        (PROVISIONED, "covered_by_commitment", None),
    ],
)
def test_a_call_whose_usage_is_not_logged_is_not_free(model, status, reason):
    charge = a_charge({}, model=model, counts="absent")

    assert (charge.status, charge.amount, charge.reason) == (status, None, reason)


@pytest.mark.parametrize(
    ("model", "status", "reason"),
    [
        (SOL, "partial_unpriced", "usage_not_logged"),
        (ROUTED, "unresolved_model", "opaque_model_id"),
        (PROVISIONED, "covered_by_commitment", None),
    ],
)
@pytest.mark.parametrize("usage", [{"guardrail_content_text_units": 2}])
def test_units_of_a_guardrail_are_not_the_price_of_a_call_without_counts(
    usage, model, status, reason
):
    charge = a_charge(usage, model=model, counts="absent")

    assert (charge.status, charge.amount, charge.reason) == (status, None, reason)
    assert (priced(charge), charge.unpriced) == ("0.0003", {})


def test_a_kind_without_a_rate_is_named_before_what_is_not_logged():
    usage = {"input_tokens": 10, "input_images": 1}

    charge = a_charge(usage, model="cohere.embed-english-v3", counts="absent")

    assert (charge.status, charge.reason) == ("partial_unpriced", "no_rate_for_kind")


def test_what_was_assumed_before_stays_on_the_charge():
    charge = a_charge(ONE_OF_EACH, model=SOL, assumptions=["cache_ttl_5m"])

    assert charge.assumptions == ("cache_ttl_5m",)


def test_claude_outside_the_published_region_is_priced_as_everywhere_and_flagged():
    usage = {"input_tokens": 1_000_000}
    claude = "eu.anthropic.claude-opus-4-6-v1"

    charge = a_charge(usage, model=claude, region="eu-west-1")

    assert (dollars(charge), charge.assumptions) == ("5.5", ("claude_uniform_regions",))
    older = a_charge(usage, model="eu.anthropic.claude-sonnet-4-20250514-v1:0", region="eu-west-1")
    assert (older.status, older.reason) == ("unpriced", "no_rate_for_region")


@pytest.mark.parametrize("above", [0, 1])
def test_one_token_above_the_threshold_prices_the_whole_call_in_the_high_band(above):
    usage = {
        "input_tokens": 20_000 + above,  # 0.1 or 0.5 dollars for a million of them,
        "cache_read_tokens": 50_000,  # 0.01 or 0.05,
        "cache_write_1h_tokens": 30_000,  # 0.2 or 1,
        "output_tokens": 385_600,  # 0.5 or 2.5; only what goes in counts towards 100,000
    }

    cost = 20_000 * 10 + 50_000 * 1 + 30_000 * 20 + 385_600 * 50
    expected = (cost * 5 + 50 * above) if above else cost
    assert a_charge(usage, model=HAIKU).amount == expected * 10**10


@given(
    st.integers(0, 300_000), st.integers(0, 300_000), st.integers(0, 300_000), st.integers(0, 9_999)
)
def test_the_band_switches_exactly_at_the_threshold(fresh, read, written, out):
    usage = {
        "input_tokens": fresh,
        "cache_read_tokens": read,
        "cache_write_30m_tokens": written,
        "output_tokens": out,
    }
    rate_card = prices.shipped().rate_card_for(model_of(SOL), "us-east-1", "standard", NOON)

    above = fresh + read + written > 272_000

    # Cents for 1M tokens: fresh, read, written, out.
    cents = (880, 88, 1100, 3300) if above else (440, 44, 550, 2200)
    sums = (
        quantity * rate for quantity, rate in zip((fresh, read, written, out), cents, strict=True)
    )
    assert rate_card.band_for(usage) == int(above)
    assert a_charge(usage, model=SOL).amount == sum(sums) * 10**10


def test_a_sum_of_calls_never_meets_the_context_band():
    usage = {"input_tokens": 5_000_000}

    alone = a_charge(usage, model=HAIKU)
    summed = a_charge(usage, model=HAIKU, aggregate=True)

    assert (dollars(alone), dollars(summed)) == ("2.5", "0.5")
    assert summed.assumptions == ("context_band_base",)
    assert a_charge(usage, model="amazon.nova-pro-v1:0", aggregate=True).assumptions == ()


def test_a_band_without_rates_falls_back_to_no_other_band():
    gov = {"model": "us-gov.anthropic.claude-haiku-5-5", "region": "us-gov-west-1"}

    assert dollars(a_charge({"input_tokens": 100_000}, **gov)) == "0.012"
    assert a_charge({"input_tokens": 100_001}, **gov).reason == "no_rate_for_kind"


TOKENS = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_1h_tokens"]
USAGE = st.dictionaries(st.sampled_from(TOKENS), st.integers(1, 10**12), min_size=1)


@given(USAGE)
def test_the_amount_is_the_sum_of_its_kinds(usage):
    model = "us.anthropic.claude-opus-5-5"

    whole = a_charge(usage, model=model).amount

    assert whole == sum(a_charge({kind: n}, model=model).amount for kind, n in usage.items())


@given(USAGE, USAGE)
def test_the_cost_of_a_sum_is_the_sum_of_the_costs(one, two):
    rate_card = prices.shipped().rate_card_for(
        model_of("us.anthropic.claude-opus-4-1-20250805-v1:0"), "us-east-1", "standard", NOON
    )
    both = {kind: one.get(kind, 0) + two.get(kind, 0) for kind in one | two}

    costs = [rate_card.cost_of(usage, 0) for usage in (one, two, both)]

    assert costs[2][0] == costs[0][0] + costs[1][0]
    unpriced = {kind: both[kind] for kind in both if kind == "cache_write_1h_tokens"}
    assert costs[2][1] == unpriced


@pytest.mark.parametrize(
    ("model", "resolution", "quality", "usd"),
    [
        ("amazon.nova-canvas-v1:0", "512x512", "standard", "0.04"),
        ("amazon.nova-canvas-v1:0", "1024x1024", "premium", "0.06"),
        ("amazon.nova-canvas-v1:0", "1025x1025", "standard", "0.06"),
        ("amazon.nova-canvas-v1:0", "2048x2048", "premium", "0.08"),
        ("amazon.nova-canvas-v1:0", "2049x100", "premium", None),
        ("amazon.nova-canvas-v1:0", "1024x1024", "", None),
        ("amazon.nova-canvas-v1:0", "", "standard", None),
        ("amazon.nova-canvas-v1:0", "1024x1024", "draft", None),
        ("amazon.titan-image-generator-v1", "512x512", "premium", "0.01"),
        ("amazon.titan-image-generator-v1", "513x512", "premium", "0.012"),
        ("amazon.titan-image-generator-v2:0", "512x512", "standard", "0.008"),
        ("amazon.titan-image-generator-v2:0", "1024x1024", "standard", None),
        ("stability.sd3-large-v1:0", "1024x1024", "premium", "0.08"),
        ("stability.sd3-large-v1:0", "", "", "0.08"),
    ],
)
def test_pictures_cost_what_their_size_and_quality_cost(model, resolution, quality, usd):
    key = qualified("output_images", resolution, quality)

    charge = a_charge({key: 1}, model=model)

    assert dollars(charge) == usd
    assert [line.term.kind for line in charge.lines()] == ["output_images"] * (usd is not None)


@pytest.mark.parametrize(
    ("model", "resolution", "usd"),
    [
        ("luma.ray-v2:0", "540p", "0.75"),
        ("luma.ray-v2:0", "1280x720", "1.5"),
        ("luma.ray-v2:0", "", None),
        ("amazon.nova-reel-v1:1", "", "0.08"),
        ("amazon.nova-reel-v1:1", "1280x720", "0.08"),
        ("amazon.nova-reel-v1:1", "1080p", None),
    ],
)
def test_video_costs_what_its_resolution_costs(model, resolution, usd):
    region = "us-west-2" if model.startswith("luma") else "us-east-1"

    charge = a_charge(
        {qualified("output_video_seconds", resolution): 1}, model=model, region=region
    )

    assert dollars(charge) == usd


def test_a_shape_that_two_readings_band_differently_is_flagged():
    def flags(resolution: str) -> tuple[str, ...]:
        key = qualified("output_images", resolution, "standard")
        return a_charge({key: 1}, model="amazon.nova-canvas-v1:0").assumptions

    assert flags("1280x720") == ("image_band_by_longer_side",)
    assert flags("1024x1024") == ()
    assert flags("2048x2048") == ()


def test_rates_with_different_thresholds_leave_the_band_of_a_call_unknown():
    book = a_book(a_row("1", band="<=100"), a_row("2", kind="output_tokens", band="<=200"))

    assert a_charge({"input_tokens": 1}, book=book).reason == "ambiguous_rate"
