"""The simulation's oracle knows nothing of the meter, and its prices are those of the book."""

import ast
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from bedrock_meter import prices
from bedrock_meter.domain.pricing.model import model_of
from simulate import content, lines, oracle
from simulate.scenario import BOOKS


def test_the_oracle_imports_nothing_of_the_meter() -> None:
    names = imported_by(oracle) | imported_by(lines)

    known = [name for name in names if "bedrock" in name or "simulate" in name]
    assert known == [lines.__name__]


def imported_by(module: ModuleType) -> set[str]:
    tree = ast.parse(Path(str(module.__file__)).read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.name for node in nodes for alias in node.names} | {
        node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)
    }


def test_its_prices_are_those_of_the_book() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    for model, rate in BOOKS[0].items():
        rate_card = prices.shipped().rate_card_for(model_of(model), content.REGION, "standard", at)
        amount, unpriced = rate_card.cost_of({"input_tokens": 1_000_000}, 0)

        assert (amount, unpriced) == (rate * 10**18, {})


def test_it_merges_over_the_edge_and_finds_who_pays() -> None:
    key = content.key_of(datetime(2026, 11, 21, 9, 58, tzinfo=UTC), 0)
    first = _record("2026-11-21T09:58:00Z", 4, {"tenantId": "acme"})
    duplicate = _record("2026-11-21T10:03:00Z", 8, None)

    terms = oracle.HourDecisions(("tenantId",), ("acme",), BOOKS[0], {})
    body = content.packed([first, duplicate, b"{"])
    truth = oracle.truth_of({key: lines.MeteredAs(body, 1)}, lambda *_: terms)

    [(name, total)] = truth.totals.items()
    assert name == ("acme", "2026-11-21T10")
    assert (total["requests"], total["tokens"], total["cost"]) == (1, 8, 4 * 10**12)
    assert (truth.lines, truth.calls, truth.merged) == (3, 1, 1)
    assert truth.rejects == {key: [(3, "not_json")]}


def _record(at: str, tokens: int, metadata: dict[str, str] | None) -> bytes:
    import json

    record = {
        "timestamp": at,
        "requestId": "r",
        "modelId": content.CHEAP,
        "input": {"inputTokenCount": tokens},
        "output": {},
    }
    return json.dumps(record | ({"requestMetadata": metadata} if metadata else {})).encode()
