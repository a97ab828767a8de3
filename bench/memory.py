"""The most memory a process held."""

import resource
from pathlib import Path


def peak_mb() -> float:
    """Return the most memory this process ever held, in megabytes.

    On Linux `ru_maxrss` begins with what the parent held when it started this process; the high
    water mark of the address space begins anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / (1 << 10)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
