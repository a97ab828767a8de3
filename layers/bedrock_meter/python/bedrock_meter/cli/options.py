"""The options that commands share, and what becomes of AWS's refusals.

`@on_stack` makes a command's parameter `stack` from `--stack-name`, `--region`, `--profile` and
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

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]
From = Annotated[str, typer.Option("--from", help="First hour, day or month (UTC).")]
To = Annotated[str, typer.Option("--to", help="Last hour, day or month, included.")]

_StackName = Annotated[
    str, typer.Option("--stack-name", envvar="BEDROCK_METER_STACK", help="The deployed stack.")
]
_OTHERS = {
    "region": Annotated[str | None, typer.Option("--region", help="The stack's Region.")],
    "profile": Annotated[str | None, typer.Option("--profile", help="The AWS profile to use.")],
    "endpoint_url": Annotated[
        str | None,
        typer.Option("--endpoint-url", help="Another endpoint, such as that of `demo --keep`."),
    ],
}
_NAMES = ("stack_name", *_OTHERS)


def on_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command's parameter `stack` from the four options.

    Where `stack` has a default, it need not be named: the command then gets a stack without name.
    """
    given = inspect.signature(command, eval_str=True)
    wanted = given.parameters["stack"]

    @wraps(command)
    def run(**arguments: Any) -> None:
        stack = Stack(*(arguments.pop(option) for option in _NAMES))
        with in_one_line():
            command(stack=stack, **arguments)

    own = [one for one in given.parameters.values() if one.name != "stack"]
    _pretend(run, Signature([*own, *_options(wanted)]))
    return run


def _options(wanted: Parameter) -> list[Parameter]:
    default = Parameter.empty if wanted.default is Parameter.empty else ""
    only, kind = Parameter, Parameter.KEYWORD_ONLY
    named = only("stack_name", kind, default=default, annotation=_StackName)
    others = (only(name, kind, default=None, annotation=of) for name, of in _OTHERS.items())
    return [named, *others]


def _pretend(function: Any, signature: Signature) -> None:
    """Set the signature of a function that the command line is to show."""
    function.__signature__ = signature
    function.__annotations__ = {
        one.name: one.annotation for one in signature.parameters.values()
    } | {"return": None}
