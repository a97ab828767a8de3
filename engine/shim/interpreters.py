"""Handlers run on the interpreter of their runtime, which holds boto3 and nothing else.

The engine runs them on its own interpreter, where a forgotten dependency would still be found.
`LAMBDA_PYTHON_3_13` names the interpreter of `python3.13`; a runtime without one is refused.
"""

import os

from ministack.core import lambda_runtime

from engine.shim import guard


def close() -> None:
    guard.expect(lambda_runtime._detect_runtime_binary, "222e200df2c0")
    stock = lambda_runtime._detect_runtime_binary

    def interpreter_of(runtime: str) -> tuple[str, str]:
        _, script = stock(runtime)
        name = "LAMBDA_" + runtime.upper().replace("PYTHON", "PYTHON_").replace(".", "_")
        if name not in os.environ:
            raise RuntimeError(f"no interpreter for {runtime}: {name} is not set")
        return os.environ[name], script

    lambda_runtime._detect_runtime_binary = interpreter_of
