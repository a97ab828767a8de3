"""`WaitList` in memory."""

from collections.abc import Iterable

from bedrock_meter.domain.waiting import Swept, Waiting


class MemoryWaitList:
    """Waiting log objects by their names, and how far the log bucket was looked through."""

    def __init__(self) -> None:
        self.objects: dict[str, Waiting] = {}
        self.sweep = Swept()

    def waiting(self) -> list[Waiting]:
        return [self.objects[name] for name in sorted(self.objects)]

    def wait(self, objects: Iterable[Waiting]) -> None:
        self.objects |= {one.name: one for one in objects}

    def met(self, names: Iterable[str]) -> None:
        for name in names:
            self.objects.pop(name, None)

    def swept(self) -> Swept:
        return self.sweep

    def sweep_to(self, swept: Swept) -> None:
        if (self.sweep.until or "") <= (swept.until or ""):
            self.sweep = swept
