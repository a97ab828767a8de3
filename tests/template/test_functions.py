"""Every function: its folder, its settings, its layers, the processor it runs on."""

import re
from typing import Any

import pytest

from bedrock_meter.compose import deployed, settings
from tests.template.conftest import ROOT

SETTINGS = {
    "Ingest": settings.IngestSettings,
    "FoldSlot": settings.FoldSettings,
    "PlanHours": settings.PlanSettings,
    "CloseDay": settings.CloseSettings,
    "AssessTenants": settings.AssessSettings,
    "DeliverNotices": settings.NoticeSettings,
    "RefreshPrices": settings.PriceSettings,
    "CheckCompleteness": settings.CompletenessSettings,
    "AuditHour": settings.AuditSettings,
    "SwitchOnLogging": settings.LoggingSettings,
}


def folder_of(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_function_is_given_exactly_the_variables_its_settings_read(
    stack_template: Any, name: str
) -> None:
    assert set(stack_template.environment(name)) == settings.variables_of(SETTINGS[name])


def test_every_function_has_settings_of_its_own(stack_template: Any) -> None:
    assert set(stack_template.functions()) == set(SETTINGS)


def test_a_function_its_folder_and_its_verb_have_one_name(stack_template: Any) -> None:
    for name, function in stack_template.functions().items():
        assert function["CodeUri"] == f"functions/{folder_of(name)}/"
        assert (ROOT / function["CodeUri"] / "app.py").is_file()
    folders = {file.parent.name for file in (ROOT / "functions").glob("*/app.py")}
    assert folders == set(map(folder_of, stack_template.functions()))


def test_handlers_stay_thin(stack_template: Any) -> None:
    for name in stack_template.functions():
        source = (ROOT / "functions" / folder_of(name) / "app.py").read_text()
        assert len(source.splitlines()) <= 40, name


def test_functions_run_on_the_python_they_are_tested_with(stack_template: Any) -> None:
    version = (ROOT / ".python-version").read_text().strip()

    assert stack_template.globals["Runtime"] == f"python{version}"
    assert stack_template.globals["Architectures"] == ["arm64"]


def test_the_name_a_resource_is_passed_by_says_what_it_is(stack_template: Any) -> None:
    for name in SETTINGS:
        for variable, value in stack_template.environment(name).items():
            if variable.endswith("_TABLE"):
                table = variable.removesuffix("_TABLE").title() + "Table"
                assert value == {"Ref": table}, (name, variable)


def test_parquet_is_carried_only_by_functions_that_read_it(stack_template: Any) -> None:
    functions = stack_template.functions()
    carrying = {name for name in functions if functions[name].get("Layers")}
    reading = {
        name
        for name, statement in stack_template.statements()
        if name in functions and re.search("(closings|rollups)/", str(statement["Resource"]))
    }

    assert carrying == reading


def test_layers_are_built_for_the_processor_that_functions_run_on(stack_template: Any) -> None:
    for name, resource in stack_template.resources.items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            makefile = ROOT / resource["Properties"]["ContentUri"] / "Makefile"
            assert resource["Metadata"]["BuildArchitecture"] == "arm64", name
            if "LAYER_ARCH" in makefile.read_text():
                assert re.search(r"^LAYER_ARCH \?= aarch64$", makefile.read_text(), re.M), name


def test_what_commands_call_stores_by_are_outputs_and_parameters(stack_template: Any) -> None:
    document = stack_template.document

    assert set(deployed.OUTPUTS.values()) <= set(document["Outputs"])
    for name, default in deployed.PARAMETERS.values():
        assert document["Parameters"][name]["Default"] == default
