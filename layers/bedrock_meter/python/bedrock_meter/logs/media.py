"""Usage that no token count shows: images, seconds of video, search units.

It can be read only where a body is inline. What the response shows counts first, then what the
request asked for; where neither is there the record is marked, never taken for zero.
"""

import math
import re
from typing import Any, NamedTuple

from msgspec import Raw, Struct

from bedrock_meter.domain.records.usage import (
    INPUT_IMAGES,
    INPUT_IMAGES_DOCUMENT,
    INPUT_IMAGES_STANDARD,
    OUTPUT_IMAGES,
    OUTPUT_VIDEO_SECONDS,
    SEARCH_UNITS,
    qualified,
    search_units_for,
)
from bedrock_meter.logs.records import INTERVENED, NOTHING, Body, Input, Output, Record, readable
from bedrock_meter.logs.shapes import (
    IMAGE_EMBEDDINGS,
    IMAGES,
    MEDIA_EMBEDDINGS,
    RERANK,
    TEXT_EMBEDDINGS,
    VIDEO,
    VIDEO_INPUT,
    Shape,
)

TEXT_REQUESTS = "text_requests"

MEDIA_NOT_LOGGED = "media_not_logged"
IMAGE_MOVED_OUT = "image_moved_out"
IMAGES_AS_REQUESTED = "images_as_requested"
IMAGE_SIZE_DEFAULT = "image_size_default"
VIDEO_AS_REQUESTED = "video_as_requested"

_TEXT_ONLY = re.compile(r"cohere\.embed-(english|multilingual)-")
_DEFAULT_SIDE = 1024
_MOST = 10**6
_IMAGE_PARTS = ("image", "image_url")
_SECONDS = re.compile(r"([0-9]{1,5})s?")
_RESOLUTION = re.compile(r"[0-9]{3,4}p")


class Media(NamedTuple):
    """Quantities by usage key, and what was taken for granted to find them.

    `is_whole` is False when more may have been used than can be read, `is_counted` True when the
    record says how many there were, be it none.
    """

    usage: dict[str, int]
    assumptions: list[str]
    is_whole: bool = True
    is_counted: bool = False


NO_MEDIA = Media({}, [])
_UNKNOWN = Media({}, [MEDIA_NOT_LOGGED], is_whole=False)


class _Request(Struct, gc=False):
    """The fields of a request that say how much was asked for, each still JSON text."""

    imageGenerationConfig: Raw = NOTHING
    videoGenerationConfig: Raw = NOTHING
    singleEmbeddingParams: Raw = NOTHING
    inputImage: Raw = NOTHING
    images: Raw = NOTHING
    inputs: Raw = NOTHING
    inputType: Raw = NOTHING
    documents: Raw = NOTHING
    duration: Raw = NOTHING
    resolution: Raw = NOTHING


class _Part(Struct, gc=False):
    """A part of what Cohere embeds."""

    type: str | None = None


class _Fused(Struct, gc=False):
    """Parts that Cohere makes one embedding of."""

    content: list[_Part] | None = None


def media_of(record: Record, shape: Shape) -> Media:
    """Read the media of a call to a model that is billed by them."""
    request = _request(record)
    answer = record.output or Output()
    if shape.kind == IMAGES:
        return _images(request, answer, is_sized=shape.model.startswith("amazon."))
    if shape.kind == VIDEO:
        return _video(request, answer)
    if request is None:
        return _without_request(record.input or Input(), shape)
    return _READERS[shape.kind](request)


def _without_request(given: Input, shape: Shape) -> Media:
    """Return what is known of a call whose request is not in the record.

    Titan embeds at most one image and 256 tokens of text a call, so a request that was too large
    for the record held an image. A text that Cohere's third version embeds has tokens, and no
    call of it has both.
    """
    if shape.kind == IMAGE_EMBEDDINGS and given.inputBodyS3Path:
        return Media({INPUT_IMAGES: 1}, [IMAGE_MOVED_OUT])
    if shape.kind == TEXT_EMBEDDINGS and given.inputTokenCount and _TEXT_ONLY.match(shape.model):
        return NO_MEDIA
    return _UNKNOWN


def _images(request: _Request | None, answer: Output, *, is_sized: bool) -> Media:
    config = _object(request.imageGenerationConfig) if request else {}
    assumptions = []
    made = _images_in(answer)
    if made is None and request:
        made = _whole(config.get("numberOfImages", 1))
        assumptions.append(IMAGES_AS_REQUESTED)
    if made is None:
        return _UNKNOWN
    if not is_sized:
        return Media(_some(OUTPUT_IMAGES, made), assumptions, is_counted=True)
    width, height = _whole(config.get("width")), _whole(config.get("height"))
    if not (width and height):
        assumptions.append(IMAGE_SIZE_DEFAULT)
        width = height = _DEFAULT_SIDE
    quality = "premium" if config.get("quality") == "premium" else "standard"
    key = qualified(OUTPUT_IMAGES, f"{width}x{height}", quality)
    return Media(_some(key, made), assumptions if made else [], is_counted=True)


def _images_in(answer: Output) -> int | None:
    """Count the images of a response; None when it is not inline.

    A response that speaks of an error, or of a guardrail that intervened, shows all there are.
    """
    body = answer.outputBodyJson
    if not isinstance(body, Body):
        return None
    for raw in (body.images, body.artifacts):
        images = readable(raw, list[Raw])
        if images is not None:
            return sum(bytes(image) != b"null" for image in images)
    return 0 if readable(body.error, str) or body.guardrail == INTERVENED else None


def _video(request: _Request | None, answer: Output) -> Media:
    config = _object(request.videoGenerationConfig) if request else {}
    height = _whole(answer.outputVideoHeight)
    resolution = f"{height}p" if height else _word(request, "resolution", _RESOLUTION)
    seconds = answer.outputVideoDurationSeconds
    key = qualified(OUTPUT_VIDEO_SECONDS, resolution)
    if seconds is not None and 0 <= seconds <= _MOST:
        return Media(_some(key, math.ceil(seconds)), [], is_counted=True)
    word = _word(request, "duration", _SECONDS).removesuffix("s")
    asked = _whole(config.get("durationSeconds")) or int(word or 0)
    return Media({key: asked}, [VIDEO_AS_REQUESTED]) if asked else _UNKNOWN


def _embedded_image(request: _Request) -> Media:
    return Media(_some(INPUT_IMAGES, int(bool(readable(request.inputImage, str)))), [])


def _embedded_by_cohere(request: _Request) -> Media:
    """Count images beside texts, and those among the parts of fused inputs."""
    images = len(readable(request.images, list[Raw]) or ())
    for fused in readable(request.inputs, list[_Fused]) or ():
        images += sum(part.type in _IMAGE_PARTS for part in fused.content or ())
    return Media(_some(INPUT_IMAGES, images), [])


def _embedded_media(request: _Request) -> Media:
    params = _object(request.singleEmbeddingParams)
    image = params.get("image")
    if isinstance(image, dict):
        is_document = image.get("detailLevel") == "DOCUMENT_IMAGE"
        return Media({INPUT_IMAGES_DOCUMENT if is_document else INPUT_IMAGES_STANDARD: 1}, [])
    return NO_MEDIA if "text" in params else _UNKNOWN


def _media_input(request: _Request) -> Media:
    """Read one embedding of TwelveLabs; the length of a video or a sound is not logged."""
    kind = readable(request.inputType, str)
    if kind == "text":
        return Media({TEXT_REQUESTS: 1}, [])
    if kind == "image":
        return Media({INPUT_IMAGES: 1}, [])
    return _UNKNOWN


def _ranked(request: _Request) -> Media:
    documents = readable(request.documents, list[Raw])
    if not documents:
        return _UNKNOWN
    return Media({SEARCH_UNITS: search_units_for(len(documents))}, [])


_READERS = {
    IMAGE_EMBEDDINGS: _embedded_image,
    TEXT_EMBEDDINGS: _embedded_by_cohere,
    MEDIA_EMBEDDINGS: _embedded_media,
    VIDEO_INPUT: _media_input,
    RERANK: _ranked,
}


def _request(record: Record) -> _Request | None:
    return readable(record.input.inputBodyJson, _Request) if record.input else None


def _object(raw: Raw) -> dict[str, Any]:
    return readable(raw, dict[str, Any]) or {}


def _whole(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST else None


def _word(request: _Request | None, name: str, shape: re.Pattern[str]) -> str:
    text = readable(getattr(request, name), str) if request else None
    return text if text and shape.fullmatch(text) else ""


def _some(key: str, quantity: int) -> dict[str, int]:
    return {key: quantity} if quantity else {}
