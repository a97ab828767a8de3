"""What a handler prints belongs to the call that printed it.

The engine collects what has arrived within some milliseconds; on a busy machine lines come later
and are filed under the next call, or under none. A mark at the end of each call says it is all.
"""

import queue
import time
from typing import Any

from ministack.core import lambda_runtime

from engine.shim import guard

MARK = "\x1e"
END_OF_CALL = "        _real_stdout.flush()\n\nrun()\n"
LIMIT = 10.0  # seconds to wait for the mark; a killed environment never sends it


def printed(worker: Any, *_: float, **__: float) -> str:
    """All lines up to the mark; without one, what came before the process ended."""
    lines: list[str] = []
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        try:
            line = worker._stderr_queue.get(timeout=0.05)
        except queue.Empty:
            if not worker._stderr_thread.is_alive():
                break
            continue
        if line == MARK:
            break
        lines.append(line)
    return "\n".join(lines)


def close() -> None:
    guard.expect(lambda_runtime.Worker._drain_stderr_bounded, "3fd7cc742872")
    guard.expect(lambda_runtime.Worker._read_stderr, "d8eb30038f94")
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(END_OF_CALL) != 1:
        raise guard.EngineChanged("the worker script ends a call in another way")
    marked = f"        print({MARK!r}, file=sys.stderr, flush=True)\n{END_OF_CALL}"
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(END_OF_CALL, marked)
    lambda_runtime.Worker._drain_stderr_bounded = printed
