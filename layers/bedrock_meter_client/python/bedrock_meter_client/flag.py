"""The flag as an application reads it: lenient about what it does not know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/+-@")


@dataclass(frozen=True, slots=True)
class Flag:
    """What a tenant may do, until when, and what follows then. Times are seconds since 1970."""

    version: int
    level: str
    action: str
    requests_per_minute: int | None
    tokens_per_minute: int | None
    deny: tuple[str, ...]
    reason: str
    expires_at: float
    resume_at: float
    stale_rule: str
    enforced: bool
    then: "Flag | None"

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Read a flag from the table's item; KeyError or ValueError when it is not one."""
        limits = item.get("limits", {})
        then = item.get("then")
        return cls(
            version=int(item["version"]),
            level=item["level"],
            action=item["action"],
            requests_per_minute=_whole(limits.get("requests_per_minute")),
            tokens_per_minute=_whole(limits.get("tokens_per_minute")),
            deny=tuple(item.get("models", {}).get("deny", ())),
            reason=item["reason"],
            expires_at=_seconds(item["expires_at"]),
            resume_at=_seconds(item.get("resume_at") or item["expires_at"]),
            stale_rule=item.get("stale_rule", "open"),
            enforced=item.get("mode") == "enforce",
            then=cls.of(then) if then else None,
        )

    def in_force(self, now: float) -> "Flag | None":
        """Give the flag that counts now: this one, one that follows it, or none."""
        flag: Flag | None = self
        while flag and flag.expires_at <= now:
            flag = flag.then
        return flag


def flag_key(tenant: str) -> str:
    """Spell a tenant id as the table does: characters a session tag cannot carry as `=HH`."""
    return "".join(
        char if char in _PLAIN else "".join(f"={byte:02X}" for byte in char.encode())
        for char in tenant
    )


def _whole(number: Any) -> int | None:
    return None if number is None else int(number)


def _seconds(text: str) -> float:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return at.timestamp()
