"""Rename a tenant in evidence, file by file; no older reading may put the name back."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import BinaryIO

from bedrock_meter.domain.policy.erased_policy import policy_without
from bedrock_meter.domain.policy.profile import profile_arn_for
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.manifest import erased
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.domain.totals.erasure import (
    CannotErase,
    Erasing,
    holds_name,
    without_alias,
    without_name,
)
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.ports import EvidenceFile, EvidenceStore, LiveTable, ManifestStore
from bedrock_meter.ports.tenant_names import TenantNames

type Write = Callable[[Part, Iterable[Evidence]], AbstractContextManager[BinaryIO]]
"""Make the evidence file of a part of an hour; as a context manager it frees its space."""


class Renaming:
    """Renames evidence of one hour, and checks that it leads to the pseudonym alone.

    `found` says whether a call named the tenant, or names the pseudonym already.
    """

    def __init__(
        self,
        erasing: Erasing,
        names: TenantNames,
        valuation_for: Callable[[Hour], Valuation],
        hour: Hour,
    ) -> None:
        self._pseudonym, self._spellings = erasing
        self._names = names
        self._value = partial(valuation_for, hour)
        self._renamed_profiles: set[str] = set()
        self.found = False
        self._decide()

    def _decide(self) -> None:
        """Take the valuation in force: by it a call is the tenant's whatever name it holds."""
        self._during = self._value()
        after = policy_without(self._during.policy, self._spellings, self._pseudonym)
        self._after = self._during.under(after)

    def of(self, evidence: Evidence) -> Evidence:
        """Return a call that names the pseudonym; `CannotErase` if it would not lead there."""
        named = _named_by(evidence, self._during)
        is_own = named in {self._pseudonym, *self._spellings}
        stated = without_alias(evidence, self._spellings, self._pseudonym, self._during.policy)
        self.found |= is_own or holds_name(stated, frozenset({self._pseudonym}))
        if not is_own:
            if _named_by(stated, self._after) != named:  # by a tag that is another name of theirs
                self._rename_profile(stated)
            return stated
        renamed = without_name(stated, self._spellings, self._pseudonym)
        self._rename_profile(renamed)
        if _named_by(renamed, self._after) != self._pseudonym:
            raise CannotErase(
                f"a call of {evidence.at} would not lead to {self._pseudonym!r}, but to "
                f"{_named_by(renamed, self._after)!r}, by {renamed.principal}"
            )
        return renamed

    def is_named_in(self, renamed: Evidence) -> bool:
        """Return whether a call holds the name still: then it is somebody else's."""
        return holds_name(renamed, self._spellings)

    def _rename_profile(self, evidence: Evidence) -> None:
        """The tags of the profile may hold the name: facts about it are renamed, and read again."""
        arn = profile_arn_for(evidence.model_id, account=evidence.account, region=evidence.region)
        if arn and arn not in self._renamed_profiles:
            self._renamed_profiles.add(arn)
            self._names.rename_facts(arn, self._spellings, self._pseudonym)
            self._decide()


def _named_by(evidence: Evidence, valuation: Valuation) -> Tenant:
    return valuation.of(evidence)[0].tenant


class Generations:
    """Raises the generation of each log object once, before its evidence names a pseudonym."""

    def __init__(self, manifests: ManifestStore, live: LiveTable, now: datetime) -> None:
        self._manifests, self._live, self._now = manifests, live, now
        self._raised: dict[str, int] = {}

    def of(self, object_id: str) -> int:
        """Return the generation to write with; what an older reading still writes stays out."""
        if object_id not in self._raised:
            self._raised[object_id] = self._raise(object_id)
        return self._raised[object_id]

    def _raise(self, object_id: str) -> int:
        noted = self._manifests.read(object_id)
        if noted and noted.manifest.settled:
            manifest = erased(noted.manifest, self._now)
            if self._manifests.put(manifest, noted.tag) is not None:
                self._live.keep_copy(manifest)
                return manifest.generation
        raise CannotErase(f"{object_id} is being metered just now; erase again in some minutes")


def rename_evidence(
    file: EvidenceFile,
    generations: Generations,
    evidence: EvidenceStore,
    renaming: Renaming,
    write: Write,
) -> int:
    """Rename the tenant in a file; count the calls of others that hold the same word still."""
    before, after = _renamed(file, evidence, renaming)
    if before != after:
        generation = generations.of(file.object_id)
        # Read again: whoever read the object anew in between has lost its turn, but not its
        # evidence.
        before, after = _renamed(file, evidence, renaming)
        if before != after:
            with write(file.part, after) as body:
                if not evidence.put(file.part, file.object_id, generation, body):
                    raise CannotErase(f"{file.object_id} was read anew meanwhile; erase again")
    return sum(map(renaming.is_named_in, after))


def _renamed(
    file: EvidenceFile, evidence: EvidenceStore, renaming: Renaming
) -> tuple[list[Evidence], list[Evidence]]:
    """Return a file's evidence as it is, and with the pseudonym in it."""
    before = list(evidence.read(file))
    return before, [renaming.of(one) for one in before]
