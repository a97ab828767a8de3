"""Proposals: policy files written by the meter, for a person to read, change and apply."""

from collections.abc import Iterable, Mapping

import yaml


def policy_text(document: Mapping[str, object], remarks: Iterable[str]) -> str:
    """Write a policy document as YAML, with remarks above it."""
    head = "".join(f"# {remark}\n" if remark else "#\n" for remark in remarks)
    body = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=100)
    return head + body
