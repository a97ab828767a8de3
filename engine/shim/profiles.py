"""Application inference profiles: asked for by ARN as well as by id, and authorised as themselves.

The engine knows them by id only, and evaluates permissions against a system profile of that id
(GetInferenceProfile) or against `*` (the tagging calls). AWS evaluates the profile's own ARN.
"""

from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions
from ministack.services import bedrock

from engine.shim import guard

PROFILES = "/inference-profiles/"
TAGGING = ("/listTagsForResource", "/tagResource", "/untagResource")


def profile_arn(identifier: str, region: str, account: str) -> str:
    """The ARN AWS evaluates for an id or an ARN."""
    if identifier.startswith("arn:"):
        return identifier
    kind = "inference-profile"
    if identifier in bedrock._inference_profiles_apps:
        kind = "application-inference-profile"
    return f"arn:aws:bedrock:{region}:{account}:{kind}/{identifier}"


def close() -> None:
    guard.expect(iam_actions.extract_resource_arn, "82f51700695c")
    guard.expect(bedrock._get_inference_profile, "06d007e283f8")
    stock_arn, stock_get = iam_actions.extract_resource_arn, bedrock._get_inference_profile

    def resource_arn(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any, **kwargs: Any
    ) -> Any:
        region, account = rest[-2:]
        if service == "bedrock" and path.startswith(PROFILES):
            return profile_arn(unquote(path.removeprefix(PROFILES)), region, account)
        if service == "bedrock" and path in TAGGING:
            return iam_actions._safe_json_field(body, "resourceARN") or "*"
        return stock_arn(service, method, path, headers, body, *rest, **kwargs)

    def profile(identifier: str) -> Any:
        record = bedrock._inference_profiles_apps.get(identifier.rpartition("/")[2])
        if record and record["InferenceProfileArn"] == identifier:
            return stock_get(record["InferenceProfileId"])
        return stock_get(identifier)

    iam_actions.extract_resource_arn = resource_arn
    bedrock._get_inference_profile = profile
