"""`bedrock-meter rate`: every record of local log files, attributed and priced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter.cli.books import Accept, Overlay, book_in_force
from bedrock_meter.cli.kept_logs import NotRead, records_of
from bedrock_meter.cli.log_files import log_files
from bedrock_meter.cli.output import BAD_INPUT, print_json, refuse, say
from bedrock_meter.cli.policies import PolicyOption, read_policy
from bedrock_meter.cli.profiles import Profiles, facts_in
from bedrock_meter.cli.rate_summary import AsCsv, AsJson, By, Sums, show, summary_by
from bedrock_meter.domain.prices.quote import lines_of
from bedrock_meter.domain.pricing.charge import REJECTED
from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject, is_log_file, log_object_of
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.records.usage import Usage, kind_of
from bedrock_meter.domain.time.hours import parse_time
from bedrock_meter.domain.totals.valuation import Valuation, named_by
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.folders import ENDINGS

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE|DIR…",
        help=f"Log files, or folders with files that end in {', '.join(ENDINGS)}.",
    ),
]


def rate(
    paths: Paths,
    policy: PolicyOption = None,
    overlay: Overlay = None,
    accept: Accept = None,
    profiles: Profiles = None,
    summary: Sums = False,
    by: By = None,
    csv: AsCsv = False,
    json: AsJson = False,
) -> None:
    """Price every record of log files: one JSON line each, whose it is and what it cost, and why.

    With --summary, --by or --csv, print sums instead. Bodies outside the records are read from
    beside the log files. Nothing leaves this machine.
    """
    if csv and json:
        refuse("--csv and --json: choose one of them")
    valuation = Valuation(read_policy(policy), book_in_force(overlay, accept), facts_in(profiles))
    sums = summary_by(by, valuation.policy) if summary or by or csv else None
    take = sums.add if sums else print_json
    rated, read, unread = 0, 0, False
    for path, root, log_object in _log_objects(paths):
        read += 1
        try:
            for line in _rated(path, root, log_object, valuation):
                take(line)
                rated += 1
        except NotRead as problem:
            say(str(problem))
            unread = True
    if sums and rated:
        show(sums, csv=csv, json=json)
    if unread or not read:  # Why has been said, file by file and folder by folder.
        raise typer.Exit(BAD_INPUT)
    if not rated:
        refuse("there is no record in these logs")


def _log_objects(paths: Iterable[Path]) -> Iterator[tuple[Path, Path, LogObject]]:
    """Yield each file once, with its folder and as the log object that it is or would be."""
    seen: set[Path] = set()
    for root in paths:
        for path in log_files([root]):
            if path in seen:
                continue
            seen.add(path)
            log_object = _log_object(path, root)
            if root.is_dir() and log_object.region and not is_log_file(log_object.key):
                say(f"{path}: not read; a body or a probe, not a log file")
            else:
                yield path, root, log_object


def _log_object(path: Path, root: Path) -> LogObject:
    """Return the log object of a file: its key from `AWSLogs/` on, or its path in the folder."""
    key = path.as_posix()
    if log_object_of("", key).region:
        name = key[key.rindex("AWSLogs/") :]
    else:
        name = path.relative_to(root).as_posix() if root.is_dir() else path.name
    return log_object_of("", name)._replace(object_id=name)


def _rated(
    path: Path, root: Path, log_object: LogObject, valuation: Valuation
) -> Iterator[dict[str, object]]:
    source = Source(log_object.object_id, log_object.stamp, log_object.account, log_object.region)
    for found in records_of(path, root, source):
        if isinstance(found, Reject):
            yield _refusal(found)
        else:
            yield _answer(found, log_object.object_id, valuation)


def _answer(evidence: Evidence, object_id: str, valuation: Valuation) -> dict[str, object]:
    attribution, charge = valuation.of(evidence)
    fact = valuation.fact_for(named_by(evidence), parse_time(evidence.at))
    model = model_of(evidence.model_id, fact, evidence.body_model)
    usage = charge.usage or evidence.usage  # Of what is not charged: as logged.
    return {
        "object": object_id,
        "line": evidence.line,
        "request_id": evidence.request_id,
        "timestamp": evidence.at,
        "status": charge.status,
        "tenant": attribution.tenant,
        "rule": attribution.rule,
        "trust": attribution.trust,
        "conflict": attribution.conflict,
        "dimensions": dict(attribution.dimensions),
        "model": model.key,
        "scope": model.scope if model.resolved else None,
        "region": evidence.region,
        "operation": evidence.operation,
        "error_code": evidence.error_code,
        "latency_ms": evidence.latency_ms,
        "usage": _by_kind(usage),
        "amount_usd": None if charge.amount is None else plain(usd_of(charge.amount)),
        "priced_usd": plain(usd_of(charge.priced)),
        "lines": lines_of(charge),
        "assumptions": list(charge.assumptions),
        "reason": charge.reason,
    }


def _refusal(reject: Reject) -> dict[str, object]:
    """Return what could be read of a rejected line, and why it was rejected."""
    fields = reject.fields
    model = model_of(str(fields["modelId"])) if "modelId" in fields else None
    message = fields.get("message")
    return {
        "object": reject.object_id,
        "line": reject.line,
        "request_id": fields.get("requestId"),
        "timestamp": fields.get("timestamp"),
        "status": REJECTED,
        "tenant": None,
        "rule": "none",
        "trust": "none",
        "conflict": False,
        "dimensions": {},
        "model": model.key if model else None,
        "scope": model.scope if model and model.resolved else None,
        "region": fields.get("region"),
        "operation": fields.get("operation"),
        "error_code": fields.get("errorCode"),
        "latency_ms": None,
        "usage": {},
        "amount_usd": None,
        "priced_usd": "0",
        "lines": [],
        "assumptions": [],
        "reason": f"{reject.reason}: {message}" if message else reject.reason,
    }


def _by_kind(usage: Usage) -> dict[str, int]:
    """Add quantities up by kind, whatever resolution or quality they had."""
    kinds = Counter[str]()
    for key, quantity in usage.items():
        kinds[kind_of(key)] += quantity
    return kinds
