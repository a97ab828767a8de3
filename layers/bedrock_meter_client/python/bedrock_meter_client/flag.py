"""The flag as an application reads it: valid as a whole, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

LEVELS = ("green", "yellow", "orange", "red")
ACTIONS = ("none", "notice", "slow", "block")
MODES = ("observe", "enforce")
OPEN, CLOSED = "open", "closed"
MOST_STEPS = 16
_LONGEST_SHOWN = 40
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/+-@")


class BadFlag(ValueError):
    """The item is not a flag that this library understands; the text names the field."""


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
    def of(cls, item: Mapping[str, Any], steps: int = MOST_STEPS) -> Self:
        """Read a flag from the table's item, as `docs/levels.md` describes it.

        Raise `BadFlag` when a field that counts is missing, has a wrong type or an unknown word.
        Other fields (`since`, `source`, later ones) are ignored.
        """
        if steps == 0:
            raise BadFlag(f"then holds more than {MOST_STEPS} steps")
        limits = _section(item, "limits")
        then = _section(item, "then") if "then" in item else None
        return cls(
            version=_whole(item, "version"),
            level=_word(item, "level", LEVELS),
            action=_word(item, "action", ACTIONS),
            requests_per_minute=_limit(limits, "requests_per_minute"),
            tokens_per_minute=_limit(limits, "tokens_per_minute"),
            deny=_patterns(_section(item, "models")),
            reason=_text(item, "reason"),
            expires_at=_seconds(item, "expires_at"),
            resume_at=_seconds(item, "resume_at"),
            stale_rule=_word(item, "stale_rule", (OPEN, CLOSED)),
            enforced=_word(item, "mode", MODES) == "enforce",
            then=None if then is None else cls.of(then, steps - 1),
        )

    def in_force(self, now: float) -> "Flag | None":
        """Return the flag that counts now: this one, one that follows it, or none."""
        flag: Flag | None = self
        while flag and flag.expires_at <= now:
            flag = flag.then
        return flag


def flag_key(tenant: str) -> str:
    """Return a tenant id as in the table: characters that a session tag cannot hold as `=HH`."""
    return "".join(
        char if char in _PLAIN else "".join(f"={byte:02X}" for byte in char.encode())
        for char in tenant
    )


def _bad(name: str, value: Any, wanted: str) -> BadFlag:
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[:_LONGEST_SHOWN]}…"
    return BadFlag(f"{name} is {shown}, it must be {wanted}")


def _field(item: Mapping[str, Any], name: str) -> Any:
    if name not in item:
        raise BadFlag(f"{name} is missing")
    return item[name]


def _section(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = _field(item, name)
    if not isinstance(value, Mapping):
        raise _bad(name, value, "a map")
    return value


def _text(item: Mapping[str, Any], name: str) -> str:
    value = _field(item, name)
    if not isinstance(value, str):
        raise _bad(name, value, "a text")
    return value


def _word(item: Mapping[str, Any], name: str, among: tuple[str, ...]) -> str:
    value = _field(item, name)
    if not isinstance(value, str) or value not in among:
        raise _bad(name, value, " or ".join(repr(word) for word in among))
    return value


def _whole(item: Mapping[str, Any], name: str) -> int:
    value = _field(item, name)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value % 1 or value < 0:
        raise _bad(name, value, "a whole number")
    return int(value)


def _limit(limits: Mapping[str, Any], name: str) -> int | None:
    return _whole(limits, name) if name in limits else None


def _patterns(models: Mapping[str, Any]) -> tuple[str, ...]:
    deny = _field(models, "deny")
    if not isinstance(deny, list) or not all(isinstance(one, str) for one in deny):
        raise _bad("models.deny", deny, "a list of texts")
    return tuple(deny)


def _seconds(item: Mapping[str, Any], name: str) -> float:
    text = _text(item, name)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _bad(name, text, "a time such as 2026-11-18T10:30:00Z") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return at.timestamp()
