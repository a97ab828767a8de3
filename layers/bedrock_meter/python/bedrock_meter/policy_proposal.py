"""Proposals: policy files written by the meter, for a person to read, change and apply."""

from collections.abc import Iterable, Iterator, Mapping

import yaml

from bedrock_meter.domain.aliases import usable
from bedrock_meter.domain.discovery import OTHERS, Discovery, Ranking, Seen
from bedrock_meter.domain.money import shown, usd_of
from bedrock_meter.domain.policy import DEFAULT_POLICY
from bedrock_meter.domain.principal import ANY, PLACEHOLDER
from bedrock_meter.domain.recognition import TENANT, TENANT_ALIASES

MOST_LISTED = 50


def policy_text(document: Mapping[str, object], remarks: Iterable[str]) -> str:
    """Write a policy document as YAML, with remarks above it."""
    head = "".join(f"# {remark}\n" if remark else "#\n" for remark in remarks)
    body = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=100)
    return head + body


def proposed_policy(discovery: Discovery) -> str:
    """Write the policy that logs suggest. Remarks say what each line rests on."""
    lines = ["# Proposed from logs; read it, change it, then: bedrock-meter tenants check FILE"]
    key = discovery.tenant_key()
    if key is None:
        lines.append("# No metadata key names a tenant here; each role is taken for one.")
        lines += _tenants(discovery.identities.ranking(), by_identity=True)
    else:
        values = discovery.keys[key]
        share = _percent(values.total().calls, discovery.total().calls)
        lines.append(f"# The metadata key {_quoted(key)} names a tenant on {share} of the calls.")
        lines += _attribution(key, discovery)
        lines += _tenants(values.ranking(), by_identity=False)
        lines += _left_over(discovery.unnamed.ranking())
    lines += _profiles(discovery.profiles.ranking())
    return "\n".join(lines) + "\n"


def sighting(seen: Seen) -> str:
    """Say how much was seen: `12 calls, 3.20 USD`."""
    return f"{seen.calls} calls, {shown(usd_of(seen.cost), 2)} USD"


def _attribution(key: str, discovery: Discovery) -> list[str]:
    lines = [*_tenant_keys(key), *_may_state(discovery.stating[key].ranking())]
    return ["attribution:", *lines] if any("#" not in line[:3] for line in lines) else lines


def _tenant_keys(key: str) -> list[str]:
    if TENANT in DEFAULT_POLICY.index.read({key: "x"}):
        return []
    names = ", ".join(map(_quoted, (key, *TENANT_ALIASES)))
    return [f"  tenant_keys: [{names}]"]


def _may_state(ranking: Ranking) -> list[str]:
    """Propose to believe only who was seen stating ids, if a file can name all of them."""
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
        lines += [f"      - {_quoted(name)} # {sighting(seen)}" for name, seen in named]
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
        if by_identity:
            last = name.rpartition("/")[2]
            tenant = name if last in taken or not usable(last) else last
            taken.add(tenant)
            yield f"  {_key(tenant)}: # {sighting(seen)}"
            yield f"    recognised_by: {_sign(name)}"
        else:
            yield f"  {_key(name)}: {{}} # {sighting(seen)}"
    if len(named) > MOST_LISTED:
        yield f"  # and {len(named) - MOST_LISTED} more; who is not listed has the defaults"


def _left_over(ranking: Ranking) -> Iterator[str]:
    if ranking:
        yield "# Calls without a tenant came from these; to give one to a tenant, add below its id:"
    for name, seen in ranking[:MOST_LISTED]:
        yield f"#   recognised_by: {_sign(name)} # {sighting(seen)}"


def _profiles(ranking: Ranking) -> Iterator[str]:
    if ranking:
        yield "# Tags of these profiles name the tenant by themselves once the meter can read them;"
        yield "# to give one without tags to a tenant, add below its name:"
    for arn, seen in ranking[:MOST_LISTED]:
        yield f"#   recognised_by: {{profiles: [{_quoted(arn)}]}} # {seen.calls} calls"


def _sign(identity: str) -> str:
    kind = "principals" if identity.startswith("arn:") else "roles"
    return f"{{{kind}: [{_quoted(identity)}]}}"


def _is_exact(identity: str) -> bool:
    """Leave out what a file could not name: patterns, and ids that are no ARN."""
    is_name = "/" not in identity and ":" not in identity
    is_arn = identity.startswith("arn:") and ":role/" not in identity
    return (
        bool(identity)
        and (is_name or is_arn)
        and ANY not in identity
        and PLACEHOLDER not in identity
    )


def _percent(part: int, whole: int) -> str:
    return f"{part * 100 // whole if whole else 0} %"


def _key(text: str) -> str:
    """Write text as a key; YAML wants one of more than 1,024 characters marked as such."""
    quoted = _quoted(text)
    return quoted if len(quoted) <= 1_000 else f"? {quoted}\n  "


def _quoted(text: str) -> str:
    """Write text in double quotes; what YAML cannot hold as it is, escaped."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
