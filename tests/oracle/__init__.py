"""The oracle: what the totals must be, recomputed from the uploaded bytes and nothing else.

It shares no line with the meter: gzip, json, Decimal, and the reviewed price rows read as they
lie in their file. It is slow and plain on purpose. A test asserts that it imports nothing of the
package it assesses.

`reading` (bytes to records) → `bodies`, `counting`, `media` (usage by kind) → `naming` (tenant)
→ `rates` (dollars) → `totals` (sums by tenant and hour, as the live and as the closed totals must
show them).
"""

from tests.oracle.totals import Expected, expected

__all__ = ["Expected", "expected"]
