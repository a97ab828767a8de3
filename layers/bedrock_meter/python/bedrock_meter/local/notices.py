"""A channel in memory: what people would have been told."""

from bedrock_meter.domain.levels.notice import Notice


class MemoryNotices:
    """`NoticeChannel`; `sent` in the order of telling."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.sent: list[Notice] = []

    def notify(self, notice: Notice) -> None:
        """Note that people were told."""
        self.sent.append(notice)
