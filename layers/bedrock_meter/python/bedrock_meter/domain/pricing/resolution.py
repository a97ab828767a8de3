"""Sizes of pictures and videos, and the sizes that a rate is for.

A rate names sizes as `<=1024x1024`, `>512x512`, `=512x512`, or lines of video as `720p`. AWS
publishes the bands by a square's side without saying how other shapes are banded: here a picture
is within a band when neither side is longer.
"""

from __future__ import annotations

import re

_SIZE = re.compile(r"([0-9]{1,6})x([0-9]{1,6})")
_BOUND = re.compile(r"(<=|>|=)([0-9]+)x([0-9]+)")
_LINES = re.compile(r"([0-9]{1,5})p")


def is_resolution(text: str) -> bool:
    """Return whether a text is a size such as `1024x1024` or lines such as `720p`."""
    return bool(_SIZE.fullmatch(text) or _LINES.fullmatch(text))


def fits(wanted: str, resolution: str) -> bool:
    """Return whether a rate's size covers a resolution, empty when it is unknown.

    Only lines (`720p`) cover an unknown one: a model that sells a single resolution of video does
    not always log it.
    """
    if _LINES.fullmatch(wanted):
        return not resolution or wanted == _lines_of(resolution)
    bound, size = _BOUND.fullmatch(wanted), _SIZE.fullmatch(resolution)
    if not bound or not size:
        return False
    width, height = int(size[1]), int(size[2])
    within = width <= int(bound[2]) and height <= int(bound[3])
    if bound[1] == "=":
        return (width, height) == (int(bound[2]), int(bound[3]))
    return within if bound[1] == "<=" else not within


def example_of(wanted: str) -> str:
    """Return a resolution that a rate's size covers."""
    bound = _BOUND.fullmatch(wanted)
    more = 1 if bound and bound[1] == ">" else 0
    return f"{int(bound[2]) + more}x{int(bound[3]) + more}" if bound else wanted


def area_of(wanted: str) -> int:
    """Return the area of an upper bound, to choose the tightest; 0 for other sizes."""
    bound = _BOUND.fullmatch(wanted)
    return int(bound[2]) * int(bound[3]) if bound and bound[1] == "<=" else 0


def depends_on_shape(wanted: str, resolution: str) -> bool:
    """Return whether `fits` would answer otherwise if pictures were banded by their area."""
    bound, size = _BOUND.fullmatch(wanted), _SIZE.fullmatch(resolution)
    if not bound or not size or bound[1] == "=":
        return False
    within = int(size[1]) * int(size[2]) <= int(bound[2]) * int(bound[3])
    return fits(wanted, resolution) != (within if bound[1] == "<=" else not within)


def _lines_of(resolution: str) -> str:
    size = _SIZE.fullmatch(resolution)
    return f"{min(int(size[1]), int(size[2]))}p" if size else resolution
