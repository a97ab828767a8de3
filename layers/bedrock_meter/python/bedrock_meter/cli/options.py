"""The options that every command on a stack has, and what becomes of AWS's refusals, in one place.

`@on_stack` gives a command its parameter `stack` from `--stack-name`, `--region`, `--profile` and
`--endpoint-url`, and turns every error of AWS into one line and exit code 2.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from bedrock_meter.cli.aws_errors import in_one_line
from bedrock_meter.cli.stack import Stack

StackName = Annotated[
    str, typer.Option("--stack-name", envvar="BEDROCK_METER_STACK", help="The deployed stack.")
]
Region = Annotated[str | None, typer.Option("--region", help="Its Region.")]
Profile = Annotated[str | None, typer.Option("--profile", help="AWS credentials to use.")]
EndpointUrl = Annotated[
    str | None,
    typer.Option("--endpoint-url", help="Another endpoint, such as that of `demo --keep`."),
]

_OTHERS = {"region": Region, "profile": Profile, "endpoint_url": EndpointUrl}
_NAMES = ("stack_name", *_OTHERS)


def on_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command's parameter `stack` be named by the four options.

    Where `stack` has a default, a stack need not be named: the command then gets that default.
    """
    given = inspect.signature(command, eval_str=True)
    wanted = given.parameters["stack"]

    @wraps(command)
    def run(**arguments: Any) -> None:
        name, *place = (arguments.pop(option) for option in _NAMES)
        stack = Stack(name, *place) if name else wanted.default
        with in_one_line():
            command(stack=stack, **arguments)

    own = [one for one in given.parameters.values() if one.name != "stack"]
    _pretend(run, Signature([*own, *_options(wanted)]))
    return run


def _options(wanted: Parameter) -> list[Parameter]:
    default = Parameter.empty if wanted.default is Parameter.empty else ""
    only, kind = Parameter, Parameter.KEYWORD_ONLY
    named = only("stack_name", kind, default=default, annotation=StackName)
    others = (only(name, kind, default=None, annotation=of) for name, of in _OTHERS.items())
    return [named, *others]


def _pretend(function: Any, signature: Signature) -> None:
    """Return a function the signature that the command line is to show."""
    function.__signature__ = signature
    function.__annotations__ = {
        one.name: one.annotation for one in signature.parameters.values()
    } | {"return": None}
