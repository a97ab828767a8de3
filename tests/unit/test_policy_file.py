"""The file `tenants.yaml`: values stay as written, and every error has its line."""

import pytest

from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.policy_file import PolicyFileError, policy_of_file, policy_of_text


def errors_in(text: str) -> list[str]:
    with pytest.raises(PolicyFileError) as refused:
        policy_of_text(text, "t.yaml")
    return list(refused.value.lines)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "tenants:\n", "{}"])
def test_a_file_that_says_nothing_is_a_policy(text):
    policy = policy_of_text(text, "t.yaml")

    assert policy.plan_for("acme") == DEFAULT_POLICY.plan_for("acme")


def test_ids_that_look_like_numbers_dates_or_truths_stay_as_written():
    names = ["007", "1e3", "2026-01-01", "yes", "on", "1_000", "0x1F", "12:30", "No", "null"]

    policy = policy_of_text("tenants:\n" + "".join(f"  {n}: {{}}\n" for n in names), "t.yaml")

    assert list(policy.tenants) == names


def test_hostile_ids_can_be_written_in_quotes():
    policy = policy_of_text(
        'tenants: {"a#b": {}, "two\\nlines": {}, "<<": {}, "say \\"hi\\"": {}}', "t"
    )

    assert list(policy.tenants) == ["a#b", "two\nlines", "<<", 'say "hi"']


def test_money_never_passes_through_a_binary_fraction():
    text = "defaults: {budgets: {day: {usd: 0.1}, month: {usd: 12345678901234.000000000000000001}}}"

    plan = policy_of_text(text, "t.yaml").plan_for("acme")

    assert plan.day.cost == 10**17
    assert plan.month.cost == 12_345_678_901_234 * 10**18 + 1


def test_json_is_read_too():
    assert "acme" in policy_of_text('{"tenants": {"acme": {"forecast": false}}}', "t.json").tenants


def test_each_error_has_file_line_place_what_is_wrong_and_what_is_right():
    text = """\
plans:
  gold:
    budgets:
      month: {usd: lots}
tenants:
  acme:
    plan: glod
  bolt:
    recognised_by:
      roles:
        - bolt-app
        - path/bolt
"""
    assert errors_in(text) == [
        "t.yaml:4: plans.gold.budgets.month.usd: 'lots' cannot be read; "
        'write dollars such as "250.00"',
        "t.yaml:7: tenants.acme.plan: 'glod' is not a plan; one of: gold",
        "t.yaml:10: tenants.bolt.recognised_by.roles: 'path/bolt' is never seen in a log; "
        "write the bare name of the role: logs drop its path",
    ]


def test_a_key_that_stands_twice_is_refused_at_its_second_line():
    text = "tenants:\n  acme: {}\n  acme: {plan: gold}\n"

    assert errors_in(text) == [
        "t.yaml:3: tenants.acme: is given twice, here and on line 2; keep one"
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- acme\n", "t.yaml:1: the document: holds no mapping; begin with `tenants:`"),
        ("tenants:\n\tacme: {}\n", "t.yaml:2: is not YAML:"),
        ("tenants: [\n", "is not YAML:"),
        ("tenants: {a: b: c}\n", "is not YAML:"),
        ("? [a, b]\n: c\n", "t.yaml:1: the document: has a key that is not text"),
        ("plans: &a {b: {}}\n", "t.yaml:1: plans: is a reference; use plans and defaults"),
        ("tenants:\n  a: *nowhere\n", "t.yaml:2: tenants.a: is a reference"),
        ("a: &a [*a]\n", "t.yaml:1: a[0]: is a reference"),
        ("a: !!python/object/apply:os.system [ls]\n", "is not known here"),
        ("plans: {}\n---\ntenants: {}\n", "t.yaml:1: the document: is followed by another"),
        ("\x00", "is not YAML:"),
        ("[" * 100_000, "t.yaml: is not YAML: far too deep on line 1"),
        ("{a: " * 100_000, "t.yaml: is not YAML: far too deep on line 1"),
        ("- " * 100_000, "t.yaml: is not YAML: far too deep on line 1"),
        ("? " * 100_000, "t.yaml: is not YAML: far too deep on line 1"),
    ],
)
def test_a_file_that_is_not_a_policy_is_refused_in_one_clear_line(text, error):
    errors = errors_in(text)

    assert any(error in line for line in errors), errors
    assert all("\n" not in line for line in errors)


def test_a_file_in_another_encoding_is_refused_and_a_byte_order_mark_is_not(tmp_path):
    latin, marked = tmp_path / "latin.yaml", tmp_path / "marked.yaml"
    latin.write_bytes("tenants: {Größe: {}}".encode("latin-1"))
    marked.write_bytes("\ufefftenants: {Größe: {}}".encode())

    assert list(policy_of_file(marked).tenants) == ["Größe"]
    with pytest.raises(PolicyFileError, match="save the file as UTF-8"):
        policy_of_file(latin)
