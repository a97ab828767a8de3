"""Policies in which a tenant's id gives way to a pseudonym, and what they still tell of the tenant.

First comes a policy by which calls are the pseudonym's whether they hold the id or the pseudonym;
so each call stays the tenant's while evidence is renamed. The last policy knows the id no more.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bedrock_meter.domain.policy.document import Path, spelled
from bedrock_meter.domain.policy.policy import Policy

type _Signs = Callable[[str, list[str]], list[str]]
"""Kind and list of signs to the list that takes its place."""


def policy_during(policy: Policy, spellings: frozenset[str], pseudonym: str) -> Policy:
    """Return the policy that knows the tenant under the pseudonym, by its old signs and new ones."""

    def both(kind: str, signs: list[str]) -> list[str]:
        return _with_new(signs, spellings, pseudonym)

    def section_during(section: Mapping[str, Any]) -> dict[str, Any]:
        signs = _signs_of(section, both)
        names = sorted({*signs.get("names", ()), *spellings} - {pseudonym})
        return {**section, "recognised_by": {**signs, "names": names}}

    def names_during(names: list[str]) -> list[str]:
        return names if spellings.isdisjoint(names) else list(dict.fromkeys([*names, pseudonym]))

    return _replaced(policy, spellings, pseudonym, section_during, names_during)


def policy_without(policy: Policy, spellings: frozenset[str], pseudonym: str) -> Policy:
    """Return the policy with the pseudonym in the tenant's place: same plan, same signs, same terms.

    Other names are left out, since no evidence holds them any more (but for those that mean
    somebody else at other times), and so is the contact.
    """

    def new(_kind: str, signs: list[str]) -> list[str]:
        return list(dict.fromkeys(_sign(sign, spellings, pseudonym) for sign in signs))

    def section_without(section: Mapping[str, Any]) -> dict[str, Any]:
        after = {key: value for key, value in section.items() if key != "contact"}
        if "recognised_by" in after:
            signs = _signs_of(section, new)
            names = [name for name in signs.pop("names", ()) if name not in spellings]
            after["recognised_by"] = {**signs, **({"names": names} if names else {})}
        if isinstance(after.get("attributes"), Mapping):
            after["attributes"] = {
                key: pseudonym if value in spellings else value
                for key, value in after["attributes"].items()
            }
        return after

    def names_without(names: list[str]) -> list[str]:
        return list(dict.fromkeys(pseudonym if name in spellings else name for name in names))

    return _replaced(policy, spellings, pseudonym, section_without, names_without)


def traces_in(policy: Policy, spellings: frozenset[str], pseudonym: str) -> Iterator[str]:
    """Return what a policy still says of the tenant: where, and what.

    These are texts that hold a name of it, and what its section says besides numbers: attributes
    and signs. Nobody but the operator knows which of them lead to a person.
    """
    found = []
    for path, text, is_key in _texts(policy.to_document(), ()):
        says_more = not is_key and _is_own(path, pseudonym) and text != pseudonym
        if says_more or any(name in text for name in spellings):
            found.append(f"{spelled(path)}: {json.dumps(text, ensure_ascii=False)}")
    yield from sorted(found)


def _is_own(path: Path, pseudonym: str) -> bool:
    return path[:2] == ("tenants", pseudonym) and path[2:3] in (("attributes",), ("recognised_by",))


def _texts(value: object, path: Path) -> Iterator[tuple[Path, str, bool]]:
    """Return all texts of a document, with their places, and whether they are keys."""
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
    """Change the tenant's section, other names of others, who may state ids; else it is the same.

    The id may be another name of somebody: their calls hold it, and will hold the pseudonym.
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
    """Change the other names of a tenant; a section without any stays what it is."""
    signs = (section or {}).get("recognised_by") or {}
    names = _listed(signs.get("names"))
    after = rename(names)
    if after == names:
        return section
    return {**section, "recognised_by": {**signs, "names": after}}


def _stating_with_new(
    may_state: Mapping[str, Any], spellings: frozenset[str], pseudonym: str
) -> dict[str, Any]:
    """Let the sessions that hold the id state ids under the pseudonym, too."""
    after = {
        kind: _with_new(_listed(signs), spellings, pseudonym) for kind, signs in may_state.items()
    }
    return {
        kind: signs if after[kind] == _listed(signs) else after[kind]
        for kind, signs in may_state.items()
    }


def _signs_of(section: Mapping[str, Any], change: _Signs) -> dict[str, list[str]]:
    signs = section.get("recognised_by") or {}
    return {kind: change(kind, _listed(given)) for kind, given in signs.items()}


def _with_new(signs: Iterable[str], spellings: frozenset[str], pseudonym: str) -> list[str]:
    """Keep the signs, which calls of others may go by, and add those that hold the pseudonym."""
    return list(
        dict.fromkeys(each for sign in signs for each in (sign, _sign(sign, spellings, pseudonym)))
    )


def _listed(given: object) -> list[str]:
    """Read a list of texts as policies do: one text may stand alone, nothing is none."""
    if isinstance(given, str):
        return [given]
    return list(given) if isinstance(given, list) else []


def _sign(sign: str, spellings: frozenset[str], pseudonym: str) -> str:
    *role, session = sign.split("/")
    return "/".join([*role, pseudonym if role and session in spellings else session])
