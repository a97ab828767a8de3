"""CloudFormation makes alarms on expressions over metrics; the engine refuses them.

Such an alarm is there, and described as it was written, but never evaluated here: the engine passes
over alarms without a metric of their own. tests/template evaluates the expressions of the stack.
"""

from typing import Any

from ministack.services.cloudformation import provisioners

from engine.shim import guard

STAND_IN = {"Namespace": "expression", "MetricName": "expression"}


def close() -> None:
    guard.expect(provisioners._cw_metric_alarm_record, "4565fcede1eb")
    stock = provisioners._cw_metric_alarm_record

    def record(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        if not properties.get("Metrics"):
            return dict(stock(name, properties))
        alarm = stock(name, {**properties, "Metrics": None, **STAND_IN})
        nothing = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
        return {**alarm, **nothing, "Metrics": properties["Metrics"]}

    provisioners._cw_metric_alarm_record = record
