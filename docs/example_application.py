"""An application that serves one tenant, says so on every call, and waits when it is throttled.

    python docs/example_application.py --tenant acme --flags my-stack-FlagsTable --calls 20

Add `--bedrock-endpoint http://127.0.0.1:8000` to call a stand-in instead of Bedrock.
"""

import argparse
import time

import boto3

from bedrock_meter_client import TenantThrottled, attach


def main() -> int:
    """Make some calls; print what became of each; 1 when none went through."""
    asked = _arguments()
    bedrock = boto3.client("bedrock-runtime", endpoint_url=asked.bedrock_endpoint)
    dynamodb = boto3.client("dynamodb", endpoint_url=asked.dynamodb_endpoint)
    attach(
        bedrock,
        tenant=asked.tenant,
        metadata={"application": "example"},
        flags=asked.flags,
        dynamodb=dynamodb,
    )
    answered = 0
    for number in range(1, asked.calls + 1):
        try:
            answer = bedrock.converse(
                modelId=asked.model,
                messages=[{"role": "user", "content": [{"text": f"Question {number}"}]}],
            )
        except TenantThrottled as throttled:
            print(f"{number}: not sent: {throttled.reason}; again in {throttled.retry_after:.0f} s")
            time.sleep(min(throttled.retry_after, asked.patience))
        else:
            answered += 1
            print(f"{number}: answered, {answer['usage']['totalTokens']} tokens")
    return 0 if answered else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--flags", required=True, help="the name of the Flags table")
    parser.add_argument("--model", default="us.anthropic.claude-haiku-4-5-20251001-v1:0")
    parser.add_argument("--calls", type=int, default=3)
    parser.add_argument("--patience", type=float, default=5, help="seconds to wait at the most")
    parser.add_argument("--bedrock-endpoint")
    parser.add_argument("--dynamodb-endpoint")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
