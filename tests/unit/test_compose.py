"""Every function finds all it needs by its own settings, and loads it while it starts."""

import subprocess
import sys

import pytest

from bedrock_meter.compose import settings
from bedrock_meter.compose.deployed import StackNames
from bedrock_meter.compose.functions import stores_by
from bedrock_meter.jobs.raise_levels import LaneStores

JOINED = {
    "ingest": ("job", settings.IngestSettings),
    "fold_slot": ("fold", settings.FoldSettings),
    "plan_hours": ("job", settings.PlanSettings),
    "close_day": ("job", settings.CloseSettings),
    "assess_tenants": ("job", settings.AssessSettings),
    "deliver_notices": ("job", settings.NoticeSettings),
    "refresh_prices": ("job", settings.PriceSettings),
    "check_completeness": ("job", settings.CompletenessSettings),
    "audit_hour": ("job", settings.AuditSettings),
    "switch_on_logging": ("job", settings.LoggingSettings),
}
NEVER = {"yaml", "rich", "typer", "pydantic", "bedrock_meter.cli", "bedrock_meter.local"}
WITH_PARQUET = {"close_day", "assess_tenants", "check_completeness", "audit_hour"}
START = """
import gc, sys
from functions.{name} import app
loaded = set(sys.modules)
print(*(f"collects:{{number}}" for number in gc.get_threshold()))
print(f"frozen:{{gc.get_freeze_count() > 0}}")
app.{joined}()
print(*(f"late:{{one}}" for one in set(sys.modules) - loaded if one.startswith("bedrock_meter")))
print(*sys.modules)
"""


def environment_of(kind: type[settings.Settings]) -> dict[str, str]:
    """Every variable of a function and no other, each with a value that will do."""
    return {
        name.upper(): "7" if of is int else "https://some.where/thing"
        for name, of in settings.kinds_of(kind).items()
    }


@pytest.mark.parametrize("name", JOINED)
def test_a_function_is_joined_by_its_settings_from_what_it_loaded_at_the_start(name: str) -> None:
    joined, kind = JOINED[name]
    aws = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    path = {"PYTHONPATH": ":".join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", START.format(name=name, joined=joined)],
        env=environment_of(kind) | aws | path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not [one for one in loaded if one.startswith("late:")]
    assert not loaded & NEVER
    assert ("pyarrow" in loaded) == (name in WITH_PARQUET)
    assert ("bedrock_meter.logs.meter" in loaded) == (name == "ingest")
    assert {"collects:100000", "collects:20", "frozen:True"} <= loaded


def test_the_stores_that_the_live_lane_makes_late_need_no_other_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    stores = stores_by(
        settings.FoldSettings.from_environment(environment_of(settings.FoldSettings))
    )
    wanted = {name for name in vars(LaneStores) if name[0] != "_"}

    assert len(wanted) == 9
    assert all(getattr(stores, name) for name in wanted)


class Stack:
    """A stack whose outputs say their names."""

    account = "111122223333"

    def __init__(self, **parameters: str) -> None:
        self._parameters = parameters

    def output(self, name: str) -> str:
        return f"the {name}"

    def parameter(self, name: str) -> str:
        return self._parameters.get(name, "")


def test_a_stack_names_things_by_outputs_and_parameters_and_knows_what_was_left_out() -> None:
    names = StackNames(Stack(PartialDays="3", LogPrefix="p/"))

    assert names.hours_table == "the HoursTableName"
    assert (names.partial_days, names.object_row_days, names.log_prefix) == (3, 400, "p/")
    assert names.account_id == "111122223333"
    with pytest.raises(AttributeError, match="no_table is neither an output nor a parameter"):
        _ = names.no_table
