"""The logging configuration of Bedrock in this Region, and announcements of the log bucket."""

from typing import Any

_KINDS = ("text", "image", "embedding", "video")


class BedrockLogging:
    """`LoggingSwitch` on Bedrock and S3. Both calls that write replace whole configurations."""

    def __init__(self, bedrock: Any, s3: Any) -> None:
        self._bedrock = bedrock
        self._s3 = s3

    def place(self) -> tuple[str, str] | None:
        delivered = self._config().get("s3Config")
        if not delivered:
            return None
        return delivered["bucketName"], delivered.get("keyPrefix", "").strip("/")

    def deliver_to(self, bucket: str, prefix: str) -> None:
        place = {"bucketName": bucket, **({"keyPrefix": prefix} if prefix else {})}
        config = {**self._config(), "s3Config": place}
        # Where logging was on for CloudWatch, somebody chose what is delivered; that stays.
        chosen = {f"{kind}DataDeliveryEnabled": True for kind in _KINDS}
        self._bedrock.put_model_invocation_logging_configuration(loggingConfig=chosen | config)

    def announce(self, bucket: str) -> bool:
        config = self._s3.get_bucket_notification_configuration(Bucket=bucket)
        config.pop("ResponseMetadata", None)
        if "EventBridgeConfiguration" in config:
            return False
        self._s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={**config, "EventBridgeConfiguration": {}},
        )
        return True

    def _config(self) -> dict[str, Any]:
        answer = self._bedrock.get_model_invocation_logging_configuration()
        config: dict[str, Any] = answer.get("loggingConfig") or {}
        return config
