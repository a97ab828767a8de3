"""A channel in memory: what people would have been told."""

from bedrock_meter.domain.levels.notice import Notice


class MemoryNotices:
    """`NoticeChannel`; `told` in the order of telling."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.told: list[Notice] = []

    def tell(self, notice: Notice) -> None:
        """Note that people were told."""
        self.told.append(notice)
