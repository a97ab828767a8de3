"""Commands of an operator on a deployed stack: quarantine, replay, reprice, rebuild, audit."""

import gzip
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app
from bedrock_meter.domain.prices.overlay import Overlaid, overlay_text
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.logs.spool import evidence_file, evidence_in
from engine.waiting import until
from tests.builders import a_record
from tests.e2e.meter import PATIENCE, Meter, a_key
from tests.price_builders import a_row

pytestmark = pytest.mark.engine

DAY = "2026-03-05"
HOURS = [f"{DAY}T09", f"{DAY}T10"]
NO_RATE = "acme.brain-1"
BROKEN = b'{"schemaType": "ModelInvocationLog", "timestamp": "2026-03-05T09:50:00Z", "modelId"'
JO = "jo@example.com"
CALL = Decimal("0.0015")  # Haiku: 1,000 tokens in at 1 dollar a million, 100 out at 5


def a_call(request_id: str, time: str, tenant: str, **changes: Any) -> dict[str, Any]:
    metadata = {"tenantId": tenant}
    return a_record(request_id, timestamp=f"{DAY}T{time}Z", requestMetadata=metadata, **changes)


class Operated:
    """A stack with two closed hours of two tenants, and the command on it."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.first = meter.put(
            a_key("09", day=DAY),
            a_call("op-1", "09:05:00", "op-acme"),
            a_call("op-2", "09:06:00", "op-acme", modelId=NO_RATE),
            a_call("op-3", "09:07:00", "op-globex"),
            BROKEN,
        )
        self.second = meter.put(a_key("10", day=DAY), a_call("op-4", "10:05:00", "op-acme"))
        meter.await_metered(self.first, self.second)
        self.close()

    def __call__(self, *arguments: object) -> Any:
        told = [*map(str, arguments), "--stack-name", self.meter.stack.name]
        return CliRunner().invoke(app, told)

    def close(self) -> None:
        """Close the hours, as the state machine does."""
        self.meter.close_hours(DAY, HOURS)

    def cost(self, tenant: str, period: str) -> Decimal:
        """Read what a tenant's closed period cost."""
        return Decimal(self.meter.usage(tenant, period)["cost_usd"])

    def rebuilt(self) -> tuple[int, str]:
        """Compare the day with its evidence: exit code, and what was said."""
        result = self("rebuild", "--from", DAY, "--to", DAY)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout

    def lose_evidence(self, key: str) -> set[str]:
        """Throw the evidence of a log object away; only metering it again brings them back."""
        lost = {file for file in self.meter.objects("evidence/") if file.endswith(key)}
        for file in lost:
            bucket = self.meter.output("DataBucketName")
            self.meter.client("s3").delete_object(Bucket=bucket, Key=file)
        return lost

    def readings(self, *keys: str) -> dict[str, int]:
        """Count the readings of log objects so far."""
        return {key: self.meter.manifest(key)["revision"] for key in keys}

    def await_read_again(self, before: dict[str, int]) -> None:
        """Wait until log objects are read once more, to the end.

        Evidence alone is too early: hours are asked for after it, and a close that they reach half-
        way publishes nothing.
        """

        def is_read(key: str) -> bool:
            found = self.meter.manifest(key)
            return bool(found["settled"] and found["revision"] > before[key])

        assert until(lambda: all(map(is_read, before)), seconds=PATIENCE), before

    def has_evidence(self, lost: set[str]) -> bool:
        """Return whether evidence is back."""
        return bool(lost) and lost <= set(self.meter.objects("evidence/"))

    def change_evidence(self, key: str, kind: str, quantity: int) -> None:
        """Write other evidence behind the meter's back, as if the log object had said so."""
        s3, bucket = self.meter.client("s3"), self.meter.output("DataBucketName")
        for file, body in self.meter.objects("evidence/").items():
            found = list(evidence_in(io.BytesIO(body))) if file.endswith(key) else []
            if any(kind in one.usage for one in found):
                noted = s3.head_object(Bucket=bucket, Key=file)["Metadata"]
                other = [one._replace(usage={**one.usage, kind: quantity}) for one in found]
                with evidence_file(Part("changed"), other) as changed:
                    s3.put_object(Bucket=bucket, Key=file, Body=changed.read(), Metadata=noted)

    def close_again(self, hour: str) -> None:
        """Ask for another close of an hour, and close it."""
        self.meter.stores.hours.ask(Hour(hour))
        self.meter.close_hours(DAY, [hour])

    def set_cost(self, tenant: str, period: str, cost: Decimal) -> None:
        """Change a total behind the meter's back."""
        self.meter.table("Usage").update_item(
            Key={"pk": f"T#{tenant}", "sk": period},
            UpdateExpression="SET cost_usd = :cost",
            ExpressionAttributeValues={":cost": cost},
        )


@pytest.fixture(scope="module")
def operated(engine: Any, stack: Any) -> Iterator[Operated]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine.environment().items():
            patch.setenv(name, value)
        yield Operated(Meter(engine, stack))


def test_what_could_not_be_metered_is_listed_with_its_reason(operated: Operated) -> None:
    listed = operated("quarantine", "list", "--day", DAY)

    assert listed.exit_code == 0, listed.stderr
    assert listed.stdout == f"{operated.first}: 1 not_json\n1 rejects: 1 not_json\n"
    assert operated("quarantine", "list", "--day", "2026-03-06").stdout == "0 rejects\n"
    other = operated("quarantine", "list", "--day", DAY, "--reason", "clock")
    assert other.stdout == "0 rejects\n"


def test_a_reject_says_where_its_line_is_and_nothing_of_its_text(operated: Operated) -> None:
    shown = operated("quarantine", "show", operated.first.rsplit("/", 1)[-1])

    reject = json.loads(shown.stdout)
    assert (reject["object_id"], reject["line"], reject["reason"]) == (
        operated.meter.object_id(operated.first),
        4,
        "not_json",
    )
    assert (reject["length"], len(reject["sha256"])) == (len(BROKEN), 64)
    assert "modelId" not in shown.stdout


def test_a_log_object_without_rejects_has_none_to_show(operated: Operated) -> None:
    shown = operated("quarantine", "show", operated.second)

    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "quarantine list" in shown.stderr


def test_log_objects_with_rejects_are_metered_again_and_count_once(operated: Operated) -> None:
    lost, before = operated.lose_evidence(operated.first), operated.readings(operated.first)

    replayed = operated("quarantine", "replay", "--day", DAY)

    assert replayed.stdout.startswith("1 log objects announced"), replayed.stderr
    operated.await_read_again(before)
    assert operated.has_evidence(lost)
    operated.close()
    assert operated.cost("op-acme", f"D#{DAY}") == 2 * CALL
    assert operated.rebuilt()[0] == 0


@pytest.mark.parametrize("chosen", [["--from", DAY, "--to", DAY], ["--prefix"]])
def test_a_replayed_range_counts_once(operated: Operated, chosen: list[str]) -> None:
    before = operated.readings(operated.first, operated.second)
    lost = operated.lose_evidence(operated.first) | operated.lose_evidence(operated.second)
    folder = operated.first.rsplit("/", 2)[0] if chosen == ["--prefix"] else ""

    replayed = operated("replay", *chosen, *([folder] if folder else []))

    assert replayed.stdout.startswith("2 log objects announced"), replayed.stderr
    operated.await_read_again(before)
    assert operated.has_evidence(lost)
    operated.close()
    assert operated.cost("op-acme", f"D#{DAY}") == 2 * CALL
    assert operated.cost("op-globex", f"M#{DAY[:7]}") == CALL


def test_an_interrupted_replay_goes_on_after_the_key_it_reached(operated: Operated) -> None:
    before = operated.readings(operated.second)

    went_on = operated("replay", "--from", DAY, "--to", DAY, "--after", operated.first)

    assert went_on.stdout.startswith("1 log objects announced"), went_on.stderr
    operated.await_read_again(before)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name what to replay: --from and --to, or --prefix"),
        (["--from", DAY], "name what to replay: --from and --to, or --prefix"),
        (["--from", DAY, "--to", DAY, "--prefix", "AWSLogs/"], "or --prefix"),
        (["--prefix", "elsewhere/"], "must begin with AWSLogs/"),
        (["--from", DAY, "--to", "2026-03-04"], "is before --from"),
        (["--from", "yesterday", "--to", DAY], "'yesterday' is not an hour, day or month"),
    ],
)
def test_a_replay_of_nothing_in_particular_is_refused(
    operated: Operated, arguments: list[str], said: str
) -> None:
    result = operated("replay", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_a_new_book_is_shown_first_then_applied_and_leaves_corrections(
    operated: Operated, tmp_path: Path
) -> None:
    dear = a_row("2", model=NO_RATE)
    (tmp_path / "own.json").write_text(overlay_text(Overlaid((dear,))))
    reprice = ("reprice", "--from", DAY, "--to", DAY, "--book", tmp_path / "own.json")

    shown = operated(*reprice, "--json")

    assert [json.loads(line) for line in shown.stdout.splitlines()] == [
        {"hour": HOURS[0], "tenant": "op-acme", "before_usd": "0.0015", "after_usd": "0.0035"}
    ]
    assert "nothing was written" in shown.stderr
    operated.close()
    assert operated.cost("op-acme", f"H#{HOURS[0]}") == CALL
    before = operated.meter.item("Hours", pk=f"{HOURS[0]}#0")["published"]

    applied = operated(*reprice, "--apply")

    assert "'op-acme': 0.0015 -> 0.0035 (+0.002)" in applied.stdout, applied.stderr
    assert "2 hours are closed again" in applied.stderr
    operated.close()
    assert operated.cost("op-acme", f"H#{HOURS[0]}") == Decimal("0.0035")
    assert operated.cost("op-acme", f"M#{DAY[:7]}") == Decimal("0.005")
    epoch = operated.meter.item("Hours", pk=f"{HOURS[0]}#0")["published"]
    ((_, body),) = operated.meter.objects(f"corrections/{HOURS[0]}/0/{epoch}").items()
    ((row),) = pq.read_table(io.BytesIO(body)).to_pylist()
    assert (row["tenant"], row["old_epoch"], row["difference_usd"]) == (
        "T#op-acme",
        before,
        Decimal("0.002"),
    )
    assert operated.rebuilt()[0] == 0


def test_totals_that_follow_from_charges_differ_by_nothing(operated: Operated) -> None:
    code, said = operated.rebuilt()

    # Three tenants' hours, two tenants' days and months.
    assert (code, said) == (0, "0 differences in 7 totals\n")


def test_a_tampered_total_is_told_with_its_direction_and_repaired_by_a_close(
    operated: Operated,
) -> None:
    right = operated.cost("op-globex", f"H#{HOURS[0]}")
    operated.set_cost("op-globex", f"H#{HOURS[0]}", Decimal("7"))

    code, said = operated.rebuilt()

    assert code == 1
    assert said.splitlines() == [
        f"{HOURS[0]} 'op-globex': stored 7, derived 0.0015: too much",
        f"{DAY} 'op-globex': stored 0.0015, derived 7: too little",
        "2 differences in 7 totals",
    ]

    repaired = operated("rebuild", "--from", DAY, "--to", DAY, "--repair")
    assert repaired.exit_code == 1
    assert "1 hours will be closed again" in repaired.stderr
    operated.close()
    assert operated.rebuilt() == (0, "0 differences in 7 totals\n")
    assert operated.cost("op-globex", f"H#{HOURS[0]}") == right


def test_an_hour_that_is_what_its_log_says_takes_one_line(operated: Operated) -> None:
    result = operated("audit", HOURS[0])

    assert (result.exit_code, result.stderr) == (0, "")
    # Three calls; the line that is no record is in neither.
    assert result.stdout == (
        f"{HOURS[0]}: no differences in 2 tenants; 3 calls of 2 log objects read again\n"
    )


def test_an_audit_bites_where_a_rebuild_agrees(operated: Operated) -> None:
    operated.change_evidence(operated.second, "output_tokens", 900)
    operated.close_again(HOURS[1])

    audited = operated("audit", HOURS[1])

    assert operated.rebuilt() == (0, "0 differences in 7 totals\n")
    assert audited.exit_code == 1
    *figures, blamed, last = audited.stdout.splitlines()
    assert f"{HOURS[1]} 'op-acme': cost_usd published 0.0055, by the log 0.0015" in figures
    assert f"{HOURS[1]} 'op-acme': usage.output_tokens published 900, by the log 100" in figures
    assert blamed == (
        f"{HOURS[1]} {operated.meter.object_id(operated.second)}: other records; "
        "1 records, 1 in its evidence, 1 differ"
    )
    assert last.startswith(f"{HOURS[1]}: 1 difference in 1 tenants")


def test_metering_the_log_objects_again_that_an_audit_names_corrects_what_differs(
    operated: Operated,
) -> None:
    before, read = operated.cost("op-acme", f"H#{HOURS[1]}"), operated.readings(operated.second)

    operated("replay", "--prefix", operated.second)

    operated.await_read_again(read)
    operated.close()  # the hour beside it was asked for, too: its edge was written anew
    assert operated("audit", HOURS[1]).exit_code == 0
    assert (before, operated.cost("op-acme", f"H#{HOURS[1]}")) == (Decimal("0.0055"), CALL)


def test_a_day_is_audited_hour_by_hour(operated: Operated) -> None:
    result = operated("audit", "--day", DAY, "--json")

    audited = {hour["hour"]: hour for hour in map(json.loads, result.stdout.splitlines())}
    assert result.exit_code == 2
    assert [audited[hour]["differences"] for hour in HOURS] == [0, 0]
    assert f"bedrock-meter: {DAY}T11 is not published yet\n" in result.stderr


def test_the_function_audits_the_hour_that_it_is_told(operated: Operated) -> None:
    answer = operated.meter.stack.invoke("AuditHour", {"hour": HOURS[0]})

    assert (answer["hour"], answer["differences"], answer["calls"]) == (HOURS[0], 0, 3)


def test_the_function_draws_an_hour_or_says_why_there_is_none(operated: Operated) -> None:
    answer = operated.meter.stack.invoke("AuditHour", {})

    assert answer["hour"] or answer["reason"].startswith("no hour could be audited: ")


def test_a_tenants_id_gives_way_to_a_pseudonym_and_no_total_changes(operated: Operated) -> None:
    key = operated.meter.put(
        a_key("11", day=DAY),
        a_call("op-5", "11:05:00", JO),
        a_call("op-6", "11:06:00", "op-globex"),
    )
    operated.meter.await_metered(key)
    hours = [f"{DAY}T11"]
    early = operated("tenants", "erase", JO, "--apply")
    assert early.exit_code == 2
    operated.meter.close_hours(DAY, [HOURS[1], *hours])  # 11:05 is at the edge of both

    shown = operated("tenants", "erase", JO)
    assert shown.stdout == f"'{JO}': 1 closed hours, {hours[0]} to {hours[0]}\n"
    assert operated.cost(JO, f"H#{hours[0]}") == CALL

    erased = operated("tenants", "erase", JO, "--apply")

    assert erased.exit_code == 0, erased.stderr
    pseudonym = erased.stdout.splitlines()[1].split()[3]
    assert pseudonym.startswith("erased-")
    assert "log objects in" in erased.stdout
    assert operated.cost(pseudonym, f"H#{hours[0]}") == CALL
    operated.meter.close_hours(DAY, [*HOURS, *hours])
    assert operated.cost(pseudonym, f"D#{DAY}") == CALL
    assert operated.rebuilt()[0] == 0
    audited = operated("audit", hours[0])
    assert audited.stdout.startswith(f"{hours[0]}: no differences in the sums of all "), audited
    assert list(places_of(operated.meter, JO)) == []
    assert list(places_of(operated.meter, pseudonym)) != []
    assert operated("tenants", "erase", JO).exit_code == 2


def places_of(meter: Meter, text: str) -> Iterator[str]:
    """Where a text stands: every object of the data bucket unpacked, every item but live ones."""
    for key, body in meter.objects().items():
        if text in _unpacked(key, body):
            yield key
    for table in ("Usage", "Tenants", "Flags", "Hours"):
        yield from (f"{table} {item}" for item in meter.items(table) if text in repr(item))


def _unpacked(key: str, body: bytes) -> str:
    if key.endswith(".parquet"):
        table = pq.read_table(io.BytesIO(body))
        return repr(table.to_pylist()) + repr(table.schema.metadata)
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode(errors="replace")
