"""List prices of us-east-1 in dollars, November 2026, without the free tier.

Sources are the pricing pages of AWS: cloudwatch, kms, sqs, step-functions, eventbridge, lambda
(Arm), dynamodb (on demand) and s3 (standard), each under aws.amazon.com/<service>/pricing.
"""

HOURS_A_MONTH, DAYS_A_MONTH = 730, 365 / 12

ALARMED_METRIC = 0.10
"""A month; an alarm on a calculation pays for each metric in it."""
METRIC_HOUR = 0.30 / HOURS_A_MONTH
"""A metric of our own, in every hour in which it is written at least once."""
METRIC_ASKED = 0.01e-3
"""A metric asked for by GetMetricData, or one request of ListMetrics."""
LOGGED_GB = 0.50

KEY = 1.00
"""A month; the first and the second rotation add as much again each, later ones nothing."""
KEY_REQUEST = 0.03e-4

QUEUE_REQUEST = 0.40e-6
TRANSITION = 25e-6
SCHEDULED = 1.00e-6

INVOCATION = 0.20e-6
GB_SECOND = 0.0000133334
SNAPSHOT_GB_SECOND = 0.0000015046
"""A snapshot of a published version that is kept for SnapStart, by the memory of its function."""
RESTORED_GB = 0.0001397998

WRITE_UNIT, READ_UNIT = 0.625e-6, 0.125e-6
PUT, GET = 5e-6, 0.4e-6
"""S3 requests: PUT, COPY, POST, LIST; and GET, HEAD."""
