"""Who pays: request metadata, tags of the profile, the policy's principals; by the published rules.

`policy` is the parsed tenants.yaml itself; `profiles` holds the tags by profile ARN.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

ALIASES = ("tenantId", "tenant_id", "tenant-id", "tenant")
WITNESSED = ("profile_tags", "principal")


class Name(NamedTuple):
    """A tenant (None: unattributed), the rule that named it, and whether anything disagreed."""

    tenant: str | None
    rule: str
    conflict: bool


def name_of(
    record: Mapping[str, Any], tags: Mapping[str, str] | None, policy: Mapping[str, Any]
) -> Name:
    """Return the tenant of a record."""
    rules = policy.get("attribution") or {}
    aliases = tuple(rules.get("tenant_keys") or ALIASES)
    arn = (record.get("identity") or {}).get("arn") or ""
    stated = {
        "request_metadata": _tenants_in(record.get("requestMetadata") or {}, aliases),
        "profile_tags": [*_of_profile(record, policy), *_tenants_in(tags or {}, aliases)],
        "principal": _of_principal(arn, policy),
    }
    ids = _ids(policy)
    order = rules.get("sources") or list(stated)
    said = {rule: [ids.get(name, name) for name in stated[rule]] for rule in order}
    everything = {name for names in said.values() for name in names}
    believed = {
        rule: names[0]
        for rule, names in said.items()
        if names and (rule in WITNESSED or _is_believed(names[0], arn, policy))
    }
    named = {rule: name for rule, name in believed.items() if _is_known(name, policy)}
    conflict = len(everything) > 1 or bool(everything and not believed)
    if not named:
        return Name(None, "none", conflict)
    rule = next(iter(named))
    if len(set(named.values())) > 1 and rules.get("when_sources_disagree") != "first_source_wins":
        rule = next((rule for rule in named if rule in WITNESSED), rule)
    return Name(named[rule], rule, conflict)


def _is_believed(tenant: str, arn: str, policy: Mapping[str, Any]) -> bool:
    """Return whether a caller may state a tenant's id: one of those listed, or anybody."""
    if ((policy.get("tenants") or {}).get(tenant) or {}).get("witness_only"):
        return False
    may_state = (policy.get("attribution") or {}).get("may_state")
    stating = {"tenants": {"anybody": {"recognised_by": may_state}}}
    return may_state is None or bool(_of_principal(arn, stating))


def _is_known(tenant: str, policy: Mapping[str, Any]) -> bool:
    """Return whether an id names anybody: where the policy says so, only one that it lists."""
    only_listed = (policy.get("attribution") or {}).get("unlisted") == "unattributed"
    return not only_listed or tenant in (policy.get("tenants") or {})


def _tenants_in(entries: Mapping[str, str], aliases: Sequence[str]) -> list[str]:
    """List the values under any spelling of the tenant key, the deciding one first."""
    ranked = []
    for key, value in entries.items():
        for rank, alias in enumerate(aliases):
            if key.casefold() == alias.casefold() and value.strip():
                ranked.append((rank, key != alias, key.encode(), value))
    return [value for *_, value in sorted(ranked)]


def _signs(policy: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Return the tenant of each sign of a kind (`roles`, `names`, …) that the policy lists."""
    return {
        sign: tenant
        for tenant, section in (policy.get("tenants") or {}).items()
        for sign in ((section or {}).get("recognised_by") or {}).get(kind, ())
    }


def _ids(policy: Mapping[str, Any]) -> dict[str, str]:
    return _signs(policy, "names")


def _of_profile(record: Mapping[str, Any], policy: Mapping[str, Any]) -> list[str]:
    """Look up who owns the application inference profile that the call named."""
    model = str(record.get("modelId"))
    if not model.startswith("arn:"):
        place = f"{record.get('region')}:{record.get('accountId')}"
        model = f"arn:aws:bedrock:{place}:application-inference-profile/{model}"
    owner = _signs(policy, "profiles").get(model)
    return [] if owner is None else [owner]


def _of_principal(arn: str, policy: Mapping[str, Any]) -> list[str]:
    """Look up who claims the caller: by ARN, else by session, else by role."""
    owner = _signs(policy, "principals").get(arn)
    caller = re.fullmatch(r"arn:aws[a-z-]*:sts::\d*:assumed-role/([^/]+)/?(.*)", arn)
    if owner is None and caller:
        patterns = (policy.get("attribution") or {}).get("session_patterns") or ()
        sessions = {**dict.fromkeys(patterns), **_signs(policy, "sessions")}
        owner = _claimed(f"{caller[1]}/{caller[2]}", sessions)
        owner = _claimed(caller[1], _signs(policy, "roles")) if owner is None else owner
    return [] if owner is None else [owner]


def _claimed(text: str, claims: Mapping[str, str | None]) -> str | None:
    """Return the owner by the pattern with most letters of its own; the name itself comes first."""
    if text in claims and claims[text] is not None:
        return claims[text]

    def letters(pattern: str) -> tuple[int, bytes]:
        return -len(pattern.replace("{tenant}", "").replace("*", "")), pattern.encode()

    for pattern in sorted(claims, key=letters):
        written = re.escape(pattern).replace(r"\*", ".*").replace(r"\{tenant\}", "(.+)", 1)
        if match := re.fullmatch(written, text, re.DOTALL):
            return claims[pattern] or match[1]
    return None
