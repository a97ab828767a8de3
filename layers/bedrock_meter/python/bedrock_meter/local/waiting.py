"""`WaitList` in memory."""

from collections.abc import Iterable

from bedrock_meter.domain.waiting import Swept, Waiting


class MemoryWaitList:
    """Waiting log objects by their ids, and how far the log bucket was looked through."""

    def __init__(self) -> None:
        self.objects: dict[str, Waiting] = {}
        self.sweep = Swept()

    def waiting(self) -> list[Waiting]:
        return [self.objects[object_id] for object_id in sorted(self.objects)]

    def wait(self, objects: Iterable[Waiting]) -> None:
        self.objects |= {one.object_id: one for one in objects}

    def met(self, object_ids: Iterable[str]) -> None:
        for object_id in object_ids:
            self.objects.pop(object_id, None)

    def swept(self) -> Swept:
        return self.sweep

    def sweep_to(self, swept: Swept) -> None:
        if (self.sweep.until or "") <= (swept.until or ""):
            self.sweep = swept
