"""`make bench`: measure everything, print a table for people, and one JSON line at the very end.

python -m bench [--data DIR] [--only speed|peak|units|cold|close]
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import (
    clock,
    closing,
    cold,
    data,
    evidence,
    idle,
    interpreter,
    million,
    speed,
    units,
)
from bench.ours import truth_of
from engine import template

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".local" / "bench"
REFERENCE_SIZE, MILLION_A_DAY, SMALL_OBJECTS = 2_000, 350, 35
"""Calls per log object that the figures are for; the second at a million calls a day."""
LEAST_RECORDS = 20_000
GOALS: dict[str, tuple[str, float]] = {
    "ingest_over_floor_14k": ("at most", 1.9),
    "ingest_over_floor_2k": ("at most", 3.6),
    "duckdb_over_ingest": ("at least", 1.3),
    "naive_over_ingest": ("at least", 3.5),
    "peak_mb_500mb": ("at most", 96.0),
    "ingest_wru_per_1000_calls": ("at most", 6.0),
    "wru_all_in_per_1000_calls": ("at most", 45.0),
    "wru_all_in_per_1000_calls_35": ("at most", 120.0),
    "rru_all_in_per_1000_calls": ("at most", 100.0),
    "rru_all_in_per_1000_calls_35": ("at most", 400.0),
    "import_over_boto3": ("at most", 1.25),
    "s3_puts_per_1000_calls": ("", 0.0),
    "s3_gets_per_1000_calls": ("", 0.0),
    "usd_per_month_1m_calls_a_day": ("", 0.0),
    "close_us_per_call": ("at most", 10.0),
    "close_peak_mb_1m": ("at most", 500.0),
    "close_5m_seconds": ("at most", 60.0),
    "close_5m_peak_mb": ("at most", 2_000.0),
    "evidence_bytes_per_call": ("at most", 120.0),
    "ingest_over_floor_14k_with_evidence": ("", 0.0),
    "ingest_over_floor_2k_with_evidence": ("", 0.0),
    "duckdb_over_ingest_14k": ("at least", 1.6),
    "duckdb_over_ingest_2k": ("at least", 1.3),
    "naive_over_ingest_14k": ("at least", 4.5),
    "naive_over_ingest_2k": ("at least", 3.5),
}
"""The keys of the JSON line, in order, and what each has to be."""

Figures = dict[str, float | None]


def main() -> int:
    """Measure; return 1 when an answer is not exact: a fast wrong number is worth nothing."""
    parser = argparse.ArgumentParser(prog="bench", description="What metering costs, measured.")
    parser.add_argument("--data", type=Path, help="folder of outside files with .truth.json")
    parser.add_argument("--only", choices=("speed", "peak", "units", "cold", "close"))
    asked = parser.parse_args()
    interpreter.run_on_the_best()
    console = Console(stderr=False, width=100)
    console.print(interpreter.described(), highlight=False)
    figures: Figures = dict.fromkeys(GOALS)
    exact = True
    parts: dict[str, Callable[[], bool]] = {
        "speed": lambda: _speed(asked.data, figures, console),
        "peak": lambda: _peak(figures, console),
        "cold": lambda: _cold(figures, console),
        "units": lambda: _units(figures, console),
        "close": lambda: _close(figures, console),
    }
    for name, part in parts.items():
        if asked.only in (None, name):
            exact = part() and exact
    _verdict(figures, console)
    print(json.dumps(figures))
    return 0 if exact else 1


def _speed(outside: Path | None, figures: Figures, console: Console) -> bool:
    scratch = KEPT / "out"
    scratch.mkdir(parents=True, exist_ok=True)
    sets = (
        _outside(outside)
        if outside
        else [(kind.name, data.files_of(kind, KEPT)) for kind in (data.LARGE, data.SMALL)]
    )
    speeds = []
    for name, paths in sets:
        _tell(f"reading speed, {name}")
        with clock.pinned():
            speeds.append(speed.measure(name, paths, scratch))
    for measured in speeds:
        _show_speed(measured, console)
        size = measured.raw_bytes / measured.records
        kind = "14k" if size > 6_000 else "2k"
        figures[f"ingest_over_floor_{kind}"] = _short(measured.over_floor)
        figures[f"ingest_over_floor_{kind}_with_evidence"] = _short(
            measured.over_floor_with_evidence
        )
        figures[f"duckdb_over_ingest_{kind}"] = _short(measured.duckdb_over_ingest)
        figures[f"naive_over_ingest_{kind}"] = _short(measured.naive_over_ingest)
    # Of several sets the worst counts.
    figures["duckdb_over_ingest"] = _short(min(each.duckdb_over_ingest for each in speeds))
    figures["naive_over_ingest"] = _short(min(each.naive_over_ingest for each in speeds))
    return all(all(each.exact.values()) for each in speeds)


def _outside(folder: Path) -> list[tuple[str, list[Path]]]:
    """Sort a person's own files into large and small records, by their truths."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.json.gz")):
        if path.with_name(path.name + ".truth.json").exists():
            truth = truth_of(path)
            mean = int(truth["raw_bytes"]) / int(truth["records"])
            found.setdefault("large" if mean > 6_000 else "small", []).append(path)
    if not found:
        sys.exit(f"bench: {folder} holds no FILE.json.gz with a FILE.json.gz.truth.json beside it")
    return list(found.items())


def _show_speed(measured: speed.Speed, console: Console) -> None:
    mean = measured.raw_bytes / measured.records
    table = Table(
        title=f"{measured.name}: {measured.records:,} records of {mean / 1000:.1f} KB",
        title_justify="left",
    )
    for name in ("", "µs per record", "× floor", "× ingest"):
        table.add_column(name, justify="right" if name else "left")
    for candidate, seconds in measured.seconds.items():
        whole = candidate in (speed.OURS_WHOLE, speed.DUCK_WHOLE)
        ours = speed.OURS_WHOLE if whole else speed.OURS
        table.add_row(
            candidate,
            f"{seconds * 1e6 / measured.records:.2f}",
            "" if whole else f"{measured.ratio(candidate, speed.FLOOR):.2f}",
            f"{measured.ratio(candidate, ours):.2f}",
        )
    console.print(table)
    for what, right in measured.exact.items():
        console.print(f"  {what}: {'exact' if right else '[red]NOT EXACT[/]'}", highlight=False)
    if measured.records < LEAST_RECORDS:
        console.print(f"  [red]fewer than {LEAST_RECORDS:,} records: not a measurement[/]")


def _peak(figures: Figures, console: Console) -> bool:
    _tell("peak memory of a 500 MB object")
    (path,) = data.files_of(data.HUGE, KEPT)
    with clock.pinned():
        found = json.loads(clock.process(["-m", "bench.peak", str(path)])())
    figures["peak_mb_500mb"] = _short(found["peak_mb"])
    size = int(truth_of(path)["raw_bytes"]) / 1e6
    console.print(
        f"Ingest of one object of {size:.0f} MB, boto3 included: peak {found['peak_mb']:.0f} MB, "
        f"{found['records']:,} records, evidence {found['evidence_bytes'] / 1e6:.1f} MB"
    )
    return bool(found["records"] == truth_of(path)["records"])


def _cold(figures: Figures, console: Console) -> bool:
    _tell("cold start")
    with clock.pinned():
        seconds = cold.starts()
    alone = seconds.pop(cold.BOTO3)
    figures["import_over_boto3"] = _short(seconds[cold.INGEST] / alone)
    table = Table(title="Start of a function, imports and clients", title_justify="left")
    for name in ("", "ms", "× boto3 with two clients"):
        table.add_column(name, justify="right" if name else "left")
    table.add_row("boto3 with two clients", f"{alone * 1000:.0f}", "")
    for name, took in seconds.items():
        table.add_row(name, f"{took * 1000:.0f}", f"{took / alone:.2f}")
    console.print(table)
    return True


def _units(figures: Figures, console: Console) -> bool:
    table = Table(
        title=f"Request units per 1,000 calls, {units.CALLS:,} calls an hour, "
        f"{data.TENANTS} tenants",
        title_justify="left",
    )
    columns = ("calls per object", "ingest W", "fold W", "close W", "all W", "all R", "PUT", "GET")
    for name in columns:
        table.add_column(name, justify="right")
    hour = units.noon_before(datetime.now(UTC))
    for size in units.PARTS:
        _tell(f"request units at {size:,} calls per object")
        found = units.measure(size, hour)
        written = [found.written[phase] for phase in units.PHASES]
        row = (*written, found.wru, found.rru, found.s3_puts, found.s3_gets)
        table.add_row(f"{size:,}", *(f"{number:.1f}" for number in row))
        if size == REFERENCE_SIZE:
            figures["ingest_wru_per_1000_calls"] = _short(found.ingest_wru)
            figures["wru_all_in_per_1000_calls"] = _short(found.wru)
            figures["rru_all_in_per_1000_calls"] = _short(found.rru)
            figures["s3_puts_per_1000_calls"] = _short(found.s3_puts)
            figures["s3_gets_per_1000_calls"] = _short(found.s3_gets)
        if size == SMALL_OBJECTS:
            figures["wru_all_in_per_1000_calls_35"] = _short(found.wru)
            figures["rru_all_in_per_1000_calls_35"] = _short(found.rru)
        if size == MILLION_A_DAY:
            figures["usd_per_month_1m_calls_a_day"] = _million(found, console)
    console.print(table)
    return True


def _million(found: units.Units, console: Console) -> float:
    table = Table(title="A million calls a day, dollars a month", title_justify="left")
    for name in ("", "count", "", "dollars"):
        table.add_column(name, justify="right" if name else "left")
    items = million.account(template.read(idle.ROOT / "template.yaml"), found)
    for item in items:
        table.add_row(item.what, f"{item.count:,.0f}", item.of, f"{item.usd:.2f}")
    console.print(table)
    return _short(idle.total(items))


def _close(figures: Figures, console: Console) -> bool:
    _tell("closing 1 million calls, then 5 million")
    million, five = closing.measure(*closing.MILLION), closing.measure(*closing.FIVE_MILLION)
    figures["close_us_per_call"] = _short(million["us_per_call"])
    figures["close_peak_mb_1m"] = _short(million["peak_mb"])
    figures["close_5m_seconds"] = _short(five["seconds"])
    figures["close_5m_peak_mb"] = _short(five["peak_mb"])
    sets = {name: evidence.bytes_a_call(number_of) for name, number_of in evidence.SETS.items()}
    figures["evidence_bytes_per_call"] = _short(sets["200 sets"])
    console.print(
        f"Deriving an hour from evidence to Parquet, its neighbours beside it: 1 million calls "
        f"{million['us_per_call']} µs a call, {million['peak_mb']:.0f} MB; 5 million "
        f"{five['seconds']} s, {five['peak_mb']:.0f} MB"
    )
    shown = ", ".join(f"{name} {size:.0f}" for name, size in sets.items())
    console.print(f"Evidence, bytes a call by sets of metadata: {shown}")
    return True


def _tell(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


def _verdict(figures: Figures, console: Console) -> None:
    table = Table(title="Goals", title_justify="left")
    for name in ("figure", "measured", "goal", ""):
        table.add_column(name)
    for name, (bound, limit) in GOALS.items():
        measured = figures[name]
        if measured is None:
            table.add_row(name, "not measured", f"{bound} {limit}" if bound else "")
            continue
        kept = not bound or (measured <= limit if bound == "at most" else measured >= limit)
        verdict = "" if not bound else "[green]kept[/]" if kept else "[red]missed[/]"
        table.add_row(name, str(measured), f"{bound} {limit}" if bound else "shown only", verdict)
    console.print(table)


def _short(number: float) -> float:
    return round(number, 2)


if __name__ == "__main__":
    sys.exit(main())
