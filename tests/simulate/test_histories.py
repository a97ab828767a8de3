"""Whatever fails, comes twice, late or not at all: the totals are exactly the log."""

import os
import subprocess
import sys
from pathlib import Path

from simulate.history import History
from simulate.run import replay, simulate

ROOT = Path(__file__).parents[2]


def test_three_hundred_histories_end_as_the_oracle_says() -> None:
    said: list[str] = []

    failed = simulate(range(300), said.append)

    assert not failed, "\n".join(said)
    assert said[-1] == "300 histories, 0 differences"


def test_a_history_replayed_tells_every_step() -> None:
    said: list[str] = []

    assert replay(3, said.append) == 0

    assert said[-1] == "1 histories, 0 differences"
    assert any("charges.put(" in line for line in said)
    assert any("hours.finish(" in line for line in said)


def test_a_seed_is_the_same_history_in_every_process() -> None:
    traces = {_trace_in_a_process_of_its_own(hash_seed) for hash_seed in ("1", "2")}

    assert len(traces) == 1
    assert len(traces.pop()) > 1000


def _trace_in_a_process_of_its_own(hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "simulate", "replay", "5"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_histories_are_about_everything_that_can_go_wrong() -> None:
    happened: set[str] = set()
    for seed in range(60):
        history = History(seed)
        history.world.wire.trace = lambda _store, _method, _args, _answer, fate: happened.add(fate)
        history.trace = lambda text: happened.update(text.split())
        history.play()
        happened.update(event.what for event in history.scene.events)

    assert happened >= {"fails", "fails after", "dies", "dies after", "lost:", "gives"}
    assert happened >= {"announce", "run", "deploy", "decide", "read", "expire", "overwrite"}
