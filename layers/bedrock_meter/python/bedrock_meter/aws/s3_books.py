"""Price books in the data bucket.

books/<id>.json       a book, whole; immutable, because the id is its content
books/overlay.json    the operator's rows, replaced only if unchanged since they were read
books/held.json       what waits for a person
books/observed.json   what AWS published last time
books/refresh.json    how the last refresh ended
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bedrock_meter import prices
from bedrock_meter.aws.s3_objects import body_of, object_at, put_once, put_where
from bedrock_meter.domain.prices.overlay import Overlaid, overlay_of, overlay_text
from bedrock_meter.domain.prices.price_review import Held, Observed
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.ports.prices import BookMissing, Outcome

BOOKS = "books/"
OVERLAY, HELD, OBSERVED, REFRESH = "overlay.json", "held.json", "observed.json", "refresh.json"


def book_key(book_id: str) -> str:
    """Return the key of the object that holds a book."""
    return f"{BOOKS}{book_id}.json"


class S3Books:
    """`BookShelf` on S3. Books never change, so each is read once."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._books = {prices.shipped().id: prices.shipped()}
        self._overlay_tag: str | None = None

    def overlay(self) -> Overlaid:
        body, self._overlay_tag = object_at(self._s3, self._bucket, BOOKS + OVERLAY) or (b"", None)
        return overlay_of(body.decode(), OVERLAY) if self._overlay_tag else Overlaid()

    def put_overlay(self, overlaid: Overlaid) -> None:
        text = overlay_text(overlaid).encode()
        tag = put_where(self._s3, self._bucket, BOOKS + OVERLAY, text, self._overlay_tag)
        if tag is None:
            raise Contended("the overlay was replaced by another writer; try again")
        self._overlay_tag = tag

    def put_book(self, book: PriceBook) -> None:
        put_once(self._s3, self._bucket, book_key(book.id), prices.book_text(book).encode())
        self._books[book.id] = book

    def book(self, book_id: str) -> PriceBook:
        known = self._books.get(book_id)
        if known is None:
            body = body_of(self._s3, self._bucket, book_key(book_id))
            if body is None:
                raise BookMissing(f"{book_key(book_id)} is not in {self._bucket}")
            known = self._books[book_id] = prices.book_of_text(body.decode())
        return known

    def observed(self) -> Observed:
        document = self._json(OBSERVED) or {}
        return {key: (unit, usd) for key, (unit, usd) in document.items()}

    def put_observed(self, observed: Observed) -> None:
        self._put(OBSERVED, dict(sorted(observed.items())))

    def held(self) -> tuple[Held, ...]:
        return tuple(Held(**one | {"row": tuple(one["row"])}) for one in self._json(HELD) or ())

    def put_held(self, held: Iterable[Held]) -> None:
        self._put(HELD, [one._asdict() for one in held])

    def outcome(self) -> Outcome | None:
        document = self._json(REFRESH)
        if document is None:
            return None
        named = {name: tuple(document.get(name, ())) for name in ("unmapped", "unparsed", "unread")}
        return Outcome(**document | named)

    def put_outcome(self, outcome: Outcome) -> None:
        self._put(REFRESH, outcome._asdict())

    def _json(self, name: str) -> Any:
        body = body_of(self._s3, self._bucket, BOOKS + name)
        return None if body is None else json.loads(body)

    def _put(self, name: str, document: object) -> None:
        body = json.dumps(document, ensure_ascii=False, indent=1).encode()
        self._s3.put_object(Bucket=self._bucket, Key=BOOKS + name, Body=body)
