"""Manifests in the data bucket: `manifests/<object id>.json`, and an index of what was given up.

`not_metered/<object id>` is an empty object for each log object that an operator set aside. It is
written before the manifest says so, and deleted only after the manifest no longer does: a process
that dies in between leaves one too many, which its manifest then denies, never one too few.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from bedrock_meter.aws.manifest_items import manifest_in, of_manifest
from bedrock_meter.aws.s3_objects import keys_under, object_at, put_where
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.ports import Noted

ROOT = "manifests/"
INDEX = "not_metered/"
_ASIDE = " aside"
"""The end of a tag, after the entity tag, where the manifest has an entry in the index."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class S3ManifestStore:
    """`ManifestStore` on S3, where reads and listings always see the latest write."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def read(self, object_id: str) -> Noted | None:
        read = object_at(self._s3, self._bucket, _key(object_id))
        if read is None:
            return None
        manifest = manifest_in(_decode(read[0]))
        return Noted(manifest, _tag(manifest, read[1]))

    def put(self, manifest: Manifest, tag: str | None) -> str | None:
        if manifest.aside:
            self._s3.put_object(Bucket=self._bucket, Key=INDEX + manifest.object_id, Body=b"")
        put = self._put(manifest, tag and tag.removesuffix(_ASIDE))
        if put and tag and tag.endswith(_ASIDE) and not manifest.aside:
            self._unlist(manifest.object_id)
        return put

    def not_metered(self) -> Iterator[Manifest]:
        for key in keys_under(self._s3, self._bucket, INDEX):
            noted = self.read(key.removeprefix(INDEX))
            if noted and noted.manifest.aside:
                yield noted.manifest

    def _put(self, manifest: Manifest, tag: str | None) -> str | None:
        key, body = _key(manifest.object_id), _encode(of_manifest(manifest))
        put = put_where(self._s3, self._bucket, key, body, tag)
        if put is not None:
            return _tag(manifest, put)
        # Another manifest is stored, or this very one: the first answer may have been lost.
        noted = self.read(manifest.object_id)
        return noted.tag if noted and noted.manifest == manifest else None

    def _unlist(self, object_id: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=INDEX + object_id)
        noted = self.read(object_id)
        if noted and noted.manifest.aside:  # set aside once more, just before the entry went
            self._s3.put_object(Bucket=self._bucket, Key=INDEX + object_id, Body=b"")


def _key(object_id: str) -> str:
    return f"{ROOT}{object_id}.json"


def _tag(manifest: Manifest, tag: str) -> str:
    return tag + (_ASIDE if manifest.aside else "")
