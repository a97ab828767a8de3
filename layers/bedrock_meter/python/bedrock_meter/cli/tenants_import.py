"""`bedrock-meter tenants import`: the `config.json` of inference-profile-cost-tracing as a policy.

That sample keeps one list of profiles with their tags and three thresholds for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter.cli.files import text_of
from bedrock_meter.cli.output import refuse
from bedrock_meter.domain.policy.document import PolicyError
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.recognition import TENANT
from bedrock_meter.policy_proposal import policy_text

RATES = {
    "cost_alarm_threshold": "usd_per_5_minutes",
    "token_alarm_threshold": "tokens_per_minute",
    "request_alarm_threshold": "requests_per_minute",
}

REMARKS = (
    "Written from a config.json of inference-profile-cost-tracing. Read it, then:",
    "  bedrock-meter tenants check FILE",
    "",
    "Tenants are named by the tags of their application inference profiles, so none of the",
    "profiles need to be listed; rules for a tenant go below its name.",
    "The thresholds are limits of every tenant: yellow at 50 %, orange at 80 %, red at 100 %.",
    "Look at usd_per_5_minutes twice: that sample compared it with a cost 1,000 times too small.",
)


def import_tenants(
    file: Annotated[Path, typer.Argument(metavar="CONFIG", help="The config.json to read.")],
) -> None:
    """Write a policy from a config.json. The file is one of inference-profile-cost-tracing."""
    document = policy_document(file, _config(file))
    try:
        Policy.from_document(document)
    except PolicyError as error:
        refuse(f"{file}: {error.problems[0]}")
    typer.echo(policy_text(document, REMARKS), nl=False)


def policy_document(file: Path, config: Mapping[str, object]) -> dict[str, object]:
    """Return the policy that does what the sample did: tenants by the tags of their profiles."""
    rates = {ours: str(config[theirs]) for theirs, ours in RATES.items() if config.get(theirs)}
    tags_of: dict[str, list[Mapping[str, str]]] = {}
    for number, profile in enumerate(_profiles(file, config)):
        tags = _tags(file, number, profile)
        found = DEFAULT_POLICY.recognition.index.read(tags).get(TENANT)
        if found is None:
            refuse(f"{file}: profiles[{number}] has no tag TenantID; give it one")
        tags_of.setdefault(found.value, []).append(tags)
    return {
        "defaults": {"rates": rates},
        "tenants": {tenant: _tenant(tags) for tenant, tags in tags_of.items()},
    }


def _tenant(profiles: Iterable[Mapping[str, str]]) -> dict[str, object]:
    """Keep as attributes what all profiles of a tenant have in common."""
    read = [DEFAULT_POLICY.recognition.index.read(tags) for tags in profiles]
    attributes = {
        name: values.pop()
        for name in DEFAULT_POLICY.recognition.dimensions
        if len(values := {slots[name].value if name in slots else None for slots in read}) == 1
        and None not in values
    }
    return {"attributes": attributes} if attributes else {}


def _config(file: Path) -> Mapping[str, object]:
    try:
        # Decimals stay as written: a threshold of 0.1 is a tenth of a dollar exactly.
        config = json.loads(text_of(file), parse_float=Decimal)
    except ValueError as error:
        refuse(f"{file}: is not JSON: {error}")
    if not isinstance(config, dict):
        refuse(f"{file}: is not a JSON object with `profiles`")
    return config


def _profiles(file: Path, config: Mapping[str, object]) -> list[object]:
    found = config.get("profiles")
    if not isinstance(found, list):
        of = "inference-profile-cost-tracing"
        refuse(f"{file}: has no list `profiles`; is it a config.json of {of}?")
    return found


def _tags(file: Path, number: int, profile: object) -> dict[str, str]:
    tags = profile.get("tags") if isinstance(profile, dict) else None
    try:
        return {str(tag["key"]): str(tag["value"]) for tag in tags or ()}
    except (KeyError, TypeError):
        refuse(f"{file}: profiles[{number}].tags: write a list of {{key, value}}")
