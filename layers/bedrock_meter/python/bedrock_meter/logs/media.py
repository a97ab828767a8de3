"""Usage that no token count tells: images, seconds of video, search units.

It can be read only where a body is inline. What the response shows counts first, then what the
request asked for; where neither is there the record is marked, never taken for zero.
"""

import math
import re
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from bedrock_meter.domain.usage import (
    INPUT_IMAGES,
    INPUT_IMAGES_DOCUMENT,
    INPUT_IMAGES_STANDARD,
    OUTPUT_IMAGES,
    OUTPUT_VIDEO_SECONDS,
    SEARCH_UNITS,
    qualified,
    search_units_for,
)
from bedrock_meter.logs.records import NOTHING, Body, Output, Record
from bedrock_meter.logs.shapes import (
    IMAGE_EMBEDDINGS,
    IMAGES,
    MEDIA_EMBEDDINGS,
    RERANK,
    VIDEO,
    VIDEO_INPUT,
    Shape,
)

TEXT_REQUESTS = "text_requests"

MEDIA_NOT_LOGGED = "media_not_logged"
IMAGES_AS_REQUESTED = "images_as_requested"
IMAGE_SIZE_DEFAULT = "image_size_default"
VIDEO_AS_REQUESTED = "video_as_requested"

_DEFAULT_SIDE = 1024
_MOST = 10**6
_SECONDS = re.compile(r"([0-9]{1,5})s?")
_RESOLUTION = re.compile(r"[0-9]{3,4}p")


class Media(NamedTuple):
    """Quantities by usage key, and what was taken for granted to find them."""

    usage: dict[str, int]
    assumptions: list[str]


class _Request(Struct, gc=False):
    """The fields of a request that say how much was asked for, each still JSON text."""

    imageGenerationConfig: Raw = NOTHING
    videoGenerationConfig: Raw = NOTHING
    singleEmbeddingParams: Raw = NOTHING
    inputImage: Raw = NOTHING
    inputType: Raw = NOTHING
    documents: Raw = NOTHING
    duration: Raw = NOTHING
    resolution: Raw = NOTHING


def media_of(record: Record, shape: Shape) -> Media:
    """Read the media of a call to a model that is billed by them."""
    request = _request(record)
    answer = record.output or Output()
    if shape.kind == IMAGES:
        return _images(request, answer, is_sized=shape.model.startswith("amazon."))
    if shape.kind == VIDEO:
        return _video(request, answer)
    if request is None:
        return Media({}, [MEDIA_NOT_LOGGED])
    return _READERS[shape.kind](request)


def _images(request: _Request | None, answer: Output, *, is_sized: bool) -> Media:
    config = _object(request.imageGenerationConfig) if request else {}
    assumptions = []
    made = _images_in(answer)
    if made is None and request:
        made = _whole(config.get("numberOfImages", 1))
        assumptions.append(IMAGES_AS_REQUESTED)
    if made is None:
        return Media({}, [MEDIA_NOT_LOGGED])
    if not is_sized:
        return Media(_some(OUTPUT_IMAGES, made), assumptions)
    width, height = _whole(config.get("width")), _whole(config.get("height"))
    if not (width and height):
        assumptions.append(IMAGE_SIZE_DEFAULT)
        width = height = _DEFAULT_SIDE
    quality = "premium" if config.get("quality") == "premium" else "standard"
    return Media(_some(qualified(OUTPUT_IMAGES, f"{width}x{height}", quality), made), assumptions)


def _images_in(answer: Output) -> int | None:
    """Count the images of a response; None when it is not inline."""
    body = answer.outputBodyJson
    for raw in (body.images, body.artifacts) if isinstance(body, Body) else ():
        images = _json(raw, list[Raw])
        if images is not None:
            return sum(bytes(image) != b"null" for image in images)
    return None


def _video(request: _Request | None, answer: Output) -> Media:
    config = _object(request.videoGenerationConfig) if request else {}
    height = _whole(answer.outputVideoHeight)
    resolution = f"{height}p" if height else _word(request, "resolution", _RESOLUTION)
    seconds = answer.outputVideoDurationSeconds
    if seconds is not None and 0 <= seconds <= _MOST:
        made, assumptions = math.ceil(seconds), []
    else:
        asked = _whole(config.get("durationSeconds")) or _asked_seconds(request)
        made, assumptions = asked or 0, [VIDEO_AS_REQUESTED if asked else MEDIA_NOT_LOGGED]
    return Media(_some(qualified(OUTPUT_VIDEO_SECONDS, resolution), made), assumptions)


def _asked_seconds(request: _Request | None) -> int | None:
    word = _word(request, "duration", _SECONDS)
    return int(word.removesuffix("s")) if word else None


def _embedded_image(request: _Request) -> Media:
    return Media(_some(INPUT_IMAGES, int(bool(_json(request.inputImage, str)))), [])


def _embedded_media(request: _Request) -> Media:
    params = _object(request.singleEmbeddingParams)
    image = params.get("image")
    if isinstance(image, dict):
        is_document = image.get("detailLevel") == "DOCUMENT_IMAGE"
        return Media({INPUT_IMAGES_DOCUMENT if is_document else INPUT_IMAGES_STANDARD: 1}, [])
    return Media({}, [] if "text" in params else [MEDIA_NOT_LOGGED])


def _media_input(request: _Request) -> Media:
    """Read one embedding of TwelveLabs; the length of a video or a sound is not logged."""
    kind = _json(request.inputType, str)
    if kind == "text":
        return Media({TEXT_REQUESTS: 1}, [])
    if kind == "image":
        return Media({INPUT_IMAGES: 1}, [])
    return Media({}, [MEDIA_NOT_LOGGED])


def _ranked(request: _Request) -> Media:
    documents = _json(request.documents, list[Raw])
    if not documents:
        return Media({}, [MEDIA_NOT_LOGGED])
    return Media({SEARCH_UNITS: search_units_for(len(documents))}, [])


_READERS = {
    IMAGE_EMBEDDINGS: _embedded_image,
    MEDIA_EMBEDDINGS: _embedded_media,
    VIDEO_INPUT: _media_input,
    RERANK: _ranked,
}


def _request(record: Record) -> _Request | None:
    return _json(record.input.inputBodyJson, _Request) if record.input else None


def _json[Kind](raw: Raw, kind: type[Kind]) -> Kind | None:
    try:
        return msgspec.json.decode(raw, type=kind) if len(raw) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _object(raw: Raw) -> dict[str, Any]:
    return _json(raw, dict[str, Any]) or {}


def _whole(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST else None


def _word(request: _Request | None, name: str, shape: re.Pattern[str]) -> str:
    text = _json(getattr(request, name), str) if request else None
    return text if text and shape.fullmatch(text) else ""


def _some(key: str, quantity: int) -> dict[str, int]:
    return {key: quantity} if quantity else {}
