"""Seeded traffic: log objects shaped as Amazon Bedrock delivers them, for the demo and the tests.

Read in this order: `cast` (who calls, and how each names its tenant), `bodies` (what each provider
says), `records` (one invocation as the log writes it), `oddities` (what a meter must survive),
`objects` (how records become S3 objects), `day` (three hours of it all).

The same arguments always give the same bytes.
"""

from engine.traffic.cast import CALLERS, RUNAWAY, Application
from engine.traffic.day import EARLIER_HOURS, RECORDS, Traffic, traffic_for
from engine.traffic.objects import LogFile
from engine.traffic.profiles import PROFILES, ProfileWish
from engine.traffic.words import CANARY

__all__ = [
    "CALLERS",
    "CANARY",
    "EARLIER_HOURS",
    "PROFILES",
    "RECORDS",
    "RUNAWAY",
    "Application",
    "LogFile",
    "ProfileWish",
    "Traffic",
    "traffic_for",
]
