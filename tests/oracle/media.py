"""What is billed beside tokens: pictures, searches, reranked documents."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.oracle.bodies import is_moved_out, listed, mapped, request_of, response_of

TITAN_MULTIMODAL = "amazon.titan-embed-image"
COHERE = "cohere.embed"
COHERE_TEXT_OR_IMAGE = ("cohere.embed-english-", "cohere.embed-multilingual-")
SEARCHERS = ("amazon.nova-2-", "amazon.nova-premier")
SIZED = ("amazon.nova-canvas", "amazon.titan-image-generator")


class Beside(NamedTuple):
    """Quantities; whether that is all, and whether the record counts them, be it none."""

    usage: dict[str, int]
    is_all: bool = True
    is_counted: bool = False


NOTHING = Beside({})
UNKNOWN = Beside({}, is_all=False)


def beside_tokens(record: Mapping[str, Any], model: str) -> Beside:
    """Count what a call is billed for beside its tokens."""
    for begin, count in _BY_MODEL.items():
        if model.startswith(begin):
            return count(record, model)
    return NOTHING


def is_by_tokens(model: str) -> bool:
    """Return whether zero tokens of a model mean that nothing was used."""
    others = [begin for begin in _BY_MODEL if begin not in SEARCHERS]
    return not model.startswith(tuple(others))


def _pictures(record: Mapping[str, Any], model: str) -> Beside:
    """Count pictures as the response shows them, else as the request asked for them."""
    request, response = request_of(record), response_of(record)
    config = mapped(mapped(request).get("imageGenerationConfig"))
    made = None
    if isinstance(response, dict):
        shown = response.get("images", response.get("artifacts"))
        if isinstance(shown, list):
            made = sum(picture is not None for picture in shown)
        elif response.get("error") or response.get("amazon-bedrock-guardrailAction"):
            made = 0
    if made is None and isinstance(request, dict):
        made = config.get("numberOfImages", 1)
    if made is None:
        return UNKNOWN
    size = f"{config.get('width', 1024)}x{config.get('height', 1024)}"
    quality = config.get("quality", "standard")
    key = f"output_images/{size}/{quality}" if model.startswith(SIZED) else "output_images"
    return Beside({key: made} if made else {}, is_counted=True)


def _titan(record: Mapping[str, Any], model: str) -> Beside:
    if is_moved_out(record):
        return Beside({"input_images": 1})
    request = request_of(record)
    if not isinstance(request, dict):
        return UNKNOWN
    return Beside({"input_images": 1}) if request.get("inputImage") else NOTHING


def _cohere(record: Mapping[str, Any], model: str) -> Beside:
    request = request_of(record)
    if not isinstance(request, dict):
        has_tokens = bool((record.get("input") or {}).get("inputTokenCount"))
        return NOTHING if has_tokens and model.startswith(COHERE_TEXT_OR_IMAGE) else UNKNOWN
    pictures = len(listed(request.get("images")))
    for fused in listed(request.get("inputs")):
        parts = listed(mapped(fused).get("content"))
        pictures += sum(mapped(part).get("type") in ("image", "image_url") for part in parts)
    return Beside({"input_images": pictures} if pictures else {})


def _reranked(record: Mapping[str, Any], model: str) -> Beside:
    documents = listed(mapped(request_of(record)).get("documents"))
    return Beside({"search_units": -(-len(documents) // 100)}) if documents else UNKNOWN


def _searched(record: Mapping[str, Any], model: str) -> Beside:
    """Count the searches of nova_grounding that a response shows."""
    request, response = request_of(record), response_of(record)
    tools = listed(mapped(mapped(request).get("toolConfig")).get("tools"))
    offered = [mapped(mapped(tool).get("systemTool")).get("name") for tool in tools]
    if request is not None and "nova_grounding" not in offered:
        return NOTHING
    output = mapped(response).get("output")
    if output is None:
        return NOTHING if request is None else UNKNOWN
    blocks = listed(mapped(mapped(output).get("message")).get("content"))
    uses = [mapped(mapped(block).get("toolUse")) for block in blocks]
    searches = sum(
        use.get("name") == "nova_grounding" and use.get("type") in (None, "server_tool_use")
        for use in uses
    )
    return Beside({"grounding_requests": searches} if searches else {})


_BY_MODEL: dict[str, Callable[[Mapping[str, Any], str], Beside]] = {
    **dict.fromkeys((*SIZED, "stability."), _pictures),
    TITAN_MULTIMODAL: _titan,
    COHERE: _cohere,
    "amazon.rerank": _reranked,
    "cohere.rerank": _reranked,
    **dict.fromkeys(SEARCHERS, _searched),
}
