"""A channel in memory, which keeps what it would have sent."""

from bedrock_meter.domain.levels.notice import Notice


class MemoryNotices:
    """`NoticeChannel`; `sent` holds its notices in order."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.sent: list[Notice] = []

    def notify(self, notice: Notice) -> None:
        """Keep a notice."""
        self.sent.append(notice)
