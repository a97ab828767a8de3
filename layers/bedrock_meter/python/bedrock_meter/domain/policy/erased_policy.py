"""Policies in which a pseudonym replaces a tenant's id, and what they still hold of the tenant.

The first one gives calls to the pseudonym whether they hold the id or the pseudonym, so that each
call stays the tenant's while evidence is renamed. The last one does not hold the id any more.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bedrock_meter.domain.policy.document import Path, spelled
from bedrock_meter.domain.policy.policy import Policy


def policy_during(policy: Policy, spellings: frozenset[str], pseudonym: str) -> Policy:
    """Return the policy with the tenant under its pseudonym, by its old matchers and new ones."""

    def section_during(section: Mapping[str, Any]) -> dict[str, Any]:
        matchers = _matchers_of(section, lambda each: _with_new(each, spellings, pseudonym))
        names = sorted({*matchers.get("names", ()), *spellings} - {pseudonym})
        return {**section, "recognised_by": {**matchers, "names": names}}

    def names_during(names: list[str]) -> list[str]:
        return names if spellings.isdisjoint(names) else _once([*names, pseudonym])

    return _replaced(policy, spellings, pseudonym, section_during, names_during)


def policy_without(policy: Policy, spellings: frozenset[str], pseudonym: str) -> Policy:
    """Return the policy with the pseudonym as the tenant: same plan, same matchers, same terms.

    Other names are left out, since no evidence holds them any more (except those that mean another
    tenant at other times), and so is the contact.
    """

    def renamed(matchers: list[str]) -> list[str]:
        return _once(_renamed(matcher, spellings, pseudonym) for matcher in matchers)

    def section_without(section: Mapping[str, Any]) -> dict[str, Any]:
        after = {key: value for key, value in section.items() if key != "contact"}
        if "recognised_by" in after:
            matchers = _matchers_of(section, renamed)
            names = [name for name in matchers.pop("names", ()) if name not in spellings]
            after["recognised_by"] = {**matchers, **({"names": names} if names else {})}
        if isinstance(after.get("attributes"), Mapping):
            after["attributes"] = {
                key: pseudonym if value in spellings else value
                for key, value in after["attributes"].items()
            }
        return after

    def names_without(names: list[str]) -> list[str]:
        return _once(pseudonym if name in spellings else name for name in names)

    return _replaced(policy, spellings, pseudonym, section_without, names_without)


def traces_in(policy: Policy, spellings: frozenset[str], pseudonym: str) -> Iterator[str]:
    """Return what a policy still holds of the tenant: where, and what.

    These are texts that contain one of its names, and the attributes and matchers of its section.
    Only the operator knows which of them lead to a person.
    """
    found = []
    for path, text, is_key in _texts(policy.to_document(), ()):
        is_more = not is_key and _is_own(path, pseudonym) and text != pseudonym
        if is_more or any(name in text for name in spellings):
            found.append(f"{spelled(path)}: {json.dumps(text, ensure_ascii=False)}")
    yield from sorted(found)


def _is_own(path: Path, pseudonym: str) -> bool:
    return path[:2] == ("tenants", pseudonym) and path[2:3] in (("attributes",), ("recognised_by",))


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str, bool]]:
    """Yield all texts of a document, with their places, and whether they are keys."""
    if isinstance(value, str):
        yield path, value, False
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield (*path, key), key, True
            yield from _texts(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _texts(below, (*path, number))


def _replaced(
    policy: Policy,
    spellings: frozenset[str],
    pseudonym: str,
    change: Callable[[Mapping[str, Any]], dict[str, Any]],
    rename: Callable[[list[str]], list[str]],
) -> Policy:
    """Change the tenant's section, the other names of tenants, and who may state ids.

    The id may be another name of a second tenant, whose calls hold it and will hold the pseudonym.
    """
    document = policy.to_document()
    after = dict(document)
    names = spellings | {pseudonym}
    if policy.tenants:
        tenants: Any = document["tenants"]
        after["tenants"] = {
            (pseudonym if name in names else name): change(section or {})
            if name in names
            else _with_names(section, rename)
            for name, section in tenants.items()
        }
    attribution = document.get("attribution")
    if isinstance(attribution, Mapping) and isinstance(attribution.get("may_state"), Mapping):
        stating = _stating_with_new(attribution["may_state"], spellings, pseudonym)
        after["attribution"] = {**attribution, "may_state": stating}
    return policy if after == document else Policy.from_document(after)


def _with_names(section: Any, rename: Callable[[list[str]], list[str]]) -> Any:
    """Change the other names of a tenant; a section without any stays as it is."""
    matchers = (section or {}).get("recognised_by") or {}
    names = _listed(matchers.get("names"))
    after = rename(names)
    if after == names:
        return section
    return {**section, "recognised_by": {**matchers, "names": after}}


def _stating_with_new(
    may_state: Mapping[str, Any], spellings: frozenset[str], pseudonym: str
) -> dict[str, Any]:
    """Let the sessions that hold the id state ids under the pseudonym, too."""
    after = {}
    for kind, given in may_state.items():
        matchers = _with_new(_listed(given), spellings, pseudonym)
        after[kind] = given if matchers == _listed(given) else matchers
    return after


def _matchers_of(
    section: Mapping[str, Any], change: Callable[[list[str]], list[str]]
) -> dict[str, list[str]]:
    matchers = section.get("recognised_by") or {}
    return {kind: change(_listed(given)) for kind, given in matchers.items()}


def _with_new(matchers: Iterable[str], spellings: frozenset[str], pseudonym: str) -> list[str]:
    """Keep the matchers, which may fit calls of others, and add those that hold the pseudonym."""
    return _once(
        each for matcher in matchers for each in (matcher, _renamed(matcher, spellings, pseudonym))
    )


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _listed(given: object) -> list[str]:
    """Read a list of texts as policies do: one text may be alone, null means none."""
    if isinstance(given, str):
        return [given]
    return list(given) if isinstance(given, list) else []


def _renamed(matcher: str, spellings: frozenset[str], pseudonym: str) -> str:
    *role, session = matcher.split("/")
    return "/".join([*role, pseudonym if role and session in spellings else session])
