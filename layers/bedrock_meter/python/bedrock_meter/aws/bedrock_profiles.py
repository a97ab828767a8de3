"""Application inference profiles as Bedrock describes them."""

from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bedrock_meter.domain.profile import ProfileFact, missing_profile, scope_hint_for
from bedrock_meter.profile_source import ProfilesUnavailable

_NO_SUCH = {"ResourceNotFoundException", "ValidationException", "404"}
_NOT_FOR_US = {"AccessDeniedException", "AccessDenied", "UnauthorizedException"}


class BedrockProfiles:
    """`ProfileSource` on the Bedrock control plane: two calls for each question."""

    def __init__(self, bedrock: Any) -> None:
        self._bedrock = bedrock

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        # An answer is whole or it is none: a profile whose tags we may not see is not "untagged".
        try:
            models = self._models_of(arn)
            tags = self._tags_of(arn) if models else {}
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _NO_SUCH:
                return missing_profile(arn, at, "no such profile")
            if code in _NOT_FOR_US:
                return missing_profile(arn, at, f"not allowed: {error.operation_name}")
            raise ProfilesUnavailable(f"{error.operation_name}: {code}") from error
        except BotoCoreError as error:
            raise ProfilesUnavailable(str(error)) from error
        if not models:
            return missing_profile(arn, at, "no such profile")
        return ProfileFact(arn, models, scope_hint_for(models), tags, at, found=True)

    def _models_of(self, arn: str) -> tuple[str, ...]:
        # The id is accepted wherever the ARN is, and the answer names the ARN it is about.
        profile_id = arn.rpartition("/")[2]
        answer = self._bedrock.get_inference_profile(inferenceProfileIdentifier=profile_id)
        if answer.get("inferenceProfileArn", arn) != arn:
            # Somebody else's profile of the same id; ours has been deleted, or was never ours.
            return ()
        return tuple(model["modelArn"] for model in answer["models"])

    def _tags_of(self, arn: str) -> dict[str, str]:
        # The answer comes whole: a resource has at most 50 tags, and there are no pages.
        answer = self._bedrock.list_tags_for_resource(resourceARN=arn)
        return {tag["key"]: tag["value"] for tag in answer.get("tags", ())}
