"""Resolve profiles: from the ARNs in calls to models and tags, for both lanes.

The profiles of a log object, or of an hour, are gathered first; the facts that are stored about
them are read together, and Bedrock is asked about the others, within a budget. The live lane needs
an answer at once or does without; closing never takes a failed request for an answer.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from bedrock_meter.domain.policy.profile import Known, ProfileFact, fact_at
from bedrock_meter.domain.records.memory import forget_if_full
from bedrock_meter.domain.time.hours import Hour, start_of
from bedrock_meter.ports.profiles import (
    ProfileFacts,
    ProfileRefused,
    ProfileSource,
    ProfilesUnavailable,
)

FOUND_FOR = timedelta(hours=1)
"""How long an answer holds for the live lane, so that a changed tag is noticed within the hour."""
MISSING_FOR = timedelta(hours=1)
"""How long a profile that was not found stays so for both lanes, unless closing must go on."""
UNAVAILABLE_FOR = timedelta(minutes=1)

MOST_LIVE_QUESTIONS = 50
"""Questions for one log object: at 0.2 s each, 10 of the 300 seconds that the ingest has."""
MOST_CLOSING_QUESTIONS = 500
"""Questions for one close: an account has 1,000 profiles in a Region, so two closes know all."""
MOST_FAILED = 20_000
"""Profiles of failed calls that are read; any caller can invent their ids."""
MOST_REMEMBERED = 10_000

# Older facts only matter to calls that are not live any more.
_LIVE_REACH = timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


class _Profiles(ABC):
    """What is known of profiles while one log object is read, or one hour is closed."""

    def __init__(self, facts: ProfileFacts, since: datetime) -> None:
        self._facts = facts
        self._since = since
        self._known: dict[str, tuple[ProfileFact, ...]] = {}
        self._settled: set[str] = set()

    def fact_for(self, arn: str, at: datetime) -> ProfileFact | None:
        """Return the fact in force for a call; None when nothing is known."""
        return fact_at(self._known.get(arn, ()), at)

    def learn(self, named: Mapping[str, bool]) -> None:
        """Find out about profiles that are new to this object or hour.

        For a profile that only failed calls name, the stored facts are enough.
        """
        if named.keys() <= self._settled:
            return  # as for nearly every call that is valued
        asked = sorted(arn for arn, good in named.items() if good and arn not in self._settled)
        failed = sorted(arn for arn, good in named.items() if not good and arn not in self._known)
        unread = [*asked, *failed[: max(0, MOST_FAILED - len(self._known))]]
        if not unread:
            return
        known = self._read(unread)
        self._note(known)
        self._settle({arn: known[arn] for arn in asked})
        self._settled.update(asked)

    def _read(self, arns: Collection[str]) -> dict[str, Known]:
        return self._facts.read(arns, self._since) if arns else {}

    def _note(self, known: Mapping[str, Known]) -> None:
        self._known.update((arn, one.facts) for arn, one in known.items())

    @abstractmethod
    def _settle(self, known: Mapping[str, Known]) -> None:
        """Ask about profiles of which too little is known; calls that succeeded named them."""


class ClosingProfiles(_Profiles):
    """Profiles as they were at each call of an hour that is closed.

    A profile with any fact is not asked about; one that was not found is asked about again once
    that answer no longer holds. `learn` raises `ProfilesUnavailable` when a profile stays without
    an answer: closing the hour then waits, and continues with what is known by then.
    """

    def __init__(
        self, hour: Hour, *, source: ProfileSource, facts: ProfileFacts, now: datetime
    ) -> None:
        super().__init__(facts, start_of(hour))
        self._source = source
        self._now = now
        self._left = MOST_CLOSING_QUESTIONS

    def _settle(self, known: Mapping[str, Known]) -> None:
        unsure = [arn for arn, one in known.items() if not one.facts and not one.holds(self._now)]
        # Those that were never asked about come first, so that every close gets further.
        ours = sorted(
            filter(self._source.is_ours, unsure), key=lambda arn: known[arn].asked_at or _NEVER
        )
        asked, later = ours[: self._left], ours[self._left :]
        self._left -= len(asked)
        refused = self._ask(asked)
        if refused:
            raise ProfilesUnavailable(f"{len(refused)} profiles, the first: {refused[0]}")
        # Beyond the budget an answer that no longer holds is enough, or a close might never end.
        never = [arn for arn in later if known[arn].asked_at is None]
        if never:
            raise ProfilesUnavailable(
                f"{len(never)} profiles wait for a question, the first is {never[0]}; "
                f"one close asks {MOST_CLOSING_QUESTIONS} times at most"
            )

    def _ask(self, arns: Collection[str]) -> list[ProfileRefused]:
        """Ask and remember; the stored facts count, so that the next close sees the same."""
        refused = []
        for arn in arns:
            try:
                answer = self._source.ask(arn, self._now)
            except ProfileRefused as refusal:
                refused.append(refusal)
            else:
                self._facts.remember(answer, _end_of(answer))
        self._note(self._read(arns))
        return refused


class LiveProfiles:
    """What one process remembers of profiles for the live lane, from one log object to the next."""

    def __init__(self, source: ProfileSource, facts: ProfileFacts) -> None:
        self.source = source
        self.facts = facts
        self.remembered: dict[str, Known] = {}
        self.quiet_until = _NEVER

    def at(self, now: datetime) -> "LogObjectProfiles":
        """Begin a log object, with a budget of its own."""
        return LogObjectProfiles(self, now)

    def remember(self, arn: str, known: Known) -> None:
        """Keep what is known of a profile until it no longer holds."""
        forget_if_full(self.remembered, MOST_REMEMBERED)
        self.remembered[arn] = known


class LogObjectProfiles(_Profiles):
    """Profiles for the live lane: what it cannot learn now is not known.

    Answers are shared by all processes and hold for an hour. A deleted profile keeps its last
    facts. When Bedrock does not answer, or refuses one profile, the next question waits a minute.
    """

    def __init__(self, process: LiveProfiles, now: datetime) -> None:
        super().__init__(process.facts, now - _LIVE_REACH)
        self._process = process
        self._now = now
        self._left = MOST_LIVE_QUESTIONS

    def _read(self, arns: Collection[str]) -> dict[str, Known]:
        remembered = self._process.remembered
        held = {arn: remembered[arn] for arn in arns if arn in remembered}
        held = {arn: known for arn, known in held.items() if known.holds(self._now)}
        return held | super()._read([arn for arn in arns if arn not in held])

    def _settle(self, known: Mapping[str, Known]) -> None:
        for arn, one in known.items():
            if not one.holds(self._now):
                one = self._asked(arn, one)
                self._note({arn: one})
            if one.holds(self._now):
                self._process.remember(arn, one)

    def _asked(self, arn: str, known: Known) -> Known:
        """Ask about a profile if that is allowed now; otherwise return what is known."""
        process, now = self._process, self._now
        if not process.source.is_ours(arn):
            return known._replace(until=now + MISSING_FOR)
        if not self._left or now < process.quiet_until:
            return known
        self._left -= 1
        try:
            answer = process.source.ask(arn, now)
            process.facts.remember(answer, _end_of(answer))
        except ProfileRefused:
            return known._replace(until=now + UNAVAILABLE_FOR)
        except ProfilesUnavailable:
            process.quiet_until = now + UNAVAILABLE_FOR
            return known
        return self._facts.read([arn], self._since)[arn]


def _end_of(answer: ProfileFact) -> datetime:
    """Return until when an answer holds."""
    return answer.asked_at + (FOUND_FOR if answer.found else MISSING_FOR)
