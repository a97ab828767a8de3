"""Policies in the data bucket: `policies/<id>.json`, immutable, because the id is their hash."""

import json
from typing import Any

from bedrock_meter.aws.s3_objects import body_of, put_once
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.ports.decisions import PolicyMissing

POLICIES = "policies/"


def policy_key(policy_id: str) -> str:
    """Return the key of the object that holds a policy."""
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
            body = body_of(self._s3, self._bucket, policy_key(policy_id))
            if body is None:
                raise PolicyMissing(f"{policy_key(policy_id)} is not in {self._bucket}")
            known = self._read[policy_id] = Policy.from_document(json.loads(body))
        return known
