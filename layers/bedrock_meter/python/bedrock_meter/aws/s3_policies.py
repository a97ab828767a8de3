"""Policies in the data bucket: `policies/<id>.json`, immutable, because the id is their hash."""

import json
from typing import Any

from botocore.exceptions import ClientError

from bedrock_meter.aws.s3_objects import is_gone, put_once
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.ports.decisions import PolicyMissing

POLICIES = "policies/"


def policy_key(policy_id: str) -> str:
    """Return the object that holds a policy."""
    return f"{POLICIES}{policy_id}.json"


class S3Policies:
    """`PolicyStore` on S3. A policy never changes, so what was read once is remembered."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._read = {DEFAULT_POLICY.id: DEFAULT_POLICY}

    def put(self, policy: Policy) -> None:
        put_once(self._s3, self._bucket, policy_key(policy.id), policy.canonical())

    def policy(self, policy_id: str) -> Policy:
        known = self._read.get(policy_id)
        if known is None:
            known = self._read[policy_id] = Policy.from_document(json.loads(self._body(policy_id)))
        return known

    def _body(self, policy_id: str) -> bytes:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=policy_key(policy_id))
        except ClientError as error:
            if is_gone(error):
                raise PolicyMissing(f"{policy_key(policy_id)} is not in {self._bucket}") from error
            raise
        body: bytes = answer["Body"].read()
        return body
