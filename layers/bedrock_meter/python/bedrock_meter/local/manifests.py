"""`ManifestStore` in memory."""

from collections.abc import Iterator

from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.ports import Noted


class MemoryManifestStore:
    """Manifests by the id of their log object; the revision of one is its tag."""

    def __init__(self) -> None:
        self.manifests: dict[str, Manifest] = {}

    def read(self, object_id: str) -> Noted | None:
        manifest = self.manifests.get(object_id)
        return Noted(manifest, _tag(manifest)) if manifest else None

    def put(self, manifest: Manifest, tag: str | None) -> str | None:
        stored = self.manifests.get(manifest.object_id)
        if manifest != stored:
            if tag != (_tag(stored) if stored else None):
                return None
            self.manifests[manifest.object_id] = manifest
        return _tag(manifest)

    def not_metered(self) -> Iterator[Manifest]:
        for object_id in sorted(self.manifests):
            if self.manifests[object_id].aside:
                yield self.manifests[object_id]


def _tag(manifest: Manifest) -> str:
    return str(manifest.revision)
