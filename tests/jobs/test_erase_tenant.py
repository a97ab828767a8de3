"""Erasing: the id is gone from evidence and all that follows; every number stays."""

from io import BytesIO
from typing import Any

import pytest

from bedrock_meter.domain.policy.decisions import BOOK, POLICY, Decision
from bedrock_meter.domain.policy.erased_policy import policy_without
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.profile import ProfileFact, fact_at
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.time.hours import Day, Hour
from bedrock_meter.domain.totals.erasure import CannotErase, spellings_of
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.erase_tenant import Erased, erase_tenant, find_tenant
from bedrock_meter.jobs.rebuild_totals import Rebuilt, rebuild_totals
from bedrock_meter.jobs.value_calls import policy_for
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.profiles import MemoryProfileFacts
from bedrock_meter.local.tenant_names import MemoryTenantNames
from bedrock_meter.logs.spool import evidence_file
from bedrock_meter.ports import EvidenceFile
from tests.builders import ACCOUNT, NINE, REGION, an_evidence, at
from tests.jobs.world import BOOK as PRICES
from tests.jobs.world import World

SIX, TEN = Hour("2026-11-21T06"), Hour("2026-11-21T10")
ME = "jo@example.com"
NEW = "erased-1"
CALL = 1_500_000 * 10**9
PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/a1b2c3d4e5f6"
HAIKU_ARN = f"arn:aws:bedrock:{REGION}::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"


class Erasable(World):
    """A world whose closes look up policies and profile facts."""

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.decisions, self.policies = MemoryDecisions(), MemoryPolicies()
        self.facts = MemoryProfileFacts()
        self.names = MemoryTenantNames(
            self.usage, self.closings, self.decisions, self.policies, self.facts
        )
        if document:
            policy = Policy.from_document(document)
            self.policies.put(policy)
            self.decisions.append(Decision(POLICY, policy.id, None, None, None, at("08:00")))

    def valuation(self, hour: Hour | None = None) -> Valuation:
        def fact(arn: str, _at: Any) -> ProfileFact | None:
            return fact_at(self.facts.read([arn], at("08:00"))[arn].facts, at("08:00"))

        return Valuation(policy_for(hour or NINE, self.decisions, self.policies), PRICES, fact)

    def erase(self, tenant: str = ME, **options: Any) -> str:
        return self.erased(tenant, **options).pseudonym

    def erased(self, tenant: str = ME, **options: Any) -> Erased:
        return erase_tenant(
            tenant,
            **{"proposed": NEW, "everywhere": False, "now": at("12:00")} | options,
            names=self.names,
            hours=self.hours,
            evidence=self.evidence,
            manifests=self.manifests,
            live=self.live,
            decisions=self.decisions,
            policies=self.policies,
            valuation_for=self.valuation,
            write=evidence_file,
        )

    def rebuilt(self) -> Rebuilt:
        return rebuild_totals(
            [Day("2026-11-21")],
            hours=self.hours,
            evidence=self.evidence,
            closings=self.closings,
            usage=self.usage,
            valuation_for=self.valuation,
        )

    def everything(self) -> str:
        """All that is stored, as text."""
        evidence = [
            one
            for part, object_id in self.evidence.kept
            for one in self.evidence.read(EvidenceFile(part, object_id))
        ]
        kept = (
            evidence,
            self.usage.__dict__,
            self.closings.__dict__,
            self.rollups.hours,
            self.decisions.kept,
            [policy.document for policy in self.policies.kept.values()],
            self.facts.kept,
            self.names.erasing,
        )
        return repr(kept)


def mine(number: int = 1, time: str = "09:05:00", **changes: Any) -> Evidence:
    return an_evidence(f"m-{number}", time, **{"metadata": {"tenantId": ME}} | changes)


def closed(world: Erasable, *evidence: Evidence) -> Erasable:
    world.ingest("one", *evidence, an_evidence("r-1"))
    world.fold()
    world.run("11:20")
    return world


def check_gone(world: Erasable, calls: int) -> None:
    assert ME not in world.everything().replace(repr(world.rollups.hours), "")
    assert world.closed(NEW, NINE) == calls * CALL
    world.run("12:20")
    assert ME not in world.everything()
    assert world.closed(NEW, NINE) == calls * CALL
    assert world.closed("acme", NINE) == CALL
    assert (world.rebuilt().differences, world.rebuilt().waiting) == ((), ())
    assert world.rebuilt().compared > 0


def test_the_id_is_gone_and_every_number_stays() -> None:
    world = closed(Erasable(), mine(1), mine(2), mine(3, "10:10:00"))
    before = world.usage.months[ME, "2026-11"].total

    assert world.erase() == NEW

    check_gone(world, calls=2)
    assert world.usage.months[NEW, "2026-11"].total == before
    assert (NEW, 3 * CALL) in world.usage.top("2026-11")


def test_totals_show_the_pseudonym_before_anything_is_closed_again() -> None:
    world = closed(Erasable(), mine())

    world.erase()

    assert world.closed(NEW, NINE) == CALL
    assert (ME, NINE) not in world.usage.hours
    assert not world.usage.live_hours(ME)


def test_closing_again_after_an_erasing_corrects_nothing() -> None:
    world = closed(Erasable(), mine())
    world.erase()

    assert NINE in world.run("12:20")

    assert world.closings.corrections(NINE, world.hours.row(NINE).published) == []


def test_corrections_of_before_tell_the_pseudonym() -> None:
    world = closed(Erasable(), mine())
    world.ingest("late", mine(9))
    world.run("12:20")

    world.erase()

    (told,) = world.closings.corrections(NINE, world.hours.row(NINE).published)
    assert (told.tenant, told.new.cost) == (NEW, 2 * CALL)


def test_a_tenant_of_the_policy_keeps_its_terms_under_the_pseudonym() -> None:
    half = {"contract": {"kind": "percent", "off": "50"}}
    known = {"names": ["Jo"], "sessions": ["app/jo-session"]}
    world = Erasable({"version": 1, "tenants": {ME: {**half, "recognised_by": known}}})
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/jo-session"
    closed(
        world,
        mine(1),
        mine(2, metadata={"tenantId": "Jo"}),
        mine(3, metadata=None, principal=session),
    )
    assert world.closed(ME, NINE) == 3 * CALL // 2

    world.erase()

    assert world.closed(NEW, NINE) == 3 * CALL // 2
    world.run("12:20")
    assert world.closed(NEW, NINE) == 3 * CALL // 2
    assert ME not in world.everything()
    assert "'Jo'" not in world.everything()
    assert world.rebuilt().differences == ()


def test_a_name_in_the_session_goes_where_the_session_names_the_tenant() -> None:
    world = Erasable({"version": 1, "attribution": {"session_patterns": ["app/{tenant}"]}})
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{ME}"
    other = mine(2, metadata={"tenantId": "other"}, principal=f"{session}-2")
    world.ingest("one", mine(1, metadata=None, principal=session), other)
    world.run("11:20")

    world.erase()
    world.run("12:20")

    assert repr(ME) not in world.everything()
    assert f"/{ME}'" not in world.everything()
    assert world.closed(NEW, NINE) == CALL
    assert f"{session}-2" in world.everything()  # somebody else's


USER = f"arn:aws:iam::{ACCOUNT}:user/{ME}"
BATCH = f"arn:aws:sts::{ACCOUNT}:assumed-role/batch/{ME}"


@pytest.mark.parametrize(
    ("known", "principal"),
    [
        ({"principals": [USER]}, USER),
        ({"sessions": [f"batch/{ME}"]}, BATCH),
        ({"sessions": f"*/{ME}"}, BATCH),
        ({"principals": [BATCH]}, BATCH),
    ],
    ids=["user", "session", "any role", "session ARN"],
)
def test_calls_whose_identity_holds_the_id_stay_the_tenants(
    known: dict[str, Any], principal: str
) -> None:
    world = Erasable({"version": 1, "tenants": {ME: {"recognised_by": known}}})
    closed(world, mine(1), mine(2, metadata=None, principal=principal))
    assert world.closed(ME, NINE) == 2 * CALL

    world.erase()

    assert world.rebuilt().differences == ()
    check_gone(world, calls=2)
    assert (None, NINE) not in world.usage.hours


def test_between_the_steps_of_an_erasing_no_close_takes_a_call_from_the_tenant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = Erasable({"version": 1, "tenants": {ME: {"recognised_by": {"principals": [USER]}}}})
    closed(world, mine(1), mine(2, metadata=None, principal=USER))
    with monkeypatch.context() as patch:
        patch.setattr(world.names, "rename_files", _dies)
        with pytest.raises(KeyboardInterrupt):
            world.erase()

    world.hours.ask(NINE)
    world.run("12:20")

    assert world.closed(NEW, NINE) + world.closed(ME, NINE) == 2 * CALL
    world.erase()
    world.run("13:20")
    check_gone(world, calls=2)


def test_contact_and_attributes_that_hold_the_id_go_and_what_stays_is_listed() -> None:
    section = {
        "attributes": {"company": "Jo Ltd", "department": ME},
        "contact": f"arn:aws:sns:{REGION}:{ACCOUNT}:jo",
        "recognised_by": {"roles": ["jo-*"], "names": ["Jo"]},
    }
    document = {
        "version": 1,
        "attribution": {"may_state": {"roles": ["app"], "sessions": [f"ops/{ME}"]}},
        "tenants": {ME: section, "acme": {}},
    }
    world = closed(
        Erasable(document), mine(1, principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s")
    )

    left = world.erased().left

    (policy,) = world.policies.kept.values()
    kept = policy.document["tenants"][NEW]
    assert kept["attributes"] == {"company": "Jo Ltd", "department": NEW}
    assert "contact" not in kept
    assert left == (
        f'attribution.may_state.sessions[0]: "ops/{ME}"',
        f'tenants.{NEW}.attributes.company: "Jo Ltd"',
        f'tenants.{NEW}.recognised_by.roles[0]: "jo-*"',
    )


def test_an_unlisted_tenant_whose_session_may_state_ids_is_believed_under_the_pseudonym() -> None:
    document = {"attribution": {"may_state": {"roles": ["app"], "sessions": [f"batch/{ME}"]}}}
    app = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"
    world = Erasable(document)
    world.ingest("one", mine(1, principal=BATCH), an_evidence("r-1", principal=app))
    world.run("11:20")
    assert world.closed(ME, NINE) == CALL

    world.erase()
    world.run("12:20")

    assert world.closed(NEW, NINE) == CALL
    assert world.rebuilt().differences == ()


def test_a_call_that_was_pooled_is_reached_too() -> None:
    world = Erasable({"attribution": {"most_unlisted": 1}})
    larger = [an_evidence(f"b-{n}", metadata={"tenantId": "big"}) for n in range(3)]
    world.ingest("one", mine(1), *larger, an_evidence("r-1"), an_evidence("r-2"))
    world.ingest("two", mine(2, "06:20:00"))
    world.run("11:20")
    assert (ME, NINE) not in world.usage.hours
    assert world.closed(ME, SIX) == CALL

    world.erase()
    world.run("12:20")

    assert ME not in world.everything()
    assert world.closed(NEW, SIX) == CALL
    assert world.rebuilt().differences == ()


def test_hours_with_a_pool_that_does_not_hold_the_tenant_are_not_closed_again() -> None:
    world = Erasable({"attribution": {"most_unlisted": 1}})
    larger = [an_evidence(f"b-{n}", metadata={"tenantId": "big"}) for n in range(3)]
    world.ingest("one", *larger, an_evidence("r-1"), an_evidence("r-2"))
    world.ingest("two", mine(2, "06:20:00"))
    world.run("11:20")

    world.erase()

    assert [hour for hour, row in world.hours.kept.items() if row.is_due()] == [SIX]


def test_calls_of_others_that_hold_the_same_word_are_counted() -> None:
    world = Erasable()
    other = an_evidence("o-1", metadata={"tenantId": "acme", "user": ME})
    world.ingest("one", mine(1), other)
    world.run("11:20")

    assert world.erased(everywhere=True).of_others == 1
    assert f"'user': '{ME}'" in world.everything()


def test_a_name_among_the_tags_of_a_profile_goes_from_what_is_remembered_of_it() -> None:
    world = Erasable()
    tags = {"tenantId": ME}
    fact = ProfileFact(PROFILE, (HAIKU_ARN,), "in_region", tags, at("08:00"), found=True)
    world.facts.remember(fact, at("09:00"))
    world.ingest("one", mine(1, metadata=None, model_id=PROFILE))
    world.run("11:20")
    cost = world.closed(ME, NINE)
    assert cost > 0

    world.erase()
    world.run("12:20")

    assert ME not in world.everything()
    assert world.closed(NEW, NINE) == cost
    assert world.rebuilt().differences == ()


def test_a_book_decided_for_the_tenant_goes_on_holding() -> None:
    world = closed(Erasable(), mine())
    world.decisions.append(Decision(BOOK, "b", NINE, TEN, ME, at("08:00")))

    world.erase()

    assert [one.tenant for one in world.decisions.decisions(BOOK)] == [NEW]


def test_a_word_that_is_also_something_else_stays_what_it_is() -> None:
    world = Erasable()
    world.ingest(
        "one",
        an_evidence("m-1", metadata={"tenantId": "test", "user": "test"}),
        an_evidence("r-1", metadata={"tenantId": "acme", "environment": "test"}),
    )
    world.run("11:20")

    world.erase("test")

    (file,) = world.evidence.files(NINE)
    kept = [one.metadata for one in world.evidence.read(file)]
    assert kept == [
        {"tenantId": NEW, "user": NEW},
        {"tenantId": "acme", "environment": "test"},
    ]


def test_calls_where_the_id_lost_against_another_name_are_found_everywhere() -> None:
    world = Erasable({"version": 1, "tenants": {"acme": {"recognised_by": {"roles": ["app"]}}}})
    world.ingest("one", mine(1))
    world.run("11:20")
    assert find_tenant(ME, names=world.names, hours=world.hours).hours == ()

    world.erase(everywhere=True)

    assert ME not in world.everything().replace(repr(world.rollups.hours), "")
    assert world.closed("acme", NINE) == CALL


def test_a_tenant_that_nobody_may_state_is_looked_for_in_hours_that_it_has_no_total_of() -> None:
    policy = {"version": 1, "tenants": {ME: {"witness_only": True}}}
    world = closed(Erasable(policy), mine())
    assert find_tenant(ME, names=world.names, hours=world.hours).hours == ()

    world.erase()
    assert world.rebuilt().differences == ()

    world.run("12:20")
    assert ME not in world.everything()
    assert world.closed(None, NINE) == CALL
    assert (world.rebuilt().differences, world.rebuilt().waiting) == ((), ())


HALF = {"contract": {"kind": "percent", "off": "50"}}
OTHER_NAME = {"recognised_by": {"names": ["b"]}}


@pytest.mark.parametrize(
    ("before", "later"),
    [
        ({ME: {}, "b": HALF}, {ME: OTHER_NAME}),
        ({ME: {}, "c": {**HALF, **OTHER_NAME}}, {ME: OTHER_NAME}),
        ({ME: OTHER_NAME}, {ME: {}, "b": HALF}),
    ],
    ids=["a tenant before", "a name of another before", "a tenant later"],
)
def test_another_name_that_meant_somebody_else_at_another_time_costs_nobody_anything(
    before: dict[str, Any], later: dict[str, Any]
) -> None:
    world = Erasable({"tenants": before})
    policy = Policy.from_document({"tenants": later})
    world.policies.put(policy)
    world.decisions.append(Decision(POLICY, policy.id, TEN, None, None, at("08:30")))
    named = {"metadata": {"tenantId": "b"}}
    world.ingest("one", mine(1), mine(2, "10:05:00"), an_evidence("b-1", **named))
    world.ingest("two", an_evidence("b-2", "10:06:00", **named))
    world.fold()
    world.run("11:20")
    costs = {key: held.total.cost for key, held in world.usage.hours.items()}

    erased = world.erased()
    world.run("12:20")

    assert {key: held.total.cost for key, held in world.usage.hours.items()} == {
        (NEW if name == ME else name, hour): cost for (name, hour), cost in costs.items()
    }
    assert world.rebuilt().differences == ()
    assert ME not in world.everything()
    assert any('"b"' in line for line in erased.left) == (NEW in str(erased.left))


def test_so_it_is_where_the_tag_of_a_profile_holds_the_other_name() -> None:
    world = Erasable({"tenants": {"globex": {"recognised_by": {"names": [ME]}}}})
    tags = {"tenantId": ME}
    fact = ProfileFact(PROFILE, (HAIKU_ARN,), "in_region", tags, at("08:00"), found=True)
    world.facts.remember(fact, at("09:00"))
    closed(world, mine(1, metadata=None, model_id=PROFILE))
    cost = world.closed("globex", NINE)
    assert cost > 0

    world.erase(everywhere=True)
    world.run("12:20")

    assert world.closed("globex", NINE) == cost
    assert ME not in world.everything()
    assert world.rebuilt().differences == ()


def test_an_id_that_is_another_name_of_somebody_is_erased_and_the_calls_stay_theirs() -> None:
    world = Erasable({"tenants": {"globex": {"recognised_by": {"names": [ME]}}}})
    closed(world, mine(1))
    assert world.closed("globex", NINE) == CALL

    world.erase(everywhere=True)
    world.run("12:20")

    assert world.closed("globex", NINE) == CALL
    assert ME not in world.everything()
    assert world.rebuilt().differences == ()


def test_hours_that_are_not_closed_come_first() -> None:
    world = Erasable()
    world.ingest("one", mine())
    world.fold()

    assert find_tenant(ME, names=world.names, hours=world.hours).unclosed == (NINE,)
    with pytest.raises(CannotErase, match="not closed, the first 2026-11-21T09"):
        world.erase()


def test_looking_for_a_tenant_writes_nothing() -> None:
    world = closed(Erasable(), mine())
    before = world.everything()

    assert find_tenant(ME, names=world.names, hours=world.hours).hours == (NINE,)

    assert world.everything() == before


@pytest.mark.parametrize("step", ["rename_policy", "rename_files", "rename_rows", "finish"])
def test_an_erasing_that_died_half_way_goes_on_under_the_same_pseudonym(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = {"contract": {"kind": "percent", "off": "50"}}
    known = {"names": ["Jo"]}
    world = Erasable({"version": 1, "tenants": {ME: {**half, "recognised_by": known}}})
    closed(world, mine(1), mine(2, metadata={"tenantId": "Jo"}))
    with monkeypatch.context() as patch:
        patch.setattr(world.names, step, _dies)
        with pytest.raises(KeyboardInterrupt):
            world.erase()

    world.run("12:20")
    assert world.erase(proposed="erased-2") == NEW

    world.run("13:20")
    assert ME not in world.everything()
    assert "'Jo'" not in world.everything()
    assert world.closed(NEW, NINE) == CALL
    assert world.rebuilt().differences == ()


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_replay_brings_the_id_back_and_a_second_erasing_takes_it_away() -> None:
    world = closed(Erasable(), mine())
    world.erase()
    world.run("12:20")
    world.ingest("one", mine(), an_evidence("r-1"), is_live=False)
    world.run("13:20")
    assert (world.closed(ME, NINE), world.closed(NEW, NINE)) == (CALL, 0)

    assert world.erase(proposed="erased-2") == "erased-2"
    world.run("14:20")

    assert ME not in world.everything()
    assert world.closed("erased-2", NINE) == CALL
    assert world.rebuilt().differences == ()


def test_a_redelivery_keeps_the_pseudonym_whatever_release_reads_it() -> None:
    world = closed(Erasable(), mine())
    world.erase()

    for version in (1, 2):
        assert world.ingest("one", mine(), an_evidence("r-1"), version=version).is_known

    check_gone(world, calls=1)


def test_a_replay_says_that_it_restores_an_erased_name() -> None:
    world = closed(Erasable(), mine())
    world.erase()

    assert world.ingest("one", mine(), an_evidence("r-1"), is_live=False).is_restored
    assert not world.ingest("one", mine(), an_evidence("r-1"), is_live=False).is_restored


def test_a_reading_that_began_before_the_erasing_cannot_bring_the_id_back() -> None:
    world = closed(Erasable(), mine())
    part = world.evidence.files(NINE)[0].part
    object_id = world.evidence.files(NINE)[0].object_id
    generation, body = world.evidence.kept[part, object_id]
    world.erase()

    assert not world.evidence.put(part, object_id, generation, BytesIO(body))


def test_an_object_that_is_being_read_anew_is_not_erased_half_way() -> None:
    world = closed(Erasable(), mine())
    (noted,) = world.manifests.manifests.values()
    world.manifests.manifests[noted.object_id] = noted._replace(settled=False)

    with pytest.raises(CannotErase, match="being metered"):
        world.erase()


def test_other_policies_stay_the_documents_they_are() -> None:
    policy = Policy.from_document({"version": 1, "tenants": {"acme": {}}})

    assert policy_without(policy, spellings_of(ME, [policy]), NEW) is policy


def test_a_tenant_whose_hour_is_closed_during_its_erasing_stays_among_the_largest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = closed(Erasable(), mine())

    def close_and_die(*_: object) -> None:
        world.hours.ask(NINE)
        world.run("12:20")
        _dies()

    with monkeypatch.context() as patch:
        patch.setattr(world.names, "rename_files", close_and_die)
        with pytest.raises(KeyboardInterrupt):
            world.erase()

    world.erase()
    world.run("13:20")

    assert dict(world.usage.top(Day("2026-11-21"))) == {NEW: CALL, "acme": CALL}


def test_a_message_that_comes_again_brings_no_name_back_even_where_the_copy_has_ended() -> None:
    world = closed(Erasable(), mine())
    world.erase()
    world.live.copies.clear()

    for version in (1, 2):
        world.ingest("one", mine(), an_evidence("r-1"), version=version)

    check_gone(world, calls=1)


def test_a_message_at_work_while_a_tenant_is_erased_brings_no_name_back() -> None:
    world = closed(Erasable(), mine())
    world.live.copies.clear()
    read = world.manifests.read

    def erased_first(object_id: str) -> Any:
        del world.manifests.read
        world.erase()
        return read(object_id)

    world.manifests.read = erased_first
    world.ingest("one", mine(), an_evidence("r-1"))

    check_gone(world, calls=1)


def test_an_hour_that_is_closed_right_after_the_search_is_not_renamed_by_its_total_alone() -> None:
    world = Erasable()
    world.ingest("one", an_evidence(metadata={"tenantId": ME}))
    hours, looked = world.names.hours, []

    def then_closed(tenant: str) -> list[Hour]:
        found = hours(tenant)
        if not looked:
            looked.append(tenant)
            world.run("10:20")
        return found

    world.names.hours = then_closed

    with pytest.raises(CannotErase, match="was closed meanwhile"):
        world.erase()
    assert (ME, NINE) in world.usage.hours
    world.erase()
    world.run("11:20")

    assert ME not in world.everything()
    assert world.closed(NEW, NINE) == CALL


def test_a_close_that_begins_just_before_an_hour_is_shut_out_is_not_overlooked() -> None:
    world = closed(Erasable(), mine())
    mark = world.hours.mark

    def marked_by_another_first(hour: Hour, now: Any) -> Any:
        mark(hour, now)
        return mark(hour, now)

    world.hours.mark = marked_by_another_first
    with pytest.raises(CannotErase, match="is being closed just now"):
        world.erase()

    assert world.closed(ME, NINE) == CALL


def test_an_hour_that_is_asked_for_meanwhile_is_closed_first() -> None:
    world = closed(Erasable(), mine())
    begin = world.names.begin

    def asked_meanwhile(*args: Any) -> Any:
        world.hours.ask(NINE)
        return begin(*args)

    world.names.begin = asked_meanwhile
    with pytest.raises(CannotErase, match="waits to be closed"):
        world.erase()

    assert world.closed(ME, NINE) == CALL


def test_an_erasing_that_is_refused_changes_no_policy_and_no_total() -> None:
    world = closed(Erasable({"tenants": {ME: {}}}), mine(), an_evidence("r-5", "10:20:00"))
    world.hours.ask(TEN)  # beside an hour of the tenant
    before = world.everything()

    with pytest.raises(CannotErase, match=f"{TEN} waits to be closed"):
        world.erase(everywhere=True)

    begun = dict(world.names.erasing)
    world.names.erasing.clear()
    assert world.everything() == before
    assert world.rebuilt().differences == ()

    world.names.erasing.update(begun)
    world.run("12:20")
    assert world.erase(now=at("12:30")) == NEW
