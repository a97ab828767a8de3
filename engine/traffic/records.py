"""One invocation as the log writes it: whole seconds, counts beside the bodies, bodies in one of
four states (inline, offloaded, absent, and none at all on an error)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from engine.traffic.bodies import SHAPES, Counts, Exchange, family_of
from engine.traffic.cast import Caller
from engine.traffic.profiles import PROFILES
from engine.traffic.words import Words

Record = dict[str, Any]
ERRORS = ("ThrottlingException", "ValidationException", "ModelTimeoutException")
SPLIT_HIDDEN = ("openai", "llama", "titan", "titan-embed", "cohere-embed", "image")
"""Families without a prompt cache: their records carry no cache counts."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the traffic happens: account, Region, the ARN of each profile, the text, the dice."""

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


def record_for(scene: Scene, caller: Caller, at: datetime, model: str | None = None) -> Record:
    """Make one invocation of a caller at a moment."""
    rng = scene.rng
    called, family_model = _model(scene, caller, model)
    family = family_of(family_model)
    operation, shape = rng.choice(SHAPES[family])
    record = _head(scene, caller, at, operation, _as_logged(scene, called, operation))
    if rng.random() < 0.02:
        record["errorCode"] = rng.choice(ERRORS)
        return _with_metadata(scene, caller, record)
    counts = _counts(rng, family, family_model)
    ask, reply = rng.randrange(80, 1_400), rng.randrange(40, 900)
    exchange = Exchange(rng, scene.words, family_model, counts, ask, reply)
    request, response = shape(exchange)
    record["input"] = {"inputContentType": "application/json"}
    record["output"] = {"outputContentType": "application/json"}
    _write_counts(record, family, counts)
    _write_bodies(scene, record, request, response)
    return _with_metadata(scene, caller, record)


def _model(scene: Scene, caller: Caller, model: str | None) -> tuple[str, str]:
    """Choose what the caller passes as model id, and which model that really is."""
    if model is not None:
        return model, model
    if caller.profile and (not caller.models or scene.rng.random() < 0.5):
        source = next(wish.copy_from for wish in PROFILES if wish.name == caller.profile)
        return scene.profiles[caller.profile], source
    chosen = scene.rng.choice(caller.models)
    return chosen, chosen


def _as_logged(scene: Scene, model: str, operation: str) -> str:
    """Spell the model id as the log does: InvokeModel logs the ARN of a system profile."""
    scoped = model.startswith(("us.", "global."))
    if scoped and not operation.startswith("Converse"):
        return f"arn:aws:bedrock:{scene.region}:{scene.account}:inference-profile/{model}"
    return model


def _head(scene: Scene, caller: Caller, at: datetime, operation: str, model: str) -> Record:
    session = f"i-{scene.rng.getrandbits(68):017x}"
    arn = f"arn:aws:sts::{scene.account}:assumed-role/{caller.role}/{session}"
    head: Record = {
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "accountId": scene.account,
        "region": scene.region,
        "requestId": scene.request_id(),
        "operation": operation,
        "modelId": model,
        "identity": {"arn": arn},
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
    }
    if "inference-profile" in model or model.startswith(("us.", "global.")):
        head["inferenceRegion"] = scene.rng.choice(("us-east-1", "us-east-2", "us-west-2"))
    return head


def _counts(rng: Random, family: str, model: str) -> Counts:
    """Roll the usage of a call: mostly small, sometimes huge, sometimes cached."""
    size, answer = int(rng.lognormvariate(6.2, 1.0)) + 1, int(rng.lognormvariate(5.2, 0.9)) + 1
    if family in ("titan-embed", "cohere-embed", "image"):
        return Counts(size, 0)
    if "haiku-5-5" in model and rng.random() < 0.2:
        size = rng.choice((99_000, 100_000, 100_001, 140_000))
    if family in SPLIT_HIDDEN or rng.random() > 0.4:
        return Counts(size, answer)
    read, write = rng.randrange(40_000), rng.randrange(8_000) * rng.randrange(2)
    if family == "nova":
        return Counts(size, answer, read, write)
    long = rng.choice((0, 0, write, write // 3))
    return Counts(size, answer, read, write - long, long)


def _write_counts(record: Record, family: str, counts: Counts) -> None:
    """Put the counts where the record has them: image models have none, embeddings no output."""
    if family == "image":
        return
    record["input"]["inputTokenCount"] = counts.input
    if counts.output:
        record["output"]["outputTokenCount"] = counts.output
    if family not in SPLIT_HIDDEN:
        record["input"]["cacheReadInputTokenCount"] = counts.read
        record["input"]["cacheWriteInputTokenCount"] = counts.write


def _write_bodies(scene: Scene, record: Record, request: Any, response: Any) -> None:
    """Put the bodies inline (mostly), beside the record as objects of their own, or nowhere."""
    roll = scene.rng.random()
    if roll < 0.02:
        return
    # A few bodies are moved out: each is an object of its own that somebody has to upload.
    request_id = record["requestId"]
    sides = (("input", request), ("output", response))
    for side, body in sides:
        if roll < 0.023 or (roll < 0.027 and side == "output"):
            key = f"{scene.folder(record['timestamp'])}/data/{request_id}_{side}.json.gz"
            record[side][f"{side}BodyS3Path"] = f"s3://{scene.bucket}/{key}"
            scene.side.append((key, body))
        else:
            record[side][f"{side}BodyJson"] = body


def _with_metadata(scene: Scene, caller: Caller, record: Record) -> Record:
    """Add what the caller states about itself, the way its team spells it."""
    rng = scene.rng
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
