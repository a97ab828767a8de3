"""The calls of an hour that count: gathered columns, less the rows that were merged away."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.arrays import different, int32, int64
from bedrock_meter.columns.gather import HourColumns, What, moment_of
from bedrock_meter.domain.policy.profile import profile_arn_for
from bedrock_meter.domain.totals.valuation import Named


class Calls:
    """Calls by their place, 0 up; `rows` are their rows in `gathered`, None when all count.

    `whats` are the codes in `what` that occur.
    """

    def __init__(self, gathered: HourColumns, rows: pa.Array | None) -> None:
        self.gathered = gathered
        self.rows = rows
        self.who = self.kept(int32(gathered.who))
        self.what = self.kept(int32(gathered.what))
        self.at = self.kept(int64(gathered.at))
        self.whats = different(self.what)

    def __len__(self) -> int:
        return len(self.at)

    def kept(self, column: pa.Array) -> pa.Array:
        """Return of a column of all rows the part of the calls that count."""
        return column if self.rows is None else column.take(self.rows)

    def row(self, place: int) -> int:
        """Return the row of a call."""
        return place if self.rows is None else int(self.rows[place].as_py())

    def what_at(self, place: int) -> What:
        """Return what decides the price of a call."""
        return self.gathered.whats.values[self.gathered.what[self.row(place)]]

    def moment(self, place: int) -> datetime:
        """Return when a call was made."""
        return moment_of(self.gathered.at[self.row(place)])

    def span(self) -> tuple[datetime, datetime]:
        """Return when the first and the last call were made."""
        ends = pc.min_max(self.at)
        return moment_of(ends["min"].as_py()), moment_of(ends["max"].as_py())

    def quantities(self) -> dict[str, pa.Array]:
        """Return the columns of quantities."""
        return {
            kind: self.kept(int64(numbers)) for kind, numbers in self.gathered.quantities.items()
        }


def named_by(what: What) -> Named:
    """Return the model id that calls name."""
    return Named(what.model_id, what.account, what.region, what.error_code is None)


def profile_of(what: What) -> str | None:
    """Return the ARN of the profile that calls name."""
    return profile_arn_for(what.model_id, account=what.account, region=what.region)
