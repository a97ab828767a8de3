"""Lambda names the class of a handler's exception in `errorType`, and keeps the environment.

The engine has one word for all exceptions, so that what state machines retry and catch by name is
never tried; and it ends the process, so that the next call never meets what a failed one left.
"""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from engine.shim import guard

STOCK = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
# The engine ends the process after the status "error"; the wrapper below turns it back into one.
NAMED = STOCK.replace('"status": "error"', '"status": "ok", "kind": type(e).__name__')


class NamedError(str):
    """An error message that remembers the class of the exception it came from."""

    __slots__ = ("kind",)
    kind: str


def close() -> None:
    guard.expect(lambda_runtime.Worker.invoke, "96751a754710")
    guard.expect(lambda_svc._execute_function_warm, "62b9218bef5b")
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(STOCK) != 1:
        raise guard.EngineChanged("the worker script reports errors in another way")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(STOCK, NAMED)

    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def invoke_and_name(worker: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        response: dict[str, Any] = invoke(worker, *args, **kwargs)
        if "kind" in response:
            response |= {"status": "error", "error": (failure := NamedError(response["error"]))}
            failure.kind = response["kind"]
        return response

    def execute_and_name(*args: Any, **kwargs: Any) -> dict[str, Any]:
        result: dict[str, Any] = execute(*args, **kwargs)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict):
            message = body.get("errorMessage")
            if isinstance(message, NamedError):
                body |= {"errorType": message.kind, "errorMessage": str(message)}
        return result

    lambda_runtime.Worker.invoke = invoke_and_name
    lambda_svc._execute_function_warm = execute_and_name
