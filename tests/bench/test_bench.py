"""The bench measures what it says: exact answers on every path, units as DynamoDB counts them."""

import gc
import gzip
import json
import subprocess
import sys

import pytest

from bench import clock, interpreter, naive, ours, prices_table
from bench.__main__ import GOALS
from bench.capacity import item_size
from bench.data import Kind, files_of
from bench.floor import floor_48_120

TINY = (Kind("14k", 6_900, 1.1, files=2, records=150), Kind("2k", 900, 0.5, files=1, records=200))


@pytest.mark.slow
@pytest.mark.parametrize("kind", TINY, ids=lambda kind: kind.name)
def test_all_paths_come_to_the_truth_to_the_last_digit(kind, tmp_path):
    paths = files_of(kind, tmp_path)
    truths = [ours.truth_of(path) for path in paths]
    table = prices_table.table_for(paths)
    prices_table.write(table, tmp_path / "rates.csv")

    counts: dict[str, list[int]] = {}
    for truth in truths:
        for key, row in truth["agg"].items():
            held = counts.setdefault(key, [0] * 6)
            counts[key] = [mine + theirs for mine, theirs in zip(held, row, strict=True)]
    meter = ours.WarmMeter(ours.policy_for(truths)).sums(paths)
    by_hand = naive.naive(paths, table)
    out = tmp_path / "duck.json"
    duck = [sys.executable, "-m", "bench.duck", tmp_path / "rates.csv", out, *paths]
    subprocess.run(list(map(str, duck)), check=True)

    assert {key: row[:6] for key, row in meter.items()} == counts
    assert meter == by_hand == json.loads(out.read_text())
    assert floor_48_120(paths) == sum(truth["raw_bytes"] for truth in truths)


def test_the_floor_counts_every_byte_however_long_the_lines_are(tmp_path):
    texts = [b"", b"\n", b"no end", b"one\ntwo", b"x" * 300_000 + b"\nlast\n", b"y" * 500_000]
    paths = [tmp_path / f"{number}.gz" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(gzip.compress(text))

    assert [floor_48_120([path]) for path in paths] == [len(text) for text in texts]


def test_what_is_written_is_counted_beside_reading(tmp_path):
    (path,) = files_of(TINY[1], tmp_path)
    meter = ours.WarmMeter(ours.policy_for([ours.truth_of(path)]))

    assert sum(row.requests for _, rows in meter.read(path) for row in rows) == 200
    assert meter.write(path) > 200 * 30


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("'--enable-optimizations' '--with-lto'", "PGO yes, LTO yes"),
        ("'--enable-optimizations' '--with-lto=thin'", "PGO yes, LTO yes"),
        ("'--enable-shared'", "PGO no, LTO no"),
        (None, "PGO no, LTO no"),
    ],
)
def test_the_options_of_configure_say_how_python_was_built(options, text):
    assert interpreter.build_in(options).text == text


def test_what_was_measured_names_its_interpreter():
    said = interpreter.described()

    assert said.startswith(f"Python {sys.version_info[0]}.{sys.version_info[1]}")
    assert interpreter.own_build().text in said


def test_an_interpreter_that_cannot_run_the_bench_is_not_better(tmp_path):
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)

    assert not interpreter._is_better(str(other))


@pytest.mark.parametrize(("options", "is_better"), [("--enable-optimizations", True), ("", False)])
def test_an_optimised_interpreter_of_the_same_release_is_better(tmp_path, options, is_better):
    said = json.dumps(["/some/python", sys.version_info[:2], options])
    other = tmp_path / "python"
    other.write_text(f"#!/bin/sh\necho '{said}'\n")
    other.chmod(0o755)

    assert interpreter._is_better(str(other)) == is_better


def test_the_garbage_collector_is_set_for_a_while_only():
    before = gc.get_threshold()

    with clock.collecting((5_000, 3, 2)):
        assert gc.get_threshold()[0] == 5_000

    assert gc.get_threshold() == before


@pytest.mark.slow
def test_the_peak_is_that_of_the_real_ingest_clients_included(tmp_path):
    (path,) = files_of(TINY[1], tmp_path)

    done = subprocess.run(
        [sys.executable, "-m", "bench.peak", str(path)], check=True, capture_output=True, text=True
    )

    found = json.loads(done.stdout)
    assert found["records"] == 200
    assert found["evidence_bytes"] > 0
    assert 20 < found["peak_mb"] < 96


def test_the_same_seed_gives_the_same_records(tmp_path):
    one, other = (files_of(TINY[1], tmp_path / name) for name in ("one", "other"))

    assert [ours.truth_of(path) for path in one] == [ours.truth_of(path) for path in other]


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "abc"}}, 5),
        ({"n": {"N": "1234"}}, 1 + 3),
        ({"n": {"N": "-0.5"}}, 1 + 2),
        ({"b": {"B": "AAAA"}}, 1 + 3),
        ({"m": {"M": {"k": {"S": "v"}}}}, 1 + 3 + 1 + 2),
        ({"l": {"L": [{"BOOL": True}]}}, 1 + 3 + 1 + 1),
        ({"é": {"S": "é"}}, 4),
    ],
)
def test_items_are_as_large_as_dynamodb_counts_them(item, size):
    assert item_size(item) == size


def test_the_json_line_has_the_promised_keys_in_order():
    assert list(GOALS) == [
        "ingest_over_floor_14k",
        "ingest_over_floor_2k",
        "duckdb_over_ingest",
        "naive_over_ingest",
        "peak_mb_500mb",
        "ingest_wru_per_1000_calls",
        "wru_all_in_per_1000_calls",
        "wru_all_in_per_1000_calls_35",
        "rru_all_in_per_1000_calls",
        "rru_all_in_per_1000_calls_35",
        "import_over_boto3",
        "s3_puts_per_1000_calls",
        "s3_gets_per_1000_calls",
        "usd_per_month_1m_calls_a_day",
        "close_us_per_call",
        "close_peak_mb_1m",
        "close_5m_seconds",
        "close_5m_peak_mb",
        "evidence_bytes_per_call",
        "ingest_over_floor_14k_with_evidence",
        "ingest_over_floor_2k_with_evidence",
        "duckdb_over_ingest_14k",
        "duckdb_over_ingest_2k",
        "naive_over_ingest_14k",
        "naive_over_ingest_2k",
    ]
