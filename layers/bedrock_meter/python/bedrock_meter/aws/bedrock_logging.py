"""The logging configuration of Bedrock in this Region, and announcements of the log bucket."""

import json
from collections.abc import Mapping
from typing import Any


class BedrockLogging:
    """`LoggingSwitch` on Bedrock and S3. Both writes replace a whole configuration."""

    def __init__(self, bedrock: Any, s3: Any) -> None:
        self._bedrock = bedrock
        self._s3 = s3

    def place(self) -> tuple[str, str] | None:
        delivered = self._config().get("s3Config")
        if not delivered:
            return None
        return delivered["bucketName"], delivered.get("keyPrefix", "").strip("/")

    def role(self) -> str | None:
        # Putting it again takes iam:PassRole, even where it does not change.
        role: str | None = self._config().get("cloudWatchConfig", {}).get("roleArn")
        return role

    def command_for(self, bucket: str, prefix: str) -> str:
        config = configuration_for(self._bedrock, self._config(), bucket, prefix)
        return command_of(config, self._bedrock.meta.region_name)

    def deliver_to(self, bucket: str, prefix: str) -> None:
        config = configuration_for(self._bedrock, self._config(), bucket, prefix)
        self._bedrock.put_model_invocation_logging_configuration(loggingConfig=config)

    def announce(self, bucket: str) -> bool:
        config = self._s3.get_bucket_notification_configuration(Bucket=bucket)
        config.pop("ResponseMetadata", None)
        if "EventBridgeConfiguration" in config:
            return False
        self._s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={**config, "EventBridgeConfiguration": {}},
            # S3 would test every destination that is configured, and fail if one no longer exists.
            SkipDestinationValidation=True,
        )
        return True

    def _config(self) -> dict[str, Any]:
        answer = self._bedrock.get_model_invocation_logging_configuration()
        config: dict[str, Any] = answer.get("loggingConfig") or {}
        return config


def configuration_for(
    bedrock: Any, config: Mapping[str, Any], bucket: str, prefix: str
) -> dict[str, Any]:
    """Add a bucket to a logging configuration.

    All kinds of data that the client knows are delivered, unless the configuration says no.
    """
    place = {"bucketName": bucket, **({"keyPrefix": prefix} if prefix else {})}
    known = bedrock.meta.service_model.shape_for("LoggingConfig").members
    kinds = {name: True for name in known if name.endswith("DataDeliveryEnabled")}
    return {**kinds, **config, "s3Config": place}


def command_of(config: Mapping[str, Any], region: str) -> str:
    """Return the shell command that puts a logging configuration in place."""
    return (
        f"aws bedrock put-model-invocation-logging-configuration --region {region} "
        f"--logging-config '{json.dumps(config)}'"
    )
