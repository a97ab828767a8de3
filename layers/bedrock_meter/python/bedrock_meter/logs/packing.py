"""Packing: calls become blocks of columns, blocks become calls again."""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

import msgspec

from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.logs.columns import (
    DASHES,
    MICROSECONDS,
    NO_INTS,
    NO_NAMES,
    UUID_TEXT,
    Ids,
    Ints,
    Lists,
    Names,
    Sets,
    Times,
    Usages,
    codes_in,
    ints_of,
    numbered,
    numbers_in,
    steps_of,
)

_SECONDS = {f"{at // 60:02d}:{at % 60:02d}": at for at in range(3_600)}
metadata_in = msgspec.json.Decoder(dict[str, str]).decode
"""Read a set of metadata of a block."""


class Coding(NamedTuple):
    """How a field of `Evidence` becomes a column, and a column of so many rows becomes values."""

    column: Any
    pack: Callable[[Sequence[Any]], Any]
    unpack: Callable[[Any, int], Sequence[Any]]


def block_type(columns: type[Evidence]) -> type[Any]:
    """Return the type of a block: `rows`, and a column for every field, in their order.

    A later field has a default; a block of an older release is then without the column.
    """
    fields: list[Any] = [("rows", int)]
    for name, coding in codings_of(columns).items():
        kind = coding.column
        is_later = name in columns._field_defaults
        fields.append((name, kind | None, None) if is_later else (name, kind))
    return msgspec.defstruct(
        "Block", fields, array_like=True, frozen=True, gc=False, forbid_unknown_fields=True
    )


def codings_of(columns: type[Evidence]) -> dict[str, Coding]:
    """Return how each field is laid down: by what it is called, or else by its type."""
    types = get_type_hints(columns)
    return {name: _BY_NAME.get(name) or _BY_TYPE[str(types[name])] for name in types}


def block_of(rows: Sequence[Sequence[Any]]) -> Any:
    """Pack calls: what `Evidence` holds, in its order, but metadata as JSON.

    Raise ValueError when a number is below 0 or takes more than 63 bits.
    """
    columns = zip(*rows, strict=True)
    packs = (coding.pack for coding in _CODINGS.values())
    return Block(len(rows), *(pack(column) for pack, column in zip(packs, columns, strict=True)))


def evidence_in_block(block: Any) -> Iterator[Evidence]:
    """Unpack calls; those with the same metadata share one dict. Raise ValueError when damaged."""
    return map(Evidence._make, zip(*_columns_in(block), strict=True))


def some_evidence_in(block: Any, places: Sequence[int]) -> Iterator[Evidence]:
    """Unpack the calls at these places of a block."""
    columns = ([column[place] for place in places] for column in _columns_in(block))
    return map(Evidence._make, zip(*columns, strict=True))


def _columns_in(block: Any) -> Iterator[Sequence[Any]]:
    for name, coding in _CODINGS.items():
        column = getattr(block, name)
        if column is None:
            yield [Evidence._field_defaults[name]] * block.rows
        else:
            yield coding.unpack(column, block.rows)


def _ids_of(values: Sequence[str]) -> Ids:
    text = "".join(values)
    bare = text.replace("-", "")
    if len(text) == UUID_TEXT * len(values) and len(bare) == (UUID_TEXT - 4) * len(values):
        dashes = "".join([text[at::UUID_TEXT] for at in DASHES])
        if dashes.count("-") == 4 * len(values) and set(map(len, values)) == {UUID_TEXT}:
            try:
                uuids = bytes.fromhex(bare)
            except ValueError:
                uuids = b""
            if uuids.hex() == bare:  # Not so where letters are large, or a space stands between.
                return Ids(uuids, [])
    return Ids(b"", [*values])


def ids_in(ids: Ids, rows: int) -> list[str]:
    """Return request ids; ValueError when there are not so many."""
    if ids.texts:
        if len(ids.texts) != rows:
            raise ValueError("a block has not as many request ids as rows")
        return ids.texts
    text = uuid_texts(ids.uuids, rows).decode()
    return [text[at : at + UUID_TEXT] for at in range(0, UUID_TEXT * rows, UUID_TEXT)]


def uuid_texts(uuids: bytes, rows: int) -> bytearray:
    """Write UUIDs as text, one after the other without anything between."""
    if len(uuids) != 16 * rows:
        raise ValueError("a block has not as many request ids as rows")
    bare = uuids.hex().encode()
    text = bytearray(b"-") * (UUID_TEXT * rows)
    at = 0
    for place in range(UUID_TEXT):
        if place not in DASHES:
            text[place::UUID_TEXT] = bare[at::32]
            at += 1
    return text


def _times_of(values: Sequence[str]) -> Times:
    hour = values[0][:13]
    beginning = f"{hour}:"
    if all(value.startswith(beginning) for value in values):
        try:
            if {value[19:] for value in values} == {"Z"}:
                numbers = [_SECONDS[value[14:19]] for value in values]
                return Times(hour, MICROSECONDS, steps_of(numbers), NO_NAMES)
            numbers = _microseconds_of(values)
        except (KeyError, ValueError):
            return Times("", 0, NO_INTS, Names(*numbered(values)))
        if any(number % 1_000 for number in numbers):
            return Times(hour, 1, steps_of(numbers), NO_NAMES)
        return Times(hour, 1_000, steps_of([number // 1_000 for number in numbers]), NO_NAMES)
    return Times("", 0, NO_INTS, Names(*numbered(values)))


def _microseconds_of(values: Sequence[str]) -> list[int]:
    """Count since the hour began; KeyError or ValueError where a text is spelled otherwise."""
    ends = [value[19:-1] for value in values]
    if any(value[-1] != "Z" for value in values):
        raise ValueError("a time has another form")
    digits = "".join(ends)
    if not digits.isascii() or {len(end) for end in ends} - {0, 7} or ".000000" in ends:
        raise ValueError("a time has another form")
    return [
        _SECONDS[value[14:19]] * MICROSECONDS + (_fraction(end) if end else 0)
        for value, end in zip(values, ends, strict=True)
    ]


def _fraction(end: str) -> int:
    if end[0] != "." or not end[1:].isdecimal():
        raise ValueError("a time has another form")
    return int(end[1:])


def _time_texts_in(times: Times, rows: int) -> list[Any]:
    if not times.unit:
        return _texts_in(times.names, rows)
    numbers = numbers_in(times.numbers, rows)
    texts = {number: _time_text(times.hour, number * times.unit) for number in set(numbers)}
    return [texts[number] for number in numbers]


def _time_text(hour: str, microseconds: int) -> str:
    seconds, fraction = divmod(microseconds, MICROSECONDS)
    minute, second = divmod(seconds, 60)
    end = f".{fraction:06d}Z" if fraction else "Z"
    return f"{hour}:{minute:02d}:{second:02d}{end}"


def _usages_of(values: Sequence[Mapping[str, int]]) -> Usages:
    shapes, codes = numbered([*map(tuple, values)])
    quantities: dict[str, Ints] = {}
    for kind in dict.fromkeys(kind for shape in shapes for kind in shape):
        column = [usage.get(kind, 0) for usage in values]
        quantities[kind] = ints_of(column, max(column))
    return Usages(Lists(shapes, codes), quantities)


def _usages_in(usages: Usages, rows: int) -> list[dict[str, int]]:
    columns = {kind: numbers_in(ints, rows) for kind, ints in usages.quantities.items()}
    plans = [[(kind, columns[kind]) for kind in shape] for shape in usages.shapes.values]
    return [
        {kind: column[row] for kind, column in plans[code]}
        for row, code in enumerate(codes_in(usages.shapes, rows))
    ]


def _lists_of(values: Sequence[Sequence[str]]) -> Lists:
    if values.count(values[0]) == len(values):
        return Lists([[*values[0]]], NO_INTS)
    return Lists(*numbered([*map(tuple, values)]))


def _optional(values: Sequence[int | None]) -> Ints:
    if values.count(None) == len(values):
        return NO_INTS
    more = [0 if value is None else value + 1 for value in values]
    return ints_of(more, max(more))


def _maybe_in(ints: Ints, rows: int) -> list[int | None]:
    return [number - 1 if number else None for number in numbers_in(ints, rows)]


def _texts_in(names: Names | Lists, rows: int) -> list[Any]:
    values: list[Any] = names.values
    return [values[code] for code in codes_in(names, rows)]


def _metadata_of(sets: Sets, rows: int) -> list[dict[str, str] | None]:
    values = metadata_values(sets)
    return [values[code] for code in codes_in(sets, rows)]


def metadata_values(sets: Sets) -> list[dict[str, str] | None]:
    """Read the different sets of a block; ValueError when one is not metadata."""
    return [None if text is None else metadata_in(text) for text in sets.values]


def codes_of(column: Names | Sets | Lists, rows: int) -> array[int] | None:
    """Return which value each row has; None when all rows have the only one there is."""
    if not column.codes.width and len(column.values) == 1:
        return None
    return codes_in(column, rows)


def _names_of(values: Sequence[Any]) -> Names:
    return Names(*numbered(values))


def _sets_of(values: Sequence[Any]) -> Sets:
    return Sets(*numbered(values))


_STEPS = Coding(Ints, steps_of, numbers_in)
_NAMES = Coding(Names, _names_of, _texts_in)
_BY_NAME = {
    "request_id": Coding(Ids, _ids_of, ids_in),
    "at": Coding(Times, _times_of, _time_texts_in),
    "metadata": Coding(Sets, _sets_of, _metadata_of),
    "usage": Coding(Usages, _usages_of, _usages_in),
}
_BY_TYPE = {
    str(kind): coding
    for kind, coding in (
        (str, _NAMES),
        (str | None, _NAMES),
        (int, _STEPS),
        (int | None, Coding(Ints, _optional, _maybe_in)),
        (list[str], Coding(Lists, _lists_of, _texts_in)),
    )
}
_CODINGS = codings_of(Evidence)
Block = block_type(Evidence)
"""So many calls, each field of `Evidence` a column; milliseconds are one more than logged, 0 where
none were."""
