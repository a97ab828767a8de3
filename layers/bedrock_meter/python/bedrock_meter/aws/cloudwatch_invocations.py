"""What Bedrock counts itself: the metric `Invocations` of AWS/Bedrock, by model and hour."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import batched
from typing import Any

from bedrock_meter.domain.time.hours import Hour, end_of_hour, hour_of, start_of

_METRIC = {"Namespace": "AWS/Bedrock", "MetricName": "Invocations"}
_MOST_QUERIES = 500
_HOUR_SECONDS = 3600


class CloudWatchInvocations:
    """`InvocationCounts` on CloudWatch, of the account and Region of the client."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch

    def invocations(self, hours: Sequence[Hour]) -> dict[Hour, dict[str, int]]:
        counts: dict[Hour, dict[str, int]] = {hour: {} for hour in hours}
        if not hours:
            return counts
        for models in batched(self._models(), _MOST_QUERIES):
            for model, hour, count in self._counted(models, hours):
                if hour in counts:
                    counts[hour][model] = count
        return counts

    def _models(self) -> Iterator[str]:
        """Return the models with calls in the last two weeks, which is as far as the list goes."""
        pages = self._cloudwatch.get_paginator("list_metrics").paginate(
            **_METRIC, Dimensions=[{"Name": "ModelId"}]
        )
        for page in pages:
            for metric in page["Metrics"]:
                # The same calls are counted by finer dimensions as well, such as the tier.
                if len(metric["Dimensions"]) == 1:
                    yield metric["Dimensions"][0]["Value"]

    def _counted(
        self, models: Sequence[str], hours: Sequence[Hour]
    ) -> Iterator[tuple[str, Hour, int]]:
        queries = [_query(number, model) for number, model in enumerate(models)]
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=start_of(hours[0]),
            EndTime=end_of_hour(hours[-1]),
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                model = models[int(result["Id"][1:])]
                for at, count in zip(result["Timestamps"], result["Values"], strict=True):
                    yield model, hour_of(at.astimezone(UTC)), round(count)


def _query(number: int, model: str) -> dict[str, Any]:
    metric = {**_METRIC, "Dimensions": [{"Name": "ModelId", "Value": model}]}
    stat = {"Metric": metric, "Period": _HOUR_SECONDS, "Stat": "Sum"}
    return {"Id": f"m{number}", "MetricStat": stat}
