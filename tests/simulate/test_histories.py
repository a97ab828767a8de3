"""Whatever fails, comes twice, late or not at all: the totals are exactly the log."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulate.history import History
from simulate.killing import FIRST_KILLS
from simulate.mutations import MUTATIONS
from simulate.run import main, replay, simulate

ROOT = Path(__file__).parents[2]


def test_three_hundred_histories_end_as_the_oracle_says() -> None:
    said: list[str] = []

    failed = simulate(range(300), said.append)

    assert not failed, "\n".join(said)
    assert said[-1] == "300 histories, 0 differences"


def test_a_history_replayed_prints_every_call() -> None:
    said: list[str] = []

    assert replay(3, said.append) == 0

    assert said[-1] == "1 histories, 0 differences"
    assert any("evidence.put(" in line for line in said)
    assert any("hours.finish(" in line for line in said)


@pytest.mark.parametrize("seed", [5, 78, 98, 296])  # Three of them were not, once.
def test_a_seed_is_the_same_history_in_every_process(seed: int) -> None:
    traces = {_trace_in_a_process_of_its_own(seed, hash_seed) for hash_seed in ("0", "1")}

    assert len(traces) == 1
    assert len(traces.pop()) > 1000


def _trace_in_a_process_of_its_own(seed: int, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "simulate", "replay", str(seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_seed_that_differs_is_printed_with_the_command_that_replays_it() -> None:
    said: list[str] = []
    mutation = "names from the current evidence only"
    seed = FIRST_KILLS[mutation]

    with MUTATIONS[mutation]():
        assert simulate(range(seed - 1, seed + 1), said.append) == 1

    assert said[0].startswith(f"seed {seed}: ")
    assert said[-1] == "2 histories, 1 differences"
    assert _recipe(*said[1].split()).endswith(f"-m simulate replay {seed}")


def test_seeds_are_chosen_by_variables_or_by_words_of_make() -> None:
    by_words = _recipe("make", "simulate", "SEEDS=3", "FROM=40")
    by_variables = _recipe("make", "simulate", SEEDS="3", FROM="40")

    assert by_words == by_variables
    assert by_words.split()[:2] == ['SEEDS="3"', 'FROM="40"']
    assert by_words.endswith("-m simulate")


def _recipe(*command: str, **variables: str) -> str:
    """Return what make would run in the end."""
    done = subprocess.run(
        [*command, "-n", "--no-print-directory"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].strip()


def test_chosen_histories_are_all_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {"SEEDS": "2", "FROM": "40"}) == 0

    *_, speed, last = capsys.readouterr().out.splitlines()
    assert speed.endswith(" histories/s")
    assert last == "2 histories, 0 differences"


@pytest.mark.parametrize(
    ("words", "variables", "complaint"),
    [
        ([], {"SEEDS": "many"}, "SEEDS is 'many', not a whole number from 0 on"),
        ([], {"SEEDS": "3", "FROM": "-1"}, "FROM is '-1', not a whole number from 0 on"),
        (["replay", "x"], {}, "the seed to replay is 'x', not a whole number from 0 on"),
        (["all"], {}, "'all' is none of: replay SEED, mutations, explore, or nothing"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(
    words: list[str], variables: dict[str, str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, variables) == 2

    assert capsys.readouterr().err == f"simulate: {complaint}\n"


def test_histories_are_about_everything_that_can_go_wrong() -> None:
    happened: set[str] = set()
    for seed in range(60):
        history = History(seed)
        history.world.wire.trace = lambda *call: happened.add(call[-1])
        history.trace = lambda text: happened.update(text.split())
        history.play()
        happened.update(event.what for event in history.scenario.events)

    assert happened >= {"fails", "fails after", "dies", "dies after", "lost:", "gives"}
    assert happened >= {"announce", "run", "deploy", "decide", "read", "expire", "overwrite"}
