"""The stack that a command works on: its outputs, clients that reach it, and what is kept there.

The AWS SDK is imported when a stack is really asked for: most commands never need it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bedrock_meter.cli.aws_errors import REFUSED, aws_line
from bedrock_meter.cli.output import refuse
from bedrock_meter.domain.policy.decisions import Decision
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.decide import decide

if TYPE_CHECKING:
    from bedrock_meter.compose.stores import Stores


@dataclass(frozen=True)
class Stack:
    """A deployed stack, or an account without one. Nothing is asked before it is needed."""

    name: str = ""
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None

    def client(self, service: str) -> Any:
        """Return a client of a service, with the stack's Region and credentials."""
        return self._session.client(service, endpoint_url=self.endpoint_url)

    def table(self, name: str) -> Any:
        """Return a DynamoDB table."""
        resource = self._session.resource("dynamodb", endpoint_url=self.endpoint_url)
        return resource.Table(name)

    def output(self, name: str) -> str:
        """Return an output of the stack; ends the command when there is none of this name."""
        if name not in self._outputs:
            refuse(f"stack {self.name!r} has no output {name}; deploy the current template first")
        return self._outputs[name]

    def parameter(self, name: str) -> str:
        """Return the value a parameter was deployed with; empty if the stack has no such one."""
        given = self._described.get("Parameters", ())
        return next((p["ParameterValue"] for p in given if p["ParameterKey"] == name), "")

    @property
    def place(self) -> str:
        """The Region that the stack is deployed in."""
        return str(self._described["StackId"]).split(":")[3]

    @property
    def account(self) -> str:
        """The account that the stack is deployed in."""
        return str(self._described["StackId"]).split(":")[4]

    def resource(self, logical_id: str) -> str:
        """Return the physical id of a resource of the stack."""
        answer = self.client("cloudformation").describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        found: str = answer["StackResourceDetail"]["PhysicalResourceId"]
        return found

    @cached_property
    def stores(self) -> Stores:
        """Everything that is kept there; each store is made when a command needs it."""
        from bedrock_meter.compose.deployed import StackNames
        from bedrock_meter.compose.stores import Stores

        return Stores(StackNames(self), self.client, self.table)

    def decide(self, decision: Decision) -> tuple[Hour, ...]:
        """Write a decision down; return the closed hours that will be closed again."""
        return decide(decision, **self.stores.named("decisions", "evidence", "hours"))

    def refuse_if_sealed(self, option: str, first: Hour) -> None:
        """End the command if it would change hours that are final."""
        sealed = self.stores.hours.progress().sealed
        if sealed and first < sealed:
            refuse(f"{option}: hours before {sealed} are final; begin at {sealed} or later")

    @cached_property
    def _session(self) -> Any:
        import boto3
        from botocore.exceptions import BotoCoreError

        try:
            return boto3.Session(region_name=self.region, profile_name=self.profile)
        except BotoCoreError as error:
            refuse(f"--profile: {error}")

    @cached_property
    def _described(self) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            described = self.client("cloudformation").describe_stacks(StackName=self.name)
        except (ClientError, BotoCoreError) as error:
            line = aws_line(error)
            if line == REFUSED.format(error=error):
                hint = "check --stack-name and --region"
                line = f"stack {self.name!r} cannot be read: {error}; {hint}"
            refuse(line)
        stack: dict[str, Any] = described["Stacks"][0]
        return stack

    @cached_property
    def _outputs(self) -> dict[str, str]:
        outputs = self._described.get("Outputs", ())
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}


UNNAMED = Stack()
