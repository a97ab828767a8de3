"""What must hold of log objects beside their totals: conflicts recorded, objects listed."""

from collections.abc import Iterator, Mapping

from simulate.facts import Attempt, HistoryFacts
from simulate.lines import MeteredAs
from simulate.world import World


def object_violations(
    world: World, facts: HistoryFacts, chosen: Mapping[str, MeteredAs]
) -> Iterator[str]:
    """Return what is wrong, given these outcomes of the log objects."""
    yield from _refused(world, facts, chosen)
    yield from _given_up(world, facts, chosen)


def _refused(world: World, facts: HistoryFacts, chosen: Mapping[str, MeteredAs]) -> Iterator[str]:
    """Other bytes for a metered object were recorded as an identity conflict."""
    refused = {
        reject.object_id
        for rejected in world.raw["quarantine"].files()
        for reject in rejected.rejects
        if reject.reason == "identity_conflict"
    }
    for key, outcome in chosen.items():
        is_refused = world.log_object(key).object_id in refused
        if is_refused and not any(_is_other(one, outcome) for one in facts.attempts[key]):
            yield f"an identity conflict of {key[-36:]} without other bytes"
        given_up = max((one.ended for one in facts.givings[key]), default=0)
        since = [one for one in facts.well(key) if one.begun >= given_up]
        if outcome.body and not is_refused and any(_is_other(one, outcome) for one in since):
            yield f"no identity conflict of {key[-36:]}, whose bytes are other ones"


def _is_other(one: Attempt, outcome: MeteredAs) -> bool:
    return one.body is not None and one.body != outcome.body


def _given_up(world: World, facts: HistoryFacts, chosen: Mapping[str, MeteredAs]) -> Iterator[str]:
    """The log objects listed as not metered are those given up and not metered since."""
    listed = {one.key for one in world.raw["manifests"].not_metered()}
    for key, outcome in chosen.items():
        is_unmetered = outcome.body is None
        if key in listed and not (is_unmetered and facts.givings[key]):
            yield f"{key[-36:]} is listed as not metered"
        if is_unmetered and key not in listed and not facts.is_nobodys(key):
            yield f"{key[-36:]} is not metered, and not listed"
