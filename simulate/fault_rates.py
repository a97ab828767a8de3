"""How often calls fail in a history, and what a failed call raises."""

from typing import NamedTuple

from bedrock_meter.domain.records.errors import Contended
from simulate.scheduler import Killed, OutOfTime


class ServiceFailure(Exception):
    """The service failed. The call may have taken effect, or not."""


class FaultRates(NamedTuple):
    """How often calls fail in a history: probabilities for each call of a port.

    A call takes `call_ms` on average. `late`: it is given up, and takes effect up to `late_ms`
    after that. `conflicts`: a put into a bucket meets another request at the same key. The call
    `target` (store and method) has the fault `target_fault`, with the probability `target_rate`.
    """

    call_ms: int = 20
    fails_before: float = 0.0
    fails_after: float = 0.0
    late: float = 0.0
    dies: float = 0.0
    conflicts: float = 0.0
    torn: float = 0.0
    stale_index: float = 0.0
    late_ms: int = 60_000
    target: str = ""
    target_fault: str = ""
    target_rate: float = 0.0

    def faults(self) -> list[tuple[float, str]]:
        """Return each fault with the upper bound of the draws that mean it."""
        shares = {
            "fails": self.fails_before,
            "fails after": self.fails_after,
            "late": self.late,
            "dies": self.dies,
            "dies after": self.dies,
            "conflict": self.conflicts,
        }
        found, so_far = [], 0.0
        for fault, share in shares.items():
            so_far += share
            found.append((so_far, fault))
        return found


CALM = FaultRates()


def error_of(fault: str, store: str, method: str) -> BaseException:
    """Return what a call raises that has this fault."""
    if fault.startswith("out of time"):
        return OutOfTime()
    if fault.startswith("dies"):
        return Killed()
    if fault == "conflict":
        return Contended(f"{store}.{method} met another request")
    return ServiceFailure(f"{store}.{method}, {fault}")
