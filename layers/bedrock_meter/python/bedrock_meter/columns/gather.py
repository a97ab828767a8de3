"""Gathering: blocks of evidence become the columns of an hour; no call becomes an object.

What of a call decides its tenant (`who`) and what decides its price (`what`) are numbered apart:
either has few different values, both together as many as there are calls.
"""

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any, NamedTuple

from bedrock_meter.columns.codes import Codes, Column, combined
from bedrock_meter.columns.schema import TOKEN_KINDS
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.memory import forget_if_full
from bedrock_meter.domain.records.usage import CACHE_WRITE_30M_TOKENS
from bedrock_meter.domain.time.hours import Hour, parse_time, start_of, text_of
from bedrock_meter.logs.columns import UUID_TEXT, Ids, Times, numbers_in
from bedrock_meter.logs.packing import codes_of, metadata_in, uuid_texts

MOST_KINDS = 16
"""Kinds with a column, but for tokens, which always have one; calls of any further kind keep their
usage beside the columns."""
MOST_QUANTITY = 10**12
"""Sums of 9 million such quantities have room in 64 bits; calls with more are valued one by one."""

_MOST_REMEMBERED = 100_000
_TOKENS = frozenset({*TOKEN_KINDS, CACHE_WRITE_30M_TOKENS})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

type Read = tuple[tuple[str, str], ...]


class Who(NamedTuple):
    """What of a call names its tenant: the metadata that the policy reads, and an identity.

    `principal` stands for all of the same claim.
    """

    read: Read
    principal: str


class What(NamedTuple):
    """What of a call decides its price, but the quantities; `kinds` are those with one."""

    account: str
    region: str
    operation: str
    model_id: str
    counts: str
    error_code: str | None
    tier: str
    body_model: str | None
    assumptions: tuple[str, ...]
    kinds: tuple[str, ...]


class HourColumns:
    """The calls of an hour, a column for each thing known of them.

    `read_of` and `claim_of` are what the policy in force reads of metadata and of an identity.
    Times are microseconds since 1970; milliseconds are one more than logged, 0 for none.
    """

    def __init__(
        self,
        read_of: Callable[[dict[str, str] | None], Read],
        claim_of: Callable[[str], Hashable],
    ) -> None:
        self._read_of = read_of
        self._claim_of = claim_of
        self._claimants: dict[Hashable, str] = {}
        self._claims: list[str] = []
        self._known_whos: dict[tuple[Any, ...], int] = {}
        self.rows = 0
        self.whos: Codes[Who] = Codes()
        self.whats: Codes[What] = Codes()
        self.principals: Codes[str] = Codes()
        self.objects: Codes[str] = Codes()
        self.who, self.what = array("i"), array("i")
        self.principal, self.object = array("i"), array("i")
        self.at, self.line = array("q"), array("q")
        self.latency_ms, self.first_byte_ms = array("q"), array("q")
        self.quantities: dict[str, array[int]] = {}
        self.beside: dict[int, dict[str, int]] = {}
        self.id_ends, self.ids = array("q"), bytearray()

    def add(self, block: Any, object_ids: str | Sequence[str]) -> None:
        """Append the calls of a block; of one log object, or of one for each row.

        Raise ValueError when the block is damaged.
        """
        rows = block.rows
        self._add_ids(block.request_id, rows)
        self.at.extend(_times_of(block.at, rows))
        self.line.extend(numbers_in(block.line, rows))
        self.latency_ms.extend(numbers_in(block.latency_ms, rows))
        self.first_byte_ms.extend(numbers_in(block.first_byte_ms, rows))
        self._add_whats(block)
        self._add_whos(block)
        if isinstance(object_ids, str):
            self.object.extend(array("i", [self.objects.of(object_ids)]) * rows)
        else:
            self.object.extend(map(self.objects.of, object_ids))
        self._add_quantities(block)
        self.rows += rows

    def usage_of(self, row: int) -> dict[str, int]:
        """Return the quantities of a call, in the order they were logged."""
        if row in self.beside:
            return self.beside[row]
        kinds = self.whats.values[self.what[row]].kinds
        return {kind: self.quantities[kind][row] for kind in kinds}

    def evidence_of(self, row: int) -> Evidence:
        """Return a call; of its metadata only what the policy reads."""
        what, who = self.whats.values[self.what[row]], self.whos.values[self.who[row]]
        begin = self.id_ends[row - 1] if row else 0
        return Evidence(
            line=self.line[row],
            request_id=self.ids[begin : self.id_ends[row]].decode(),
            at=text_of(EPOCH + self.at[row] * _MICROSECOND),
            account=what.account,
            region=what.region,
            operation=what.operation,
            model_id=what.model_id,
            principal=self.principals.values[self.principal[row]],
            metadata=dict(who.read) or None,
            usage=self.usage_of(row),
            counts=what.counts,
            error_code=what.error_code,
            tier=what.tier,
            body_model=what.body_model,
            latency_ms=self.latency_ms[row] - 1 if self.latency_ms[row] else None,
            first_byte_ms=self.first_byte_ms[row] - 1 if self.first_byte_ms[row] else None,
            assumptions=[*what.assumptions],
        )

    def _add_ids(self, ids: Ids, rows: int) -> None:
        begin = len(self.ids)
        if not ids.texts:
            self.ids += uuid_texts(ids.uuids, rows)
            end = begin + UUID_TEXT * rows
            self.id_ends.extend(range(begin + UUID_TEXT, end + 1, UUID_TEXT))
            return
        text = "".join(ids.texts)
        self.ids += text.encode()
        lengths = map(len, ids.texts if text.isascii() else map(str.encode, ids.texts))
        self.id_ends.extend(islice(accumulate(lengths, initial=begin), 1, None))

    def _add_whats(self, block: Any) -> None:
        rows = block.rows
        named = (
            block.account, block.region, block.operation, block.model_id, block.counts,
            block.error_code, block.tier, block.body_model,
        )  # fmt: skip
        lists = (block.assumptions, block.usage.shapes)
        columns: list[Column] = [
            *((one.values, codes_of(one, rows)) for one in named),
            *(([*map(tuple, one.values)], codes_of(one, rows)) for one in lists),
        ]
        self.what.extend(combined(columns, lambda values: self.whats.of(What._make(values)), rows))

    def _add_whos(self, block: Any) -> None:
        rows = block.rows
        principals, codes = block.principal.values, codes_of(block.principal, rows)
        claims = []
        names = []
        for principal in principals:
            names.append(self.principals.of(principal or ""))
            claims.append(self._claimant(names[-1]))
        said = (
            (block.metadata.values, codes_of(block.metadata, rows)),
            (claims, None if len(set(claims)) == 1 else codes),
        )
        self.who.extend(combined(said, self._who_of, rows))
        self.principal.extend(
            array("i", names) * rows if codes is None else map(names.__getitem__, codes)
        )

    def _who_of(self, said: tuple[Any, ...]) -> int:
        """Number metadata as logged and an identity by what the policy reads of both."""
        number = self._known_whos.get(said)
        if number is None:
            forget_if_full(self._known_whos, _MOST_REMEMBERED)
            text, principal = said
            read = self._read_of(None if text is None else metadata_in(text))
            number = self._known_whos[said] = self.whos.of(Who(read, principal))
        return number

    def _claimant(self, name: int) -> str:
        """Return the identity that stands for a principal: for all of the same claim."""
        if name == len(self._claims):  # It is new, and was numbered just now.
            principal = self.principals.values[name]
            self._claims.append(self._claimants.setdefault(self._claim_of(principal), principal))
        return self._claims[name]

    def _add_quantities(self, block: Any) -> None:
        rows = block.rows
        for kind in block.usage.quantities:
            if kind in self.quantities:
                continue
            if len(self.quantities) < MOST_KINDS or kind in _TOKENS:
                self.quantities[kind] = array("q", bytes(8 * self.rows))
        columns = {kind: numbers_in(ints, rows) for kind, ints in block.usage.quantities.items()}
        for kind, held in self.quantities.items():
            column = columns.get(kind)
            held.extend(array("q", bytes(8 * rows)) if column is None else column)
        self._keep_beside(block, columns)

    def _keep_beside(self, block: Any, columns: dict[str, array[int]]) -> None:
        """Keep the usage of calls with a kind that has no column."""
        odd = columns.keys() - self.quantities.keys()
        if not odd:
            return
        shapes = block.usage.shapes.values
        codes = codes_of(block.usage.shapes, block.rows) or array("B", bytes(block.rows))
        for row, code in enumerate(codes):
            if not odd.isdisjoint(shapes[code]):
                usage = {kind: columns[kind][row] for kind in shapes[code]}
                self.beside[self.rows + row] = usage


def moment_of(microseconds: int) -> datetime:
    """Return a time that a column holds."""
    return EPOCH + microseconds * _MICROSECOND


def _times_of(times: Times, rows: int) -> Iterator[int] | list[int]:
    if times.unit:
        begin = (start_of(Hour(times.hour)) - EPOCH) // _MICROSECOND
        unit = times.unit
        return [begin + number * unit for number in numbers_in(times.numbers, rows)]
    values = [(parse_time(text or "") - EPOCH) // _MICROSECOND for text in times.names.values]
    codes = codes_of(times.names, rows)
    return values * rows if codes is None else map(values.__getitem__, codes)
