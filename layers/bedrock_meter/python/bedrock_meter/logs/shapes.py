"""Which kinds of usage a model is billed by, and so where in a record they must be looked for."""

from functools import lru_cache
from typing import NamedTuple

from bedrock_meter.domain.pricing.model import is_router, model_of
from bedrock_meter.domain.records.usage import cache_write_kind_for

TOKENS = "tokens"
"""Tokens in and out; the record's own counts say everything but the split of cache writes."""
INCLUSIVE = "inclusive"
"""Tokens, but the API's input count includes the cached ones (OpenAI)."""
IMAGES = "images"
VIDEO = "video"
IMAGE_EMBEDDINGS = "image_embeddings"
TEXT_EMBEDDINGS = "text_embeddings"
"""Embeddings of texts or of images, by what the request holds (Cohere)."""
MEDIA_EMBEDDINGS = "media_embeddings"
VIDEO_INPUT = "video_input"
RERANK = "rerank"

_SEARCHING = ("amazon.nova-2-", "amazon.nova-premier")
_OPENAI_OPERATIONS = frozenset({"Responses", "ChatCompletions"})
_INVOKE = "InvokeModel"
# By the beginning of the model's key; the first that fits.
_BY_MODEL = (
    ("amazon.nova-canvas", IMAGES),
    ("amazon.titan-image-generator", IMAGES),
    ("stability.", IMAGES),
    ("amazon.nova-reel", VIDEO),
    ("luma.ray", VIDEO),
    ("amazon.titan-embed-image", IMAGE_EMBEDDINGS),
    ("cohere.embed", TEXT_EMBEDDINGS),
    ("amazon.nova-2-multimodal-embeddings", MEDIA_EMBEDDINGS),
    ("twelvelabs.", VIDEO_INPUT),
    ("amazon.rerank", RERANK),
    ("cohere.rerank", RERANK),
)


class Shape(NamedTuple):
    """How the usage of a model's calls is read.

    `write_kind` is the kind of cache writes whose time to live is not logged, `write_assumption`
    what that takes for granted. `is_opaque`: the id does not say which model it is. `may_search`:
    the model can search the web by itself.
    """

    kind: str
    model: str
    write_kind: str
    write_assumption: str | None
    is_opaque: bool
    is_converse: bool
    is_router: bool
    may_search: bool


@lru_cache(maxsize=4096)
def shape_of(model_id: str, operation: str) -> Shape:
    """Return how to read the usage of a call from its model id and operation as logged."""
    model = model_of(model_id)
    write_kind, assumption = cache_write_kind_for(model.key)
    return Shape(
        kind=_kind_of(model.key, operation),
        model=model.key,
        write_kind=write_kind,
        write_assumption=assumption,
        is_opaque=not model.resolved,
        is_converse=operation.startswith("Converse"),
        is_router=is_router(model_id),
        may_search=not model.resolved or model.key.startswith(_SEARCHING),
    )


def _kind_of(model: str, operation: str) -> str:
    if operation in _OPENAI_OPERATIONS:
        return INCLUSIVE
    if operation.startswith(_INVOKE) and model.startswith("openai."):
        return INCLUSIVE
    return next((kind for begin, kind in _BY_MODEL if model.startswith(begin)), TOKENS)
