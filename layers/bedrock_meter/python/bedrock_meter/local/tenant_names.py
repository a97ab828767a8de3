"""`TenantNames` in memory, on the stores that stand for the tables and the data bucket."""

from dataclasses import replace
from typing import Any

from bedrock_meter.domain.policy.decisions import BOOK, POLICY
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.erasure import Erasing, renamed_totals, tags_without
from bedrock_meter.domain.totals.top import renamed
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.objects import MemoryClosingStore
from bedrock_meter.local.profiles import MemoryProfileFacts
from bedrock_meter.local.usage import MemoryUsageTable


class MemoryTenantNames:
    """The names in dictionaries; levels and flags are not known here."""

    def __init__(
        self,
        usage: MemoryUsageTable,
        closings: MemoryClosingStore,
        decisions: MemoryDecisions,
        policies: MemoryPolicies,
        facts: MemoryProfileFacts,
    ) -> None:
        self._usage = usage
        self._closings = closings
        self._decisions = decisions
        self._policies = policies
        self._facts = facts
        self.erasing: dict[str, Erasing] = {}

    def hours(self, tenant: str) -> list[Hour]:
        return sorted(hour for name, hour in self._usage.hours if name == tenant)

    def live_hours(self, tenant: str) -> list[Hour]:
        return self._usage.live_hours(tenant)

    def begin(self, tenant: str, erasing: Erasing) -> Erasing:
        return self.erasing.setdefault(tenant, erasing)

    def finish(self, tenant: str) -> None:
        del self.erasing[tenant]

    def rename_policy(self, old_id: str, new_id: str) -> None:
        log = self._decisions
        for decision in [one for one in log.kept if (one.kind, one.id) == (POLICY, old_id)]:
            for held in (log.kept, log.left):
                if decision in held:
                    held.remove(decision)
                    held.add(decision._replace(id=new_id))
        self._policies.kept.pop(old_id, None)

    def rename_facts(self, arn: str, spellings: frozenset[str], pseudonym: str) -> None:
        for key, fact in self._facts.kept.items():
            if fact.arn == arn:
                tags = tags_without(fact.tags, spellings, pseudonym)
                self._facts.kept[key] = replace(fact, tags=tags)

    def rename_files(self, hour: Hour, tenant: str, pseudonym: str) -> None:
        for key, closing in self._closings.closings.items():
            if key[0] == hour and tenant in closing.totals:
                totals = renamed_totals(closing.totals, tenant, pseudonym)
                self._closings.closings[key] = closing._replace(totals=totals)
        for key, (epoch, corrections) in self._closings.differences.items():
            if key[0] == hour:
                renamed = tuple(
                    one._replace(tenant=pseudonym) if one.tenant == tenant else one
                    for one in corrections
                )
                self._closings.differences[key] = (epoch, renamed)

    def rename_rows(self, tenant: str, pseudonym: str) -> None:
        closed: list[dict[Any, Any]] = [self._usage.hours, self._usage.days, self._usage.months]
        for items in closed:
            for name, period in list(items):
                if name == tenant:
                    items.setdefault((pseudonym, period), items.pop((name, period)))
        for hour in self.live_hours(tenant):
            self._usage.drop_live(tenant, hour)
        for period, top in self._usage.tops.items():
            self._usage.tops[period] = [(*row,) for row in renamed(top, tenant, pseudonym)]
        self._decisions.kept = {
            one._replace(tenant=pseudonym) if (one.kind, one.tenant) == (BOOK, tenant) else one
            for one in self._decisions.kept
        }
