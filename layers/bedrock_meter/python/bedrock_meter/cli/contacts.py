"""Contacts of customers, looked at before a policy that names them comes into force.

A notice that cannot be told is found out only when a tenant turns red: too late to mend it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bedrock_meter.cli.deploying import deploy_command
from bedrock_meter.domain.policy.policy import Policy

if TYPE_CHECKING:
    from bedrock_meter.cli.stack import Stack

_REFUSED = {"AuthorizationError", "AccessDenied", "AccessDeniedException"}


def contacts_in(policy: Policy) -> dict[str, str]:
    """Return the topics that a policy names, each with the first place that names it."""
    terms = {"defaults": policy.defaults}
    terms |= {f"plans.{name}": one for name, one in policy.plans.items()}
    terms |= {f"tenants.{name}": one for name, one in policy.tenants.items()}
    found: dict[str, str] = {}
    for path, one in terms.items():
        if one.plan.contact:
            found.setdefault(one.plan.contact, f"{path}.contact")
    return found


def wrong_contacts(policy: Policy, stack: Stack) -> Iterator[str]:
    """Yield, for each contact the stack could not notify, a line: why, and what would be right."""
    contacts = contacts_in(policy)
    if not contacts:
        return
    allowed = [one for one in stack.parameter("ContactTopicArns").split(",") if one]
    for topic, path in contacts.items():
        if why := _wrong_with(topic, allowed, stack):
            yield f"{path}: {topic} {why}"


def _wrong_with(topic: str, allowed: list[str], stack: Stack) -> str | None:
    region = topic.split(":")[3] if topic.count(":") >= 5 else ""
    if region != stack.place:
        return f"is not in {stack.place}, where the stack is; name a topic there"
    if topic not in allowed:
        command = deploy_command(
            stack.name, stack.place, ContactTopicArns=",".join([*allowed, topic])
        )
        return f"is not among the stack's ContactTopicArns; {command}"
    return _wrong_with_topic(topic, stack.client("sns"))


def _wrong_with_topic(topic: str, sns: Any) -> str | None:
    """Look at the topic itself; one that we may not look at is taken as it is."""
    from botocore.exceptions import ClientError

    from bedrock_meter.aws.s3_objects import code_of

    try:
        attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    except ClientError as error:
        if code_of(error) in _REFUSED:
            return None
        return f"cannot be found ({code_of(error)}); create the topic, or correct its ARN"
    key = attributes.get("KmsMasterKeyId", "")
    if key and not key.endswith("alias/aws/sns"):
        return f"is encrypted with {key}, which the stack may not use; take its key away"
    return None
