"""The engine as a process: `python -m engine.serve`. Started by `engine.server`, not by hand.

With `--stays` it goes on when its starter has ended.
"""

import os
import signal
import sys
import threading


def _stop_with_the_parent() -> None:
    """End when the pipe from the parent closes, so that a killed test run leaves no server."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    if "--stays" in sys.argv:
        sys.argv.remove("--stays")  # The engine reads the command line, too.
    else:
        threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    from engine import shim  # after the environment is complete: the engine reads it on import

    shim.apply()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
