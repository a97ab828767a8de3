"""Who may do what, by the policies in docs/policies, assessed by the engine's evaluator."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint
from ministack.core import iam_evaluator

from tests.template.conftest import ROOT
from tests.template.translated import ACCOUNT, REGION

FOLDER = ROOT / "docs" / "policies"
LOG_BUCKET = "my-bedrock-logs"
DEPLOYER = ("deployer-resources", "deployer-roles")
BOUNDARY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/BedrockMeterBoundary"


def text_of(name: str) -> str:
    """A policy as an administrator creates it: with the name of the log bucket in place."""
    return (FOLDER / f"{name}.json").read_text().replace("LOG_BUCKET", LOG_BUCKET)


def statements_of(name: str) -> list[dict[str, Any]]:
    """The statements of a policy in docs/policies."""
    statements: list[dict[str, Any]] = json.loads(text_of(name))["Statement"]
    return statements


def listed(value: Any) -> list[Any]:
    """Whatever may be one or many, as many."""
    return value if isinstance(value, list) else [value]


class Principal:
    """Somebody with policies and, perhaps, a boundary around them."""

    def __init__(self, policies: Iterable[Any], boundary: Any = None) -> None:
        parse = iam_evaluator.parse_policy_document
        self._policies = [parse(policy) for policy in policies]
        self._limits = [[parse(boundary)]] if boundary else []

    def may(self, action: str, resource: str, keys: Mapping[str, Any] | None = None) -> bool:
        """Return whether a request is allowed; `keys` are what conditions may ask for."""
        request = iam_evaluator.EvalContext(
            principal_arn=f"arn:aws:iam::{ACCOUNT}:user/somebody",
            principal_type="User",
            principal_account=ACCOUNT,
            action=action,
            resource_arn=resource,
            region=REGION,
            service_context={name.lower(): value for name, value in (keys or {}).items()},
        )
        found = iam_evaluator.evaluate(request, self._policies, *self._limits)
        return bool(found.decision == "Allow")


def deployer() -> Principal:
    """Who has the two policies for deploying, and no other."""
    return Principal(map(text_of, DEPLOYER))


@cache
def _reference() -> dict[str, Any]:
    """cfn-lint's copy of the Service Authorization Reference."""
    path = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def resources_of(action: str) -> list[str] | None:
    """Where AWS authorises an action, as regular expressions; None: on `*` alone.

    KeyError for an action that does not exist.
    """
    service, name = action.split(":")
    known = _reference()[service]
    kinds = known["Actions"][name.lower()].get("Resources")
    if not kinds:
        return None
    patterns = [form for kind in kinds for form in known["Resources"][kind.lower()]["ARNFormats"]]
    return [re.sub(r"\$\{\w+\}", "[^:]*", pattern) for pattern in patterns]
