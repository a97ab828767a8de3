"""Dollars for a record, from the reviewed price rows as they lie in their file."""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

ROWS = Path(__file__).parents[2] / "layers/bedrock_meter/python/bedrock_meter/prices"
GEOGRAPHIES = ("us-gov", "us", "eu", "apac", "jp", "au", "in", "ca")
PROVIDERS = re.split(
    " ",
    "ai21 amazon anthropic cohere deepseek google luma meta minimax mistral moonshotai nvidia"
    " openai qwen stability twelvelabs writer xai zai",
)
CONTEXT = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_30m_tokens",
    "cache_write_1h_tokens",
)


class Model(NamedTuple):
    """A model without its scope, and the scope: `in_region`, `geo:us`, `global`, or None."""

    key: str
    scope: str | None
    paid_by_time: bool = False


class Priced(NamedTuple):
    """Dollars for what has a rate, and the quantities that have none."""

    usd: Decimal
    unpriced: dict[str, int]


def model_of(logged: str, copies: Mapping[str, str]) -> Model:
    """Read a logged model id; `copies` tells what an application profile was copied from."""
    if logged in copies:
        return model_of(copies[logged], {})
    kind, _, name = logged.split(":", 5)[-1].partition("/")
    if not logged.startswith("arn:"):
        name = logged
    elif kind in ("provisioned-model", "imported-model"):
        return Model(logged, "in_region", paid_by_time=True)
    elif kind not in ("foundation-model", "inference-profile"):
        return Model(logged, None)
    head, _, tail = name.partition(".")
    if head in PROVIDERS:
        return Model(name, "in_region")
    if head == "global":
        return Model(tail, "global")
    return Model(tail, f"geo:{head}") if head in GEOGRAPHIES else Model(name, None)


class PriceRows:
    """All billed rows, by model and kind; and the rules that widen where a model's rows hold."""

    def __init__(self, folder: Path = ROWS) -> None:
        self._rows: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for path in sorted(folder.glob("*.tsv")):
            for row in _read(path):
                if row["bill"] == "yes":
                    self._rows[row["model"], row["kind"]].append(row)
        self._input_counts = _read(folder / "input_counts.txt")
        self._wider = {row["model"]: row["where"] for row in _read(folder / "rules.txt")}

    def price(
        self,
        model: Model,
        usage: Mapping[str, int],
        region: str,
        tier: str,
        at: datetime,
        context: int | None = None,
    ) -> Priced:
        """Price quantities, kind by kind; a kind without a rate stays a quantity."""
        if context is None:
            context = sum(usage.get(kind, 0) for kind in CONTEXT)
        total, unpriced = Decimal(0), {}
        for kind, quantity in usage.items():
            rate = self.rate(model, kind, region, tier, context, at)
            if rate is None:
                unpriced[kind] = quantity
            else:
                total += quantity * rate
        return Priced(total, unpriced)

    def input_meaning(self, model: str, at: datetime) -> str | None:
        """Return what the input count of a Converse call means; None: as documented."""
        about = [
            row
            for row in self._input_counts
            if (model.startswith(row["model"][:-1]) and row["model"].endswith("*"))
            or model == row["model"]
        ]
        about = [row for row in about if _in_force(row, at)]
        closest = max(about, key=lambda row: len(row["model"]), default=None)
        return closest["input"] if closest else None

    def rate(
        self, model: Model, key: str, region: str, tier: str, context: int, at: datetime
    ) -> Decimal | None:
        """Return dollars for a single unit; None when no row holds. `key` is a kind, or
        `kind/size/quality`."""
        kind, _, size = key.partition("/")
        if kind.startswith("guardrail_"):
            model, tier = Model("guardrail", "in_region"), "standard"
        if kind == "grounding_requests":
            model, tier = Model("nova_web_grounding", "in_region"), "standard"
        fitting = [
            (nearness, -_area(row["resolution"]), row["since"], row)
            for row in self._rows[model.key, kind]
            if (nearness := self._closeness(row, model, region))
            and row["tier"] == tier
            and _in_band(row["band"], context)
            and _in_force(row, at)
            and _fits_size(row, size)
        ]
        if not fitting:
            return None
        *_, row = max(fitting, key=lambda found: found[:3])
        return Decimal(row["usd"]) / Decimal(row["per"])

    def threshold(self, model: Model) -> int:
        """Return the context size above which a model has other rates; 0 when it has none."""
        bands = {
            row["band"]
            for (name, _), rows in self._rows.items()
            if name == model.key
            for row in rows
            if row["band"]
        }
        return max((int(band.strip("<>=")) for band in bands), default=0)

    def _closeness(self, row: Mapping[str, str], model: Model, region: str) -> int:
        partition = "aws-us-gov" if region.startswith("us-gov-") else "aws"
        if row["partition"] != partition:
            return 0
        direct = _nearness(row["where"], model.scope or "", region)
        if direct or model.key not in self._wider or "in_region@" not in row["where"]:
            return direct
        return min(1, _nearness(self._wider[model.key], model.scope or "", region))


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _nearness(where: str, scope: str, region: str) -> int:
    """Return how closely a row names a caller's Region: 3 exact, 2 its geography, 1 all, 0 not."""
    best = 0
    for place in where.split():
        called, _, pattern = place.partition("@")
        if called not in ("any", scope) and not (called == "geo:*" and scope.startswith("geo:")):
            continue
        if pattern == region:
            best = max(best, 3)
        elif pattern == "*":
            best = max(best, 1)
        elif pattern.endswith("*") and region.startswith(pattern[:-1]):
            best = max(best, 2)
    return best


def _in_band(band: str, context: int) -> bool:
    if not band:
        return True
    sign, limit = re.fullmatch(r"(<=|>)(\d+)", band).groups()
    return context > int(limit) if sign == ">" else context <= int(limit)


def _in_force(row: Mapping[str, str], at: datetime) -> bool:
    since, until = _time(row["since"]), _time(row["until"])
    return (since is None or since <= at) and (until is None or at < until)


def _time(text: str) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _fits_size(row: Mapping[str, str], wanted: str) -> bool:
    """Match `1024x1024/standard` with a row's resolution (`<=1024x1024`) and quality."""
    size, _, quality = wanted.partition("/")
    if row["quality"] and row["quality"] != quality:
        return False
    if not row["resolution"]:
        return True
    bound = re.fullmatch(r"(<=|>|=)(\d+x\d+)", row["resolution"])
    if bound is None or "x" not in size:
        return row["resolution"] == size
    within = all(a <= b for a, b in zip(_sides(size), _sides(bound[2]), strict=True))
    return {"<=": within, ">": not within, "=": size == bound[2]}[bound[1]]


def _sides(size: str) -> list[int]:
    return [int(side) for side in size.split("x")]


def _area(resolution: str) -> int:
    """The size a row names, so that the tightest of several wins."""
    wide, _, high = resolution.strip("<>=").partition("x")
    return int(wide) * int(high) if high else 0
