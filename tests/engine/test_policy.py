"""A policy in the demo: as it is, or without contracts, which the recomputation does not know."""

from pathlib import Path

from bedrock_meter.policy_file import policy_of_file
from engine.demo.policy import FILE, playable


def test_a_policy_without_contracts_is_played_as_it_is() -> None:
    assert playable(FILE) == (FILE, False)


def test_contracts_are_left_out_and_all_else_stays(tmp_path: Path) -> None:
    plan = "plans: {gold: {%s budgets: {day: {usd: '10.00'}}}}\ntenants: {acme: {plan: gold}}\n"
    for name, contract in (("with", "contract: {kind: percent, off: '12.5'},"), ("without", "")):
        (tmp_path / f"{name}.yaml").write_text(plan % contract)

    file, changed = playable(tmp_path / "with.yaml")

    assert changed
    assert policy_of_file(file).id == policy_of_file(tmp_path / "without.yaml").id
