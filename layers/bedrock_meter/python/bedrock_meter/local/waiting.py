"""`WaitList` in memory."""

from collections.abc import Iterable

from bedrock_meter.domain.records.waiting import Swept, Waiting


class MemoryWaitList:
    """Waiting log objects by id and reading, and how far the log bucket was looked through."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, int], Waiting] = {}
        self.sweep = Swept()

    def waiting(self) -> list[Waiting]:
        return [self.objects[key] for key in sorted(self.objects)]

    def wait(self, objects: Iterable[Waiting]) -> None:
        self.objects |= {(one.object_id, one.revision): one for one in objects}

    def met(self, objects: Iterable[Waiting]) -> None:
        for one in objects:
            self.objects.pop((one.object_id, one.revision), None)

    def swept(self) -> Swept:
        return self.sweep

    def sweep_to(self, swept: Swept) -> None:
        if (self.sweep.until or "") <= (swept.until or ""):
            self.sweep = swept
