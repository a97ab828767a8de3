"""CloudWatch takes metrics out of log lines in the embedded metric format; the engine does not."""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from engine.shim import guard


def documents_in(log_text: str) -> Iterator[dict[str, Any]]:
    """The log lines that carry metrics, decoded."""
    for line in log_text.splitlines():
        if '"_aws"' in line and '"CloudWatchMetrics"' in line:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # a text that only looks like it; CloudWatch passes it by as well


def data_in(document: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The arguments of one stored datum per metric and set of dimensions."""
    at = document["_aws"]["Timestamp"] / 1000
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document.get(name)) for name in names}
            for metric in directive.get("Metrics", []):
                value = document.get(metric["Name"], [])
                values = value if isinstance(value, list) else [value]
                unit = metric.get("Unit", "None")
                yield directive["Namespace"], metric["Name"], dimensions, at, unit, None, values


def close() -> None:
    guard.expect(lambda_svc._emit_lambda_logs, "111efbf06968")
    guard.expect(cloudwatch._store_datum, "e0194e701d56")
    stock = lambda_svc._emit_lambda_logs

    def emit(func: Any, request_id: str, log_text: str, *args: Any, **kwargs: Any) -> None:
        stock(func, request_id, log_text, *args, **kwargs)
        data = [datum for document in documents_in(log_text or "") for datum in data_in(document)]
        for datum in data:
            cloudwatch._store_datum(*datum, None, None)
        if data:
            cloudwatch._evaluate_all_alarms()

    lambda_svc._emit_lambda_logs = emit
