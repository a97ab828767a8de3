"""Proposed policy files, for a person to read, change and apply."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, count

import yaml

from bedrock_meter.domain.policy.discovery import OTHERS, Discovery, Ranking, Seen
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.policy.principal import ANY, PLACEHOLDER
from bedrock_meter.domain.policy.recognition import TENANT, TENANT_ALIASES
from bedrock_meter.domain.pricing.money import shown_cost, usd_of
from bedrock_meter.domain.records.aliases import usable

MOST_LISTED = 50
MOST_OF_A_NAME = 64
MOST_OF_A_KEY = 1000
"""YAML expects the colon after a key within 1,024 characters."""


def policy_text(document: Mapping[str, object], remarks: Iterable[str]) -> str:
    """Return a policy document as YAML, with remarks above it."""
    head = "".join(f"# {remark}\n" if remark else "#\n" for remark in remarks)
    body = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=100)
    return head + body


def proposed_policy(discovery: Discovery) -> str:
    """Return the policy that logs suggest, with remarks on the calls behind each line."""
    lines = ["# Proposed from logs; read it, change it, then: bedrock-meter tenants check FILE"]
    key, patterns = discovery.tenant_key(), discovery.session_patterns()
    if key is None:
        lines.append("# No metadata key names a tenant here; each role is taken for one.")
        lines += _attribution(None, discovery)
        by_session = {pattern.rpartition("/")[0] for pattern, _ in patterns}
        roles = [one for one in discovery.identities.ranking() if one[0] not in by_session]
        lines += _tenants(roles, by_identity=True)
    else:
        values = discovery.keys[key]
        share = _percent(values.total().calls, discovery.total().calls)
        lines.append(f"# The metadata key {_quoted(key)} names a tenant on {share} of the calls.")
        lines += _attribution(key, discovery)
        lines += _tenants(values.ranking(), by_identity=False)
        lines += _left_over(discovery)
    lines += _profiles(discovery.profiles.ranking())
    return "\n".join(lines) + "\n"


def occurrence(seen: Seen) -> str:
    """Return an occurrence for people: `12 calls, 3.20 USD`."""
    return f"{seen.calls} calls, {shown_cost(usd_of(seen.cost))} USD"


def _attribution(key: str | None, discovery: Discovery) -> list[str]:
    lines = list(_session_patterns(discovery.session_patterns()))
    if key is not None:
        lines = [*_tenant_keys(key), *lines, *_may_state(discovery.stating[key].ranking())]
    return ["attribution:", *lines] if any("#" not in line[:3] for line in lines) else lines


def _tenant_keys(key: str) -> list[str]:
    if TENANT in DEFAULT_POLICY.recognition.index.read({key: "x"}):
        return []
    names = ", ".join(map(_quoted, (key, *TENANT_ALIASES)))
    return [f"  tenant_keys: [{names}]"]


def _session_patterns(patterns: Ranking) -> Iterator[str]:
    if patterns:
        yield "  # Whoever assumes the role chooses the name of the session: keep what you control."
        yield "  session_patterns:"
    for pattern, seen in patterns[:MOST_LISTED]:
        yield f"    - {_quoted(pattern)} # {occurrence(seen)}"


def _may_state(ranking: Ranking) -> list[str]:
    """Propose to believe only the callers that state ids in the logs, if a file can name all."""
    if not all(_is_exact(name) for name, _ in ranking) or len(ranking) > MOST_LISTED:
        return [
            f"# {len(ranking)} callers state ids, and not all of them can be listed here;",
            "# attribution.may_state can say, by role or session, who is believed.",
        ]
    lines = ["  # Only these are believed when they state an id. Take out who should not be:"]
    lines += ["  may_state:"]
    for kind, is_arn in (("roles", False), ("principals", True)):
        named = [(name, seen) for name, seen in ranking if name.startswith("arn:") == is_arn]
        lines += [f"    {kind}:"] if named else []
        lines += [f"      - {_quoted(name)} # {occurrence(seen)}" for name, seen in named]
    return lines


def _tenants(ranking: Ranking, *, by_identity: bool) -> Iterator[str]:
    named = [(name, seen) for name, seen in ranking if usable(name) and name != OTHERS]
    if by_identity:
        named = [(name, seen) for name, seen in named if _is_exact(name)]
    if not named:
        yield "tenants: {}"
        return
    yield "tenants:"
    taken: set[str] = set()
    for name, seen in named[:MOST_LISTED]:
        tenant, section = name, "{}"
        if by_identity:
            tenant, section = _tenant_for(name, taken), f"{{recognised_by: {_matcher(name)}}}"
            taken.add(tenant)
        yield f"  {_key(tenant)}: {section} # {occurrence(seen)}"
    if len(named) > MOST_LISTED:
        yield f"  # and {len(named) - MOST_LISTED} more; who is not listed has the defaults"


def _tenant_for(identity: str, taken: Collection[str]) -> str:
    """Return a tenant named after an identity; a role and users of several paths may share it."""
    last = identity.rpartition("/")[2]
    names = chain((last, identity), (f"{last[:MOST_OF_A_NAME]} {number}" for number in count(2)))
    return next(name for name in names if usable(name) and name not in taken)


def _left_over(discovery: Discovery) -> Iterator[str]:
    """Yield the identities of calls without a tenant; matchers only if they never name one."""
    ranking = [(name, seen) for name, seen in discovery.left_over() if name != OTHERS]
    calls = {name: seen.calls for name, seen in discovery.identities.ranking()}
    alone = [(name, seen) for name, seen in ranking if calls.get(name) == seen.calls]
    shared = [(name, seen) for name, seen in ranking if calls.get(name) != seen.calls]
    if alone:
        yield "# Calls without a tenant came from these; to give one to a tenant, add below its id:"
    for name, seen in alone[:MOST_LISTED]:
        yield f"#   recognised_by: {_matcher(name)} # {occurrence(seen)}"
    if shared:
        yield "# These call with and without a tenant; given to one, they would take the calls of"
        yield "# the others. Let them name a tenant on every call:"
    for name, seen in shared[:MOST_LISTED]:
        yield f"#   {_quoted(name)}: {seen.calls} of {calls.get(name, 0)} calls name none"


def _profiles(ranking: Ranking) -> Iterator[str]:
    if ranking:
        yield "# Tags of these profiles name the tenant by themselves once the meter can read them;"
        yield "# to give one without tags to a tenant, add below its name:"
    for arn, seen in ranking[:MOST_LISTED]:
        yield f"#   recognised_by: {{profiles: [{_quoted(arn)}]}} # {seen.calls} calls"


def _matcher(identity: str) -> str:
    kind = "principals" if identity.startswith("arn:") else "roles"
    return f"{{{kind}: [{_quoted(identity)}]}}"


def _key(text: str) -> str:
    """Return a key; YAML reads a long one only after a question mark."""
    key = _quoted(text)
    return key if len(key) < MOST_OF_A_KEY else f"? {key}\n  "


def _is_exact(identity: str) -> bool:
    """Return whether a file can name an identity: not a pattern, not an id, printable."""
    is_name = "/" not in identity and ":" not in identity
    is_arn = identity.startswith("arn:") and ":role/" not in identity
    return (
        identity.isprintable()
        and bool(identity)
        and (is_name or is_arn)
        and ANY not in identity
        and PLACEHOLDER not in identity
    )


def _percent(part: int, whole: int) -> str:
    return f"{part * 100 // whole if whole else 0} %"


def _quoted(text: str) -> str:
    """Return text in double quotes, escaped where YAML cannot hold it."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
