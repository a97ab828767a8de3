"""One invocation as the log writes it: whole seconds, counts beside the bodies, bodies in one of
four states (inline, offloaded, absent, and none at all on an error)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from engine.traffic.bodies import SHAPES, Exchange, TokenCounts, family_of
from engine.traffic.cast import Application
from engine.traffic.profiles import PROFILES
from engine.traffic.words import Words

Record = dict[str, Any]
ERRORS = ("ThrottlingException", "ValidationException", "ModelTimeoutException")
SPLIT_HIDDEN = ("openai", "llama", "titan", "titan-embed", "cohere-embed", "image")
"""Families without a prompt cache: their records carry no cache counts."""


@dataclass(frozen=True, slots=True)
class TrafficContext:
    """What traffic is made with: random draws, text, account, Region, ARNs of profiles."""

    rng: Random
    words: Words
    account: str
    region: str
    bucket: str
    prefix: str
    profiles: Mapping[str, str]
    side: list[tuple[str, Any]] = field(default_factory=list)
    """Bodies that were too large for their record: (key of their own object, body)."""

    def folder(self, at: str) -> str:
        """Return the folder of an hour as Bedrock lays it out; `at` is ISO text in UTC."""
        hour = at[:13].replace("-", "/").replace("T", "/")
        logs = f"AWSLogs/{self.account}/BedrockModelInvocationLogs/{self.region}"
        return f"{self.prefix}{logs}/{hour}"

    def request_id(self) -> str:
        """Return a new UUID."""
        text = f"{self.rng.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def record_for(
    context: TrafficContext, caller: Application, at: datetime, model: str | None = None
) -> Record:
    """Make one invocation of a caller at a moment."""
    rng = context.rng
    called, family_model = _model(context, caller, model)
    family = family_of(family_model)
    operation, shape = rng.choice(SHAPES[family])
    record = _head(context, caller, at, operation, _as_logged(context, called, operation))
    if rng.random() < 0.02:
        record["errorCode"] = rng.choice(ERRORS)
        return _with_metadata(context, caller, record)
    counts = _counts(rng, family, family_model)
    ask, reply = rng.randrange(80, 1_400), rng.randrange(40, 900)
    exchange = Exchange(rng, context.words, family_model, counts, ask, reply)
    request, response = shape(exchange)
    record["input"] = {"inputContentType": "application/json"}
    record["output"] = {"outputContentType": "application/json"}
    _write_counts(record, family, counts)
    _write_bodies(context, record, request, response)
    return _with_metadata(context, caller, record)


def _model(context: TrafficContext, caller: Application, model: str | None) -> tuple[str, str]:
    """Choose what the caller passes as model id, and which model that really is."""
    if model is not None:
        return model, model
    if caller.profile and (not caller.models or context.rng.random() < 0.5):
        source = next(wish.copy_from for wish in PROFILES if wish.name == caller.profile)
        return context.profiles[caller.profile], source
    chosen = context.rng.choice(caller.models)
    return chosen, chosen


def _as_logged(context: TrafficContext, model: str, operation: str) -> str:
    """Spell the model id as the log does: InvokeModel logs the ARN of a system profile."""
    scoped = model.startswith(("us.", "global."))
    if scoped and not operation.startswith("Converse"):
        return f"arn:aws:bedrock:{context.region}:{context.account}:inference-profile/{model}"
    return model


def _head(
    context: TrafficContext, caller: Application, at: datetime, operation: str, model: str
) -> Record:
    session = f"i-{context.rng.getrandbits(68):017x}"
    arn = f"arn:aws:sts::{context.account}:assumed-role/{caller.role}/{session}"
    head: Record = {
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "accountId": context.account,
        "region": context.region,
        "requestId": context.request_id(),
        "operation": operation,
        "modelId": model,
        "identity": {"arn": arn},
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
    }
    if "inference-profile" in model or model.startswith(("us.", "global.")):
        head["inferenceRegion"] = context.rng.choice(("us-east-1", "us-east-2", "us-west-2"))
    return head


def _counts(rng: Random, family: str, model: str) -> TokenCounts:
    """Roll the usage of a call: mostly small, sometimes huge, sometimes cached."""
    size, answer = int(rng.lognormvariate(6.2, 1.0)) + 1, int(rng.lognormvariate(5.2, 0.9)) + 1
    if family in ("titan-embed", "cohere-embed", "image"):
        return TokenCounts(size, 0)
    if "haiku-5-5" in model and rng.random() < 0.2:
        size = rng.choice((99_000, 100_000, 100_001, 140_000))
    if family in SPLIT_HIDDEN or rng.random() > 0.4:
        return TokenCounts(size, answer)
    read, write = rng.randrange(40_000), rng.randrange(8_000) * rng.randrange(2)
    if family == "nova":
        return TokenCounts(size, answer, read, write)
    long = rng.choice((0, 0, write, write // 3))
    return TokenCounts(size, answer, read, write - long, long)


def _write_counts(record: Record, family: str, counts: TokenCounts) -> None:
    """Put the counts where the record has them: image models have none, embeddings no output."""
    if family == "image":
        return
    record["input"]["inputTokenCount"] = counts.input
    if counts.output:
        record["output"]["outputTokenCount"] = counts.output
    if family not in SPLIT_HIDDEN:
        record["input"]["cacheReadInputTokenCount"] = counts.read
        record["input"]["cacheWriteInputTokenCount"] = counts.write


def _write_bodies(context: TrafficContext, record: Record, request: Any, response: Any) -> None:
    """Put the bodies inline (mostly), beside the record as objects of their own, or nowhere."""
    roll = context.rng.random()
    if roll < 0.02:
        return
    # A few bodies are moved out: each is an object of its own that has to be uploaded.
    request_id = record["requestId"]
    sides = (("input", request), ("output", response))
    for side, body in sides:
        if roll < 0.023 or (roll < 0.027 and side == "output"):
            key = f"{context.folder(record['timestamp'])}/data/{request_id}_{side}.json.gz"
            record[side][f"{side}BodyS3Path"] = f"s3://{context.bucket}/{key}"
            context.side.append((key, body))
        else:
            record[side][f"{side}BodyJson"] = body


def _with_metadata(context: TrafficContext, caller: Application, record: Record) -> Record:
    """Add what the caller states about itself, the way its team spells it."""
    rng = context.rng
    metadata = {}
    if caller.named_by == "metadata":
        metadata[caller.alias] = caller.tenant
    if rng.random() < 0.4:
        metadata["application"] = rng.choice(("chat", "search", "agents"))
        metadata["env"] = rng.choice(("prod", "prod", "dev"))
    if rng.random() < 0.15:
        metadata["costCenter"] = f"cc-{rng.randrange(40):03d}"
    if metadata:
        record["requestMetadata"] = metadata
    return record
