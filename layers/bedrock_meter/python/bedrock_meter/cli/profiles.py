"""What a file says about application inference profiles, for commands that never ask AWS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from bedrock_meter.cli.files import bytes_of
from bedrock_meter.cli.output import refuse
from bedrock_meter.domain.policy.profile import ProfileFact, scope_hint_for
from bedrock_meter.domain.totals.valuation import FactSource, no_facts

Profiles = Annotated[
    Path | None,
    typer.Option(
        "--profiles",
        help="What `aws bedrock list-inference-profiles --type-equals APPLICATION` printed.",
    ),
]
_ALWAYS = datetime.min.replace(tzinfo=UTC)


class _Model(Struct):
    modelArn: str


class _Tag(Struct):
    key: str
    value: str


class _Profile(Struct):
    """A profile as Bedrock lists it; `tags` may be added, in the form of list-tags-for-resource."""

    inferenceProfileArn: str
    models: list[_Model]
    tags: list[_Tag] = []


class _Listing(Struct):
    inferenceProfileSummaries: list[_Profile]


def facts_in(path: Path | None) -> FactSource:
    """Read a listing of profiles, or a single one; one line says what is wrong with the file."""
    if path is None:
        return no_facts
    facts = {fact.arn: fact for fact in _facts(path)}
    return lambda arn, _at: facts.get(arn)


def _facts(path: Path) -> Iterator[ProfileFact]:
    try:
        profiles = _profiles_in(bytes_of(path))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        refuse(f"{path}: not a list of inference profiles: {error}")
    for profile in profiles:
        arns = tuple(model.modelArn for model in profile.models)
        tags = {tag.key: tag.value for tag in profile.tags}
        hint = scope_hint_for(arns)
        yield ProfileFact(profile.inferenceProfileArn, arns, hint, tags, _ALWAYS, found=True)


def _profiles_in(text: bytes) -> list[_Profile]:
    """Read the answer of list-inference-profiles, or that of get-inference-profile."""
    try:
        return [msgspec.json.decode(text, type=_Profile)]
    except msgspec.ValidationError:
        return msgspec.json.decode(text, type=_Listing).inferenceProfileSummaries
