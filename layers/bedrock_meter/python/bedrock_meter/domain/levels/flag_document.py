"""The flag as a document: the contract with applications, field by field."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bedrock_meter.domain.levels.flag import Flag
from bedrock_meter.domain.levels.level import level_named
from bedrock_meter.domain.levels.plan import Limits
from bedrock_meter.domain.time.hours import parse_time, text_of


def document_of(flag: Flag) -> dict[str, Any]:
    """Return a flag as plain JSON values."""
    document: dict[str, Any] = {
        "tenant": flag.tenant,
        "version": flag.version,
        "level": flag.level.word,
        "action": flag.action,
        "limits": {name: n for name, n in asdict(flag.limits).items() if n is not None},
        "models": {"deny": list(flag.deny)},
        "reason": flag.reason,
        "since": text_of(flag.since),
        "expires_at": text_of(flag.expires_at),
        "resume_at": text_of(flag.resume_at),
        "stale_rule": flag.stale_rule,
        "source": flag.source,
        "mode": flag.mode,
    }
    if flag.then:
        document["then"] = document_of(flag.then)
    return document


def flag_of(document: Mapping[str, Any]) -> Flag:
    """Read a flag that `document_of` wrote; KeyError or ValueError for any other document."""
    limits = document["limits"]
    then = document.get("then")
    return Flag(
        tenant=document["tenant"],
        version=int(document["version"]),
        level=level_named(document["level"]),
        action=document["action"],
        limits=Limits(_whole(limits, "requests_per_minute"), _whole(limits, "tokens_per_minute")),
        deny=tuple(document["models"]["deny"]),
        reason=document["reason"],
        since=parse_time(document["since"]),
        expires_at=parse_time(document["expires_at"]),
        resume_at=parse_time(document["resume_at"]),
        stale_rule=document["stale_rule"],
        source=document["source"],
        mode=document["mode"],
        then=flag_of(then) if then else None,
    )


def _whole(limits: Mapping[str, Any], name: str) -> int | None:
    return int(limits[name]) if name in limits else None
