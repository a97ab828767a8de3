"""Settings are read from an environment, and complain about everything at once."""

from datetime import timedelta

import pytest

from bedrock_meter.compose.settings import (
    FoldSettings,
    IngestSettings,
    PlanSettings,
    SettingsWrong,
    variables_of,
)

GIVEN = {
    "LOG_BUCKET": "logs",
    "LOG_PREFIX": "p/",
    "DATA_BUCKET": "data",
    "PARTIALS_TABLE": "partials",
    "HOURS_TABLE": "hours",
    "TENANTS_TABLE": "tenants",
    "PARTIAL_DAYS": "35",
    "OBJECT_ROW_DAYS": "400",
}


def test_settings_are_read_by_their_names() -> None:
    found = IngestSettings.from_environment(GIVEN | {"OTHER": "x"})

    assert (found.log_bucket, found.log_prefix, found.partial_days) == ("logs", "p/", 35)


def test_a_prefix_may_be_absent_or_empty() -> None:
    for env in (GIVEN | {"LOG_PREFIX": ""}, {k: v for k, v in GIVEN.items() if k != "LOG_PREFIX"}):
        assert IngestSettings.from_environment(env).log_prefix == ""


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsWrong) as problem:
        IngestSettings.from_environment({"LOG_BUCKET": "logs", "DATA_BUCKET": " "})

    for name in ("DATA_BUCKET", "PARTIALS_TABLE", "HOURS_TABLE", "PARTIAL_DAYS"):
        assert f"{name} is missing" in str(problem.value)
    assert "LOG_BUCKET" not in str(problem.value)


@pytest.mark.parametrize("text", ["ten", "-1", "1.5", "1e3", "²"])
def test_a_number_that_is_none_is_shown_with_what_would_be_right(text: str) -> None:
    with pytest.raises(SettingsWrong, match=r"PARTIAL_DAYS is .* whole number"):
        IngestSettings.from_environment(GIVEN | {"PARTIAL_DAYS": text})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        IngestSettings.from_environment(GIVEN).log_bucket = "other"  # type: ignore[misc]


def test_the_environment_of_the_process_is_read_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)

    assert vars(IngestSettings.from_environment()) == vars(IngestSettings.from_environment(GIVEN))


def test_numbers_become_durations() -> None:
    fold = dict.fromkeys(variables_of(FoldSettings), "1") | {"LIVE_HOUR_SECONDS": "60"}
    plan = dict.fromkeys(variables_of(PlanSettings), "1") | {"GRACE_MINUTES": "20"}

    assert FoldSettings.from_environment(fold).live_hour_every.total_seconds() == 60
    assert PlanSettings.from_environment(plan).grace.total_seconds() == 1200


@pytest.mark.parametrize(
    ("seal", "evidence", "days"), [(0, 0, None), (90, 0, 90), (0, 400, 397), (90, 400, 90)]
)
def test_hours_are_final_before_their_evidence_ends(
    seal: int, evidence: int, days: int | None
) -> None:
    given = dict.fromkeys(variables_of(PlanSettings), "1")
    given |= {"SEAL_DAYS": str(seal), "EVIDENCE_DAYS": str(evidence)}

    keep_open = PlanSettings.from_environment(given).keep_open

    assert keep_open == (None if days is None else timedelta(days=days))
