"""Resolving profiles: asked seldom, remembered rightly, never a failure taken for a fact."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.time.hours import hour_of
from bedrock_meter.jobs import resolve_profiles
from bedrock_meter.jobs.resolve_profiles import ClosingProfiles, LiveProfiles
from bedrock_meter.local.profiles import MemoryProfileFacts, MemoryProfiles
from bedrock_meter.ports.profiles import ProfilesUnavailable

OWNER = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/"
ARN = OWNER + "abc123def456"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def a_source(**tags: str) -> MemoryProfiles:
    return MemoryProfiles({ARN: (MODEL,)}, {ARN: tags})


def arns(count: int, first: int = 0) -> list[str]:
    return [f"{OWNER}p{number:011d}" for number in range(first, first + count)]


def shown(live: LiveProfiles, now: datetime, arn: str = ARN) -> ProfileFact | None:
    """What the live lane shows of a profile that a call named just now."""
    profiles = live.at(now)
    profiles.learn({arn: True})
    return profiles.fact_for(arn, now)


def closing(source: Any, facts: Any, now: datetime = NOON) -> ClosingProfiles:
    """The profiles of the hour that ended last."""
    return ClosingProfiles(hour_of(now - HOUR), source=source, facts=facts, now=now)


def closed(source: Any, facts: Any, now: datetime = NOON, arn: str = ARN) -> ProfileFact | None:
    """What a close finds of a profile that a call of the hour before named."""
    profiles = closing(source, facts, now)
    profiles.learn({arn: True})
    return profiles.fact_for(arn, now - HOUR)


class TestLive:
    def test_a_profile_is_asked_about_once_an_hour_and_its_fact_is_kept_once(self):
        source, facts = a_source(tenant="acme"), MemoryProfileFacts()
        live = LiveProfiles(source, facts)

        answers = [shown(live, NOON + n * MINUTE) for n in range(60)]

        assert {answer.tags["tenant"] for answer in answers} == {"acme"}
        assert source.asked == [ARN]
        shown(live, NOON + HOUR)
        assert source.asked == [ARN, ARN]
        assert len(facts.kept) == 1

    @pytest.mark.parametrize("models", [{ARN: (MODEL,)}, {}], ids=["found", "not found"])
    def test_ten_thousand_processes_ask_once_an_hour_together(self, models):
        source, facts = MemoryProfiles(models), MemoryProfileFacts()

        for minute in (0, 1, 59, 60, 61, 119):
            for _ in range(3):
                shown(LiveProfiles(source, facts), NOON + minute * MINUTE)

        assert len(source.asked) == 2

    def test_a_changed_tag_counts_for_calls_from_then_on(self):
        source, facts = a_source(tenant="old"), MemoryProfileFacts()
        live = LiveProfiles(source, facts)
        shown(live, NOON)
        source.tags = {ARN: {"tenant": "new"}}

        profiles = live.at(NOON + 2 * HOUR)
        profiles.learn({ARN: True})

        assert profiles.fact_for(ARN, NOON + HOUR).tags == {"tenant": "old"}
        assert profiles.fact_for(ARN, NOON + 2 * HOUR).tags == {"tenant": "new"}

    def test_a_profile_that_was_deleted_keeps_its_last_fact(self):
        source, facts = a_source(tenant="acme"), MemoryProfileFacts()
        live = LiveProfiles(source, facts)
        shown(live, NOON)
        source.models = {}

        assert shown(live, NOON + 2 * HOUR).tags == {"tenant": "acme"}
        assert shown(LiveProfiles(source, facts), NOON + 3 * HOUR - SECOND).tags["tenant"] == "acme"
        assert len(source.asked) == 2

    def test_a_profile_that_appears_is_shown_within_the_hour(self):
        source, facts = MemoryProfiles(), MemoryProfileFacts()
        live = LiveProfiles(source, facts)
        assert shown(live, NOON) is None
        source.models = {ARN: (MODEL,)}

        assert shown(live, NOON + HOUR - SECOND) is None
        assert shown(live, NOON + HOUR).found

    def test_while_bedrock_does_not_answer_the_last_fact_serves_or_none_does(self):
        source, facts = a_source(tenant="acme"), MemoryProfileFacts()
        source.unavailable = True
        live = LiveProfiles(source, facts)

        assert shown(live, NOON) is None
        source.unavailable = False
        assert shown(live, NOON + MINUTE).found
        source.unavailable = True
        assert shown(live, NOON + 3 * HOUR).tags == {"tenant": "acme"}

    def test_after_one_question_without_an_answer_a_process_asks_nothing_for_a_minute(self):
        source = MemoryProfiles(unavailable=True)
        live = LiveProfiles(source, MemoryProfileFacts())

        live.at(NOON).learn(dict.fromkeys(arns(9), True))
        live.at(NOON + MINUTE - SECOND).learn(dict.fromkeys(arns(9), True))
        assert len(source.asked) == 1

        source.unavailable = False
        live.at(NOON + MINUTE).learn(dict.fromkeys(arns(9), True))
        assert len(source.asked) == 10

    def test_a_refusal_is_about_one_profile_and_holds_for_a_minute_in_one_process(self):
        other = arns(1)[0]
        source = MemoryProfiles({ARN: (MODEL,), other: (MODEL,)}, refused={ARN})
        facts = MemoryProfileFacts()
        live = LiveProfiles(source, facts)

        assert shown(live, NOON) is None
        assert shown(live, NOON, other).found
        assert shown(live, NOON + MINUTE - SECOND) is None
        assert source.asked == [ARN, other]

        source.refused = set()
        assert shown(live, NOON + MINUTE).found

    def test_one_log_object_asks_fifty_times_and_the_next_one_gets_further(self):
        source, facts = MemoryProfiles(dict.fromkeys(arns(70), (MODEL,))), MemoryProfileFacts()
        live = LiveProfiles(source, facts)

        first = live.at(NOON)
        first.learn(dict.fromkeys(arns(40), True))
        first.learn(dict.fromkeys(arns(70), True))
        assert len(source.asked) == 50
        known = [arn for arn in arns(70) if first.fact_for(arn, NOON)]
        assert known == arns(50)

        second = live.at(NOON)
        second.learn(dict.fromkeys(arns(70), True))
        assert len(source.asked) == 70
        assert all(second.fact_for(arn, NOON) for arn in arns(70))

    def test_a_log_object_reads_what_is_remembered_together_and_a_process_only_once(self):
        source, facts = MemoryProfiles(dict.fromkeys(arns(30), (MODEL,))), MemoryProfileFacts()
        LiveProfiles(source, facts).at(NOON).learn(dict.fromkeys(arns(30), True))
        facts.reads.clear()

        live = LiveProfiles(source, facts)
        for _ in range(2):
            live.at(NOON).learn(dict.fromkeys(arns(30), True))

        assert facts.reads == [tuple(arns(30))]

    def test_the_memory_of_a_process_is_bounded(self, monkeypatch):
        monkeypatch.setattr(resolve_profiles, "MOST_REMEMBERED", 3)
        live = LiveProfiles(MemoryProfiles(), MemoryProfileFacts())

        live.at(NOON).learn(dict.fromkeys(arns(10), True))

        assert len(live.remembered) <= 3


class TestClosing:
    def test_it_asks_only_about_what_nobody_asked_before_and_remembers_it_first(self):
        source, facts = a_source(tenant="acme"), MemoryProfileFacts()

        first = closed(source, facts)
        source.tags = {ARN: {"tenant": "other"}}
        second = closed(source, facts, NOON + 9 * HOUR)

        assert first == second
        assert source.asked == [ARN]

    def test_an_hour_reads_what_is_remembered_together(self):
        facts = MemoryProfileFacts()
        source = MemoryProfiles(dict.fromkeys(arns(30), (MODEL,)))
        closing(source, facts).learn(dict.fromkeys(arns(30), True))
        facts.reads.clear()

        profiles = closing(source, facts, NOON + HOUR)
        profiles.learn(dict.fromkeys(arns(30), True))
        for arn in arns(30):
            profiles.learn({arn: True})
            profiles.learn({arn: False})

        assert facts.reads == [tuple(arns(30))]
        assert len(source.asked) == 30

    def test_what_was_not_found_is_so_for_an_hour_and_then_the_next_close_asks_again(self):
        source, facts = MemoryProfiles(), MemoryProfileFacts()

        assert closed(source, facts) is None
        source.models = {ARN: (MODEL,)}

        assert closed(source, facts, NOON + HOUR - SECOND) is None
        assert closed(source, facts, NOON + HOUR).found
        assert closed(source, facts, NOON + HOUR).asked_at == NOON + HOUR

    def test_what_one_lane_did_not_find_the_other_does_not_ask_about(self):
        source, facts = MemoryProfiles(), MemoryProfileFacts()
        shown(LiveProfiles(source, facts), NOON)

        assert closed(source, facts, NOON + MINUTE) is None
        assert shown(LiveProfiles(source, facts), NOON + MINUTE) is None
        assert source.asked == [ARN]

    @pytest.mark.parametrize("state", [{"unavailable": True}, {"refused": {ARN}}])
    def test_it_waits_rather_than_guesses(self, state):
        facts = MemoryProfileFacts()
        with pytest.raises(ProfilesUnavailable):
            closed(MemoryProfiles({ARN: (MODEL,)}, **state), facts)

        assert closed(a_source(tenant="acme"), facts).tags == {"tenant": "acme"}

    def test_it_needs_no_answer_about_a_profile_it_knows(self):
        source, facts = a_source(tenant="acme"), MemoryProfileFacts()
        closed(source, facts)
        source.unavailable = True

        assert closed(source, facts, NOON + HOUR).tags == {"tenant": "acme"}

    def test_a_refusal_keeps_the_hour_but_not_what_can_be_learnt_of_others(self):
        others = arns(3)
        source = MemoryProfiles(dict.fromkeys([ARN, *others], (MODEL,)), refused={ARN})
        facts = MemoryProfileFacts()

        with pytest.raises(ProfilesUnavailable, match="1 profiles"):
            closing(source, facts).learn(dict.fromkeys([ARN, *others], True))

        assert {fact.arn for fact in facts.kept.values()} == set(others)

    @pytest.mark.parametrize("found", [True, False])
    def test_a_close_asks_five_hundred_times_and_every_next_one_gets_further(self, found):
        named = dict.fromkeys(arns(1200), True)
        source = MemoryProfiles(dict.fromkeys(named, (MODEL,)) if found else {})
        facts = MemoryProfileFacts()

        for run, waiting in enumerate((700, 200)):
            with pytest.raises(ProfilesUnavailable, match=f"^{waiting} profiles"):
                closing(source, facts, NOON + run * HOUR).learn(named)
            assert len(source.asked) == 500 * (run + 1)

        profiles = closing(source, facts, NOON + 2 * HOUR)
        profiles.learn(named)
        assert set(source.asked) == set(named)
        assert all(bool(profiles.fact_for(arn, NOON)) is found for arn in named)

    def test_calls_that_come_one_by_one_have_one_budget(self):
        source = MemoryProfiles(dict.fromkeys(arns(501), (MODEL,)))
        profiles = closing(source, MemoryProfileFacts())

        for arn in arns(500):
            profiles.learn({arn: True})
        with pytest.raises(ProfilesUnavailable):
            profiles.learn(dict.fromkeys(arns(1, first=500), True))

        assert len(source.asked) == 500

    def test_a_service_that_stops_answering_in_between_has_not_been_asked_for_nothing(self):
        class Tired(MemoryProfiles):
            def ask(self, arn: str, at: datetime) -> ProfileFact:
                self.unavailable = len(self.asked) % 4 == 3
                return super().ask(arn, at)

        source, facts = Tired(dict.fromkeys(arns(9), (MODEL,))), MemoryProfileFacts()

        for _ in range(2):
            with pytest.raises(ProfilesUnavailable):
                closing(source, facts).learn(dict.fromkeys(arns(9), True))
        closing(source, facts).learn(dict.fromkeys(arns(8), True))

        assert len(facts.kept) == 8


@pytest.fixture(params=["live", "closing"])
def a_lane(request: pytest.FixtureRequest) -> Any:
    """`a_lane(source, facts, now)`: the profiles of one log object, or of one hour."""
    if request.param == "closing":
        return closing
    return lambda source, facts, now=NOON: LiveProfiles(source, facts).at(now)


class TestBothLanes:
    def test_only_calls_that_succeeded_make_them_ask(self, a_lane):
        source, facts = a_source(tenant="acme"), MemoryProfileFacts()
        profiles = a_lane(source, facts)

        profiles.learn(dict.fromkeys([ARN, *arns(3000)], False))
        assert source.asked == []
        assert profiles.fact_for(ARN, NOON) is None

        profiles.learn({ARN: True})
        assert source.asked == [ARN]
        assert profiles.fact_for(ARN, NOON).tags == {"tenant": "acme"}

    def test_for_a_failed_call_what_is_remembered_of_its_profile_counts(self, a_lane):
        source, facts = a_source(tenant="acme"), MemoryProfileFacts()
        closed(source, facts, NOON)

        profiles = a_lane(source, facts, NOON + 5 * HOUR)
        profiles.learn({ARN: False})

        assert profiles.fact_for(ARN, NOON + 5 * HOUR).tags == {"tenant": "acme"}
        assert source.asked == [ARN]

    def test_what_failed_calls_make_them_read_is_bounded(self, a_lane, monkeypatch):
        monkeypatch.setattr(resolve_profiles, "MOST_FAILED", 10)
        facts = MemoryProfileFacts()
        profiles = a_lane(MemoryProfiles(), facts)

        profiles.learn(dict.fromkeys(arns(8), False))
        profiles.learn(dict.fromkeys(arns(30, first=8), False))
        profiles.learn(dict.fromkeys(arns(30, first=40), False))

        assert sum(len(read) for read in facts.reads) == 10

    @pytest.mark.parametrize(
        "home",
        [{"account": "999999999999"}, {"region": "eu-west-1"}],
        ids=["another account", "another Region"],
    )
    def test_bedrock_would_refuse_profiles_that_are_not_ours_and_is_not_asked(self, a_lane, home):
        source, facts = MemoryProfiles({ARN: (MODEL,)}, **home), MemoryProfileFacts()

        profiles = a_lane(source, facts)
        profiles.learn({ARN: True})

        assert profiles.fact_for(ARN, NOON) is None
        assert source.asked == []
        assert facts.answered == {}
