"""Which priced model a logged model id means, and through which scope it was called.

Ids are matched by exact name and by a closed table of scope prefixes; nothing is guessed. The
Region of the call is not part of a model: it comes from the record, never from an ARN.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, Protocol

from bedrock_meter.domain.pricing.region import GEOGRAPHIES

IN_REGION = "in_region"
GEO = "geo"
GLOBAL = "global"

# A model id is `provider.name`; ids of no known provider are unknown models, not profiles.
PROVIDERS = frozenset(
    (
        *("ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax"),
        *("mistral", "moonshot", "moonshotai", "nvidia", "openai", "qwen", "stability"),
        *("twelvelabs", "writer", "xai", "zai"),
    )
)

_COMMITTED = frozenset({"provisioned-model", "imported-model"})
_NAMED = frozenset({"foundation-model", "inference-profile"})
_ROUTER = re.compile(r"arn:[a-z-]+:bedrock:[^/]+:(default-)?prompt-router/.+", re.DOTALL)

# `…-v1:0:200k` is `…-v1:0` with its context window spelled out.
_CONTEXT_SUFFIX = re.compile(r":[0-9]+[km]$")
# What Bedrock makes up for profiles, provisioned and imported models.
_OPAQUE = re.compile(r"[a-z0-9]{12}")


class ModelRef(NamedTuple):
    """A model as prices know it. `key` is the id without scope; opaque ids are not `resolved`."""

    key: str
    scope: str = IN_REGION  # in_region | geo | global
    geo: str | None = None  # One of the geographies of `region`.
    commitment: bool = False  # Billed by time (provisioned, imported), not by call.
    resolved: bool = True
    text: str = ""  # As logged; empty for a model that no record names.


class ProfileResolution(Protocol):
    """What an application inference profile was found to stand for."""

    @property
    def found(self) -> bool: ...
    @property
    def model_arns(self) -> tuple[str, ...]: ...
    @property
    def scope_hint(self) -> str | None: ...


def model_of(
    model_id: str, resolution: ProfileResolution | None = None, answered: str | None = None
) -> ModelRef:
    """Return the model behind a logged id.

    `resolution` is what a look-up of an opaque id found, `answered` the model that the response
    names: it counts for prompt routers only, whose trace names a model with its scope.
    """
    model = _named(model_id)
    if model.resolved:
        return model
    if answered and is_router(model_id):
        return _routed(answered, model)
    if resolution is None or not resolution.found:
        return model
    return _resolved(model_id, resolution)


def is_router(model_id: str) -> bool:
    """Return whether an id is that of a prompt router, which chooses a model for every call."""
    return _ROUTER.fullmatch(model_id) is not None


def _routed(answered: str, router: ModelRef) -> ModelRef:
    model = _named(answered)
    is_known = model.resolved and model.key.partition(".")[0] in PROVIDERS
    return model._replace(text=router.text) if is_known else router


@lru_cache(maxsize=4096)
def _named(text: str) -> ModelRef:
    if not text.startswith("arn:"):
        return _from_id(text, text)
    resource = text.split(":", 5)[-1]
    kind, _, rest = resource.partition("/")
    if kind in _COMMITTED:
        return ModelRef(text, commitment=True, text=text)
    if kind in _NAMED and rest:
        return _from_id(rest, text)
    return _opaque(text)


def _from_id(model_id: str, text: str) -> ModelRef:
    """Split the scope prefix off an id; a known provider behind an unknown prefix stays opaque."""
    name = _CONTEXT_SUFFIX.sub("", model_id)
    head, _, tail = name.partition(".")
    if head in PROVIDERS or not tail:
        return _opaque(text) if _OPAQUE.fullmatch(name) else ModelRef(name, text=text)
    if head == GLOBAL:
        return ModelRef(tail, GLOBAL, text=text)
    if head in GEOGRAPHIES:
        return ModelRef(tail, GEO, head, text=text)
    if tail.partition(".")[0] in PROVIDERS and "." in tail:
        return _opaque(text)
    return ModelRef(name, text=text)


def _opaque(text: str) -> ModelRef:
    return ModelRef(text, resolved=False, text=text)


def _resolved(text: str, resolution: ProfileResolution) -> ModelRef:
    """Return the one model a profile routes to, with the scope that its Regions imply.

    It stays opaque when it names no model or several, or when the scope, which sets the price, is
    not known.
    """
    parts = [arn.split(":", 5) for arn in resolution.model_arns]
    if not parts or any(len(part) != 6 for part in parts):
        return _opaque(text)
    models = {_from_id(part[5].partition("/")[2], text) for part in parts}
    if len(models) != 1 or not (model := models.pop()).resolved:
        return _opaque(text)
    if model.scope != IN_REGION:
        return model
    hint = resolution.scope_hint
    if hint in {IN_REGION, GLOBAL}:
        return model._replace(scope=str(hint))
    return model._replace(scope=GEO, geo=hint) if hint in GEOGRAPHIES else _opaque(text)
