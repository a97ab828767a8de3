"""Obey the flags of Bedrock Meter, and let every call name its tenant.

    client = boto3.client("bedrock-runtime")
    attach(client, tenant="acme", flags="my-flags-table")

From then on calls of this client carry the tenant in their request metadata, and a tenant that is
throttled gets `TenantThrottled` before anything is sent. Needs boto3 and nothing else.
"""

from bedrock_meter_client.attachment import attach, detach
from bedrock_meter_client.faults import Fault
from bedrock_meter_client.gate import TenantGate
from bedrock_meter_client.metadata import BadMetadata
from bedrock_meter_client.reader import FlagReader
from bedrock_meter_client.throttled import TenantThrottled

__all__ = [
    "BadMetadata",
    "Fault",
    "FlagReader",
    "TenantGate",
    "TenantThrottled",
    "attach",
    "detach",
]
__version__ = "0.1.0"
