"""Resolving profiles: asked seldom, remembered rightly, never a failure taken for a fact."""

from datetime import UTC, datetime, timedelta

import pytest

from bedrock_meter.domain.profile import fact_at
from bedrock_meter.jobs.resolve_profiles import LiveProfiles, known_profiles
from bedrock_meter.local.profiles import MemoryProfileFacts, MemoryProfiles
from bedrock_meter.profile_source import ProfilesUnavailable

ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def a_source(**tags: str) -> MemoryProfiles:
    return MemoryProfiles({ARN: (MODEL,)}, {ARN: tags})


def test_a_profile_is_asked_for_once_an_hour_and_remembered_for_ever():
    source, facts = a_source(tenant="acme"), MemoryProfileFacts()
    live = LiveProfiles(source, facts)

    answers = [live.fact_for(ARN, NOON + n * MINUTE) for n in range(60)]

    assert {answer.tags["tenant"] for answer in answers} == {"acme"}
    assert source.asked == [ARN]
    assert len(facts.facts_of(ARN)) == 1
    live.fact_for(ARN, NOON + HOUR)
    assert source.asked == [ARN, ARN]
    assert len(facts.facts_of(ARN)) == 1


def test_another_process_finds_the_fact_without_asking():
    source, facts = a_source(tenant="acme"), MemoryProfileFacts()
    LiveProfiles(source, facts).fact_for(ARN, NOON)

    LiveProfiles(source, facts).fact_for(ARN, NOON + MINUTE)

    assert source.asked == [ARN]


def test_a_changed_tag_becomes_a_second_dated_fact():
    facts = MemoryProfileFacts()
    LiveProfiles(a_source(tenant="old"), facts).fact_for(ARN, NOON)

    later = LiveProfiles(a_source(tenant="new"), facts).fact_for(ARN, NOON + 2 * HOUR)

    assert later.tags == {"tenant": "new"}
    known = facts.facts_of(ARN)
    assert fact_at(known, NOON + HOUR).tags == {"tenant": "old"}
    assert fact_at(known, NOON + 3 * HOUR).tags == {"tenant": "new"}


def test_a_missing_profile_is_asked_for_again_after_a_quarter_of_an_hour_and_never_remembered():
    source, facts = MemoryProfiles(), MemoryProfileFacts()
    live = LiveProfiles(source, facts)

    found = [live.fact_for(ARN, NOON + n * MINUTE).found for n in range(16)]

    assert not any(found)
    assert len(source.asked) == 2
    assert facts.facts_of(ARN) == ()


def test_a_profile_that_was_deleted_keeps_its_last_fact():
    source, facts = a_source(tenant="acme"), MemoryProfileFacts()
    live = LiveProfiles(source, facts)
    live.fact_for(ARN, NOON)
    source.models = {}

    assert live.fact_for(ARN, NOON + 2 * HOUR).tags == {"tenant": "acme"}


def test_while_bedrock_does_not_answer_the_last_fact_serves_or_none_does():
    source, facts = a_source(tenant="acme"), MemoryProfileFacts()
    source.unavailable = True
    live = LiveProfiles(source, facts)

    assert not live.fact_for(ARN, NOON).found
    source.unavailable = False
    assert live.fact_for(ARN, NOON + MINUTE).found
    source.unavailable = True
    assert live.fact_for(ARN, NOON + 3 * HOUR).tags == {"tenant": "acme"}


def test_the_memory_of_a_process_is_bounded(monkeypatch):
    monkeypatch.setattr("bedrock_meter.jobs.resolve_profiles.MOST_REMEMBERED", 3)
    source = MemoryProfiles()
    live = LiveProfiles(source, MemoryProfileFacts())

    for number in range(10):
        live.fact_for(f"{ARN}{number}", NOON)

    assert len(source.asked) == 10
    live.fact_for(f"{ARN}9", NOON)
    assert len(source.asked) == 10


def test_closing_asks_only_about_what_nobody_asked_before_and_remembers_it_first():
    source, facts = a_source(tenant="acme"), MemoryProfileFacts()

    first = known_profiles([ARN, ARN], source=source, facts=facts, now=NOON)
    source.tags = {ARN: {"tenant": "other"}}
    second = known_profiles([ARN], source=source, facts=facts, now=NOON + HOUR)

    assert first == second
    assert source.asked == [ARN]


def test_closing_never_remembers_a_failed_look_up():
    source, facts = MemoryProfiles(), MemoryProfileFacts()

    assert known_profiles([ARN], source=source, facts=facts, now=NOON) == {ARN: ()}
    source.models = {ARN: (MODEL,)}

    assert known_profiles([ARN], source=source, facts=facts, now=NOON)[ARN][0].found


def test_closing_waits_rather_than_guesses():
    source = MemoryProfiles(unavailable=True)

    with pytest.raises(ProfilesUnavailable):
        known_profiles([ARN], source=source, facts=MemoryProfileFacts(), now=NOON)
