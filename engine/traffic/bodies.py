"""What callers send and what each provider answers, in the shapes that reach the log.

Every builder takes an `Exchange` and gives (request body, response body). Streams through
InvokeModel are logged as a list of chunks; Converse streams as one object.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from engine.traffic.words import Words

Json = Any


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """What was used, by kind; the input is the uncached part only."""

    input: int
    output: int
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0

    @property
    def write(self) -> int:
        """Cache writes of either lifetime."""
        return self.write_5m + self.write_1h


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer, before any provider has given it a shape."""

    rng: Random
    words: Words
    model: str
    counts: TokenCounts
    ask: int
    reply: int

    def question(self) -> str:
        """Return the prompt, of about `ask` characters."""
        return self.words.prompt(self.rng, self.ask)

    def answer(self) -> str:
        """Return the completion, of about `reply` characters."""
        return self.words.cut(self.rng, self.reply)

    def latency(self) -> int:
        """Return a time to answer in milliseconds."""
        return 180 + self.reply * 9 + self.rng.randrange(400)


def converse(it: Exchange) -> tuple[Json, Json]:
    """Converse and ConverseStream: the log re-assembles a stream into one object."""
    counts = it.counts
    request = {
        "messages": [{"role": "user", "content": [{"text": it.question()}]}],
        "system": [{"text": it.words.cut(it.rng, 120)}],
        "inferenceConfig": {"maxTokens": 2048, "temperature": 0.3},
    }
    total = counts.input + counts.output + counts.read + counts.write
    usage: dict[str, Json] = {
        "inputTokens": counts.input,
        "outputTokens": counts.output,
        "totalTokens": total,
    }
    if counts.read or counts.write:
        usage |= {"cacheReadInputTokens": counts.read, "cacheWriteInputTokens": counts.write}
        split = [("5m", counts.write_5m), ("1h", counts.write_1h)]
        usage["cacheDetails"] = [{"ttl": ttl, "inputTokens": n} for ttl, n in split if n]
    message = {"role": "assistant", "content": [{"text": it.answer()}]}
    response = {
        "output": {"message": message},
        "stopReason": "end_turn",
        "metrics": {"latencyMs": it.latency()},
        "usage": usage,
    }
    return request, response


def _messages_request(it: Exchange) -> Json:
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 2048,
        "system": it.words.cut(it.rng, 120),
        "messages": [{"role": "user", "content": [{"type": "text", "text": it.question()}]}],
    }


def _messages_usage(counts: TokenCounts) -> dict[str, Json]:
    return {
        "input_tokens": counts.input,
        "cache_creation_input_tokens": counts.write,
        "cache_read_input_tokens": counts.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts.write_5m,
            "ephemeral_1h_input_tokens": counts.write_1h,
        },
        "output_tokens": counts.output,
    }


def messages(it: Exchange) -> tuple[Json, Json]:
    """Anthropic Messages through InvokeModel."""
    response = {
        "id": f"msg_bdrk_{it.rng.getrandbits(96):024x}",
        "type": "message",
        "role": "assistant",
        "model": bare(it.model),
        "content": [{"type": "text", "text": it.answer()}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": _messages_usage(it.counts),
    }
    return _messages_request(it), response


def messages_stream(it: Exchange) -> tuple[Json, Json]:
    """Anthropic Messages through InvokeModelWithResponseStream: a list of events."""
    usage = _messages_usage(it.counts) | {"output_tokens": 1}
    start = {"id": "msg_bdrk_1", "type": "message", "role": "assistant", "model": bare(it.model)}
    chunks: list[Json] = [
        {"type": "message_start", "message": {**start, "content": [], "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    answer = it.answer()
    for place in range(0, len(answer), 40):
        delta = {"type": "text_delta", "text": answer[place : place + 40]}
        chunks.append({"type": "content_block_delta", "index": 0, "delta": delta})
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    final = {"output_tokens": it.counts.output}
    chunks.append({"type": "message_delta", "delta": end, "usage": final})
    metrics = _invocation_metrics(it)
    chunks.append({"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics})
    if it.rng.random() < 0.2:
        chunks.append("[DONE]")
    return _messages_request(it), chunks


def _invocation_metrics(it: Exchange) -> dict[str, int]:
    latency = it.latency()
    return {
        "inputTokenCount": it.counts.input,
        "outputTokenCount": it.counts.output,
        "invocationLatency": latency,
        "firstByteLatency": latency // 4,
        "cacheReadInputTokenCount": it.counts.read,
        "cacheWriteInputTokenCount": it.counts.write,
    }


def titan_text(it: Exchange) -> tuple[Json, Json]:
    """Titan Text through InvokeModel."""
    result = {"tokenCount": it.counts.output, "outputText": it.answer()}
    response = {
        "inputTextTokenCount": it.counts.input,
        "results": [result | {"completionReason": "FINISH"}],
    }
    return {"inputText": it.question(), "textGenerationConfig": {"maxTokenCount": 512}}, response


def titan_stream(it: Exchange) -> tuple[Json, Json]:
    """Titan Text through InvokeModelWithResponseStream."""
    last = {
        "outputText": it.answer(),
        "index": 0,
        "totalOutputTextTokenCount": it.counts.output,
        "completionReason": "FINISH",
        "inputTextTokenCount": it.counts.input,
        "amazon-bedrock-invocationMetrics": _invocation_metrics(it),
    }
    first = {"outputText": "\n", "index": 0, "totalOutputTextTokenCount": None}
    return {"inputText": it.question()}, [first, last]


def llama(it: Exchange) -> tuple[Json, Json]:
    """Llama through InvokeModel."""
    response = {
        "generation": it.answer(),
        "prompt_token_count": it.counts.input,
        "generation_token_count": it.counts.output,
        "stop_reason": "stop",
    }
    return {"prompt": it.question(), "max_gen_len": 512}, response


def nova(it: Exchange) -> tuple[Json, Json]:
    """Nova through InvokeModel: like Converse, but its cache counts end in `Count`."""
    request, response = converse(it)
    usage = {
        "inputTokens": it.counts.input,
        "outputTokens": it.counts.output,
        "cacheReadInputTokenCount": it.counts.read,
        "cacheWriteInputTokenCount": it.counts.write,
    }
    body = {"output": response["output"], "stopReason": "end_turn", "usage": usage}
    return {"schemaVersion": "messages-v1", "messages": request["messages"]}, body


def titan_embedding(it: Exchange) -> tuple[Json, Json]:
    """Titan Embeddings: a vector and the input count."""
    vector = [round(it.rng.uniform(-0.1, 0.1), 6) for _ in range(32)]
    response = {"embedding": vector, "inputTextTokenCount": it.counts.input}
    return {"inputText": it.question(), "dimensions": 256}, response


def cohere_embedding(it: Exchange) -> tuple[Json, Json]:
    """Cohere Embed: no count in the body at all."""
    vector = [round(it.rng.uniform(-0.1, 0.1), 6) for _ in range(32)]
    response = {"id": "e1", "response_type": "embeddings_floats", "embeddings": [vector]}
    return {"texts": [it.question()], "input_type": "search_document"}, response


def image(it: Exchange) -> tuple[Json, Json]:
    """Nova Canvas and Titan Image: what was made stands in the request, no token count anywhere."""
    config = {"numberOfImages": 1, "width": 1024, "height": 1024, "quality": "standard"}
    request = {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": it.question()},
        "imageGenerationConfig": config,
    }
    return request, {"images": ["iVBORw0KGgo="], "error": None}


def chat_completion(it: Exchange) -> tuple[Json, Json]:
    """The OpenAI-compatible Chat Completions API."""
    total = it.counts.input + it.counts.output
    usage = {"prompt_tokens": it.counts.input, "completion_tokens": it.counts.output}
    response = {
        "object": "chat.completion",
        "model": it.model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": it.answer()}}],
        "usage": usage | {"total_tokens": total},
    }
    return {"messages": [{"role": "user", "content": it.question()}]}, response


def bare(model: str) -> str:
    """Return a model the way Anthropic's bodies do: without provider, version and scope."""
    return model.rpartition("anthropic.")[2].partition("-v1")[0].removesuffix(":0")


Shape = tuple[str, Callable[[Exchange], tuple[Json, Json]]]
TALK: tuple[Shape, ...] = (("Converse", converse), ("ConverseStream", converse))
SHAPES: dict[str, tuple[Shape, ...]] = {
    "claude": (
        *TALK,
        ("InvokeModel", messages),
        ("InvokeModelWithResponseStream", messages_stream),
    ),
    "nova": (*TALK, ("InvokeModel", nova)),
    "titan": (("InvokeModel", titan_text), ("InvokeModelWithResponseStream", titan_stream)),
    "llama": (("Converse", converse), ("InvokeModel", llama)),
    "openai": (("Converse", converse), ("ChatCompletions", chat_completion)),
    "titan-embed": (("InvokeModel", titan_embedding),),
    "cohere-embed": (("InvokeModel", cohere_embedding),),
    "image": (("InvokeModel", image),),
}
"""Which operations a family of models is called with, and the shape of their bodies."""


def family_of(model: str) -> str:
    """Return the family of a model id: it decides the shapes its bodies can have."""
    marks = {
        "canvas": "image",
        "image-generator": "image",
        "titan-embed": "titan-embed",
        "titan-text": "titan",
        "cohere.embed": "cohere-embed",
        "nova": "nova",
        "llama": "llama",
        "openai": "openai",
    }
    return next((family for mark, family in marks.items() if mark in model), "claude")
