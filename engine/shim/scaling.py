"""CloudFormation makes a number of a parameter where a property is one; the engine leaves a word.

With a word for the most batches at once, the engine's poller fails and no message is delivered.
"""

from typing import Any

from ministack.services import lambda_svc

from engine.shim import guard


def close() -> None:
    guard.expect(lambda_svc._sqs_esm_concurrency, "d3e9d1e865aa")
    stock = lambda_svc._sqs_esm_concurrency

    def limit(mapping: dict[str, Any], *args: Any, **kwargs: Any) -> int:
        scaling = mapping.get("ScalingConfig") or {}
        if most := scaling.get("MaximumConcurrency"):
            mapping = {**mapping, "ScalingConfig": {**scaling, "MaximumConcurrency": int(most)}}
        return int(stock(mapping, *args, **kwargs))

    lambda_svc._sqs_esm_concurrency = limit
