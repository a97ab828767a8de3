"""Where a tenant's id is stored."""

from typing import Protocol

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.erasure import Erasing


class TenantNames(Protocol):
    """All places that hold a tenant's id, except evidence and policies."""

    def hours(self, tenant: str) -> list[Hour]:
        """Return the closed hours that the tenant has a total of, oldest first."""

    def live_hours(self, tenant: str) -> list[Hour]:
        """Return the hours the tenant has a live item of, oldest first."""

    def begin(self, tenant: str, erasing: Erasing) -> Erasing:
        """Note that the tenant is being erased; return what was noted first."""

    def rename_policy(self, old_id: str, new_id: str) -> None:
        """Let decisions for a policy name another one; delete the old document."""

    def rename_facts(self, arn: str, spellings: frozenset[str], pseudonym: str) -> None:
        """Replace names among the remembered tags of a profile."""

    def rename_files(self, hour: Hour, tenant: str, pseudonym: str) -> None:
        """Rename the tenant in the closings and corrections of an hour."""

    def rename_rows(self, tenant: str, pseudonym: str) -> None:
        """Rename the tenant's totals and decisions; drop live items, level, flag and history."""

    def finish(self, tenant: str) -> None:
        """Forget that the tenant was being erased."""
