"""Verdicts: whose each call is, worked out once for equal callers, never for a call."""

from array import array
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.codes import Codes
from bedrock_meter.columns.gather import HourColumns, What, moment_of
from bedrock_meter.columns.repeats import int32, int64
from bedrock_meter.domain.policy.attribution import Attribution
from bedrock_meter.domain.policy.profile import ProfileFact, profile_arn_for
from bedrock_meter.domain.pricing.model import ModelRef, model_of
from bedrock_meter.domain.totals.changes import changes_within, facts_within
from bedrock_meter.domain.totals.valuation import Named, Tariff, Valuation


class Attributed:
    """The calls that count, and whose they are.

    `rows` are their rows (None: all). Columns are as long as there are such calls: `who`, `what`
    and `at` as gathered; `segment` numbers the stretches of the hour between two changes of a
    price or a profile (None: nothing changes); `attribution` and `tariff` number
    `attributions` and `tariffs`.
    """

    def __init__(self, columns: HourColumns, rows: pa.Array | None, valuation: Valuation) -> None:
        self.columns = columns
        self.rows = rows
        self.valuation = valuation
        self.who, self.what = (self.kept(int32(one)) for one in (columns.who, columns.what))
        self.at = self.kept(int64(columns.at))
        self.whats = _different(self.what)
        valuation.learn_named({named_by(columns.whats.values[what]) for what in self.whats})
        self._bounds = _ends(self.at)
        self._owned = Codes[str]()  # Profiles.
        self._owned.of("")
        self.attributions: list[Attribution] = []
        self.tariffs: list[Tariff] = []
        self.tariff_of: list[int] = []
        self._cuts = self._changes_of_facts()
        self.attribution = self._attributed()
        more = {*self._cuts, *self._changes_of_prices()} - {*self._cuts}
        if more:
            self._cuts = sorted({*self._cuts, *more})
        self.segment = self._segments()
        self.segments = len(self._cuts) + 1

    def __len__(self) -> int:
        return len(self.at)

    def kept(self, column: pa.Array) -> pa.Array:
        """Return of a column of all rows those of the calls that count."""
        return column if self.rows is None else column.take(self.rows)

    def row(self, place: int) -> int:
        """Return the row of a call."""
        return place if self.rows is None else self.rows[place].as_py()

    def fact_for(self, what: What, at: datetime) -> ProfileFact | None:
        """Return the fact about the profile that calls name."""
        return self.valuation.fact_for(named_by(what), at)

    def model_for(self, what: What, at: datetime) -> ModelRef:
        """Return the model that calls are priced as."""
        return model_of(what.model_id, self.fact_for(what, at), what.body_model)

    def _changes_of_facts(self) -> list[datetime]:
        found: set[datetime] = set()
        for code in self.whats:
            what = self.columns.whats.values[code]
            if _profile_of(what):
                found.update(facts_within(*self._bounds, partial(self.fact_for, what)))
        return sorted(found)

    def _changes_of_prices(self) -> list[datetime]:
        first, last = self._bounds
        moments = (first, *self._cuts)
        whats = [self.columns.whats.values[code] for code in self.whats]
        keys = {self.model_for(what, at).key for what in whats for at in moments}
        return changes_within(
            first, last, tariffs=self.tariffs, counting=self.valuation.book, models=keys
        )

    def _segments(self) -> pa.Array | None:
        if not self._cuts:
            return None
        beginning = [_microseconds(cut) for cut in self._cuts]
        parts = [pc.cast(pc.greater_equal(self.at, pa.scalar(one)), pa.int64()) for one in beginning]
        total = parts[0]
        for part in parts[1:]:
            total = pc.add(total, part)
        return total

    def _attributed(self) -> pa.Array:
        """Attribute each caller once, together with each profile that it named."""
        owned = array("q", (self._owned.of(_profile_of(w)) for w in self.columns.whats.values))
        segment, segments = self._segments(), len(self._cuts) + 1
        key = self.who.cast(pa.int64())
        profiles = len(self._owned.values)
        if profiles > 1:
            key = pc.add(pc.multiply(key, profiles), int64(owned).take(self.what))
            key = _with(key, segment, segments)
        groups = key.dictionary_encode()
        first = first_places(groups.indices)
        numbers = array("i", map(self._number_of, first))
        return int32(numbers).take(groups.indices)

    def _number_of(self, place: int) -> int:
        columns, row = self.columns, self.row(place)
        who, what = columns.whos.values[columns.who[row]], columns.whats.values[columns.what[row]]
        fact = self.fact_for(what, moment_of(columns.at[row])) if _profile_of(what) else None
        found = self.valuation.attribution_of(dict(who.read), fact, who.principal)
        return self._interned(found)

    def _interned(self, found: Attribution) -> int:
        names = self.__dict__.setdefault("_numbers", {})
        key = (found.tenant, found.rule, found.conflict, (*found.dimensions.items(),))
        number: int = names.setdefault(key, len(self.attributions))
        if number == len(self.attributions):
            self.attributions.append(found)
            self.tariff_of.append(self._tariff_number(found.tenant))
        return number

    def _tariff_number(self, tenant: str | None) -> int:
        tariff = self.valuation.tariff_of(tenant)
        for number, known in enumerate(self.tariffs):
            if known.book is tariff.book and known.contract is tariff.contract:
                return number
        self.tariffs.append(tariff)
        return len(self.tariffs) - 1


def named_by(what: What) -> Named:
    """Return the model id that calls name."""
    return Named(what.model_id, what.account, what.region, what.error_code is None)


def first_places(codes: pa.Array) -> list[int]:
    """Return where each code occurs first; codes count up from 0 by their first occurrence."""
    places = pa.table({"code": codes, "place": pa.array(range(len(codes)), pa.int64())})
    found = places.group_by("code", use_threads=False).aggregate([("place", "min")])
    return [
        place
        for _, place in sorted(
            zip(found["code"].to_pylist(), found["place_min"].to_pylist(), strict=True)
        )
    ]


def _profile_of(what: What) -> str:
    return profile_arn_for(what.model_id, account=what.account, region=what.region) or ""


def _with(key: pa.Array, segment: pa.Array | None, segments: int) -> pa.Array:
    return key if segment is None else pc.add(pc.multiply(key, segments), segment)
