"""Application inference profiles as Bedrock describes them."""

from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bedrock_meter.domain.policy.profile import (
    ProfileFact,
    is_profile_of,
    missing_profile,
    scope_hint_for,
)
from bedrock_meter.ports.profiles import ProfileRefused, ProfilesUnavailable

_NO_SUCH = {"ResourceNotFoundException", "ValidationException", "404"}
_REFUSED = {"AccessDeniedException", "AccessDenied", "UnauthorizedException"}


class BedrockProfiles:
    """`ProfileSource` on the Bedrock control plane: two calls for each question.

    Its Region is the client's; without an `account` every profile counts as ours.
    """

    def __init__(self, bedrock: Any, account: str = "") -> None:
        self._bedrock = bedrock
        self._account = account

    def is_ours(self, arn: str) -> bool:
        return is_profile_of(arn, account=self._account, region=self._bedrock.meta.region_name)

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        # All or nothing: a profile whose tags we may not see is not "untagged".
        try:
            models = self._models_of(arn)
            tags = self._tags_of(arn) if models else {}
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _NO_SUCH:
                kind = ProfileRefused if code in _REFUSED else ProfilesUnavailable
                raise kind(f"{error.operation_name} of {arn}: {code}") from error
            models = ()
        except BotoCoreError as error:
            raise ProfilesUnavailable(str(error)) from error
        if not models:
            return missing_profile(arn, at, "no such profile")
        return ProfileFact(arn, models, scope_hint_for(models), tags, at, found=True)

    def _models_of(self, arn: str) -> tuple[str, ...]:
        # By its ARN, as in the permission: which resource AWS evaluates for a bare id is not
        # documented.
        answer = self._bedrock.get_inference_profile(inferenceProfileIdentifier=arn)
        if answer.get("inferenceProfileArn", arn) != arn:
            return ()
        return tuple(model["modelArn"] for model in answer["models"])

    def _tags_of(self, arn: str) -> dict[str, str]:
        # A resource has at most 50 tags, so the answer has no pages.
        answer = self._bedrock.list_tags_for_resource(resourceARN=arn)
        return {tag["key"]: tag["value"] for tag in answer.get("tags", ())}
