"""What the jobs need from outside, one promise per method.

Every write named `put` replaces: doing it twice is doing it once. A method that returns a bool says
whether the write took place; False means that something newer is stored, or that another writer was
quicker. Adapters live in `aws/`, doubles in memory in `local/`; one set of contract tests runs on
both.
"""

from bedrock_meter.ports.objects import (
    Closing,
    ClosingStore,
    DerivedHour,
    EvidenceFile,
    EvidenceStore,
    HourFiles,
    LogStore,
    ManifestStore,
    Noted,
    QuarantineStore,
    RollupStore,
)
from bedrock_meter.ports.queues import Assess, IngestQueue, RefreshQueue, Remaining
from bedrock_meter.ports.tables import HourTable, LiveTable, SlotTotalsSource, UsageTable, WaitList

__all__ = [
    "Assess",
    "Closing",
    "ClosingStore",
    "DerivedHour",
    "EvidenceFile",
    "EvidenceStore",
    "HourFiles",
    "HourTable",
    "IngestQueue",
    "LiveTable",
    "LogStore",
    "ManifestStore",
    "Noted",
    "QuarantineStore",
    "RefreshQueue",
    "Remaining",
    "RollupStore",
    "SlotTotalsSource",
    "UsageTable",
    "WaitList",
]
