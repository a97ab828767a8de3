"""A picture of four tenants: what they spent, what the meter said, and why, as one SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bedrock_meter.domain.levels.level import Level
from engine.simulate_levels.run import Changes

WIDTH, HEIGHT, LEFT, TOP, GAP = 1120, 200, 70, 84, 78
MOST = 1.3
"""Shares above this leave the panel: red is below them all."""
COLOURS = {
    Level.GREEN: "#8fce9b",
    Level.YELLOW: "#f5d547",
    Level.ORANGE: "#f39c3c",
    Level.RED: "#d64541",
}
INK = {Level.YELLOW: "#7a6500", Level.ORANGE: "#9a4f00", Level.RED: "#8f1d1a"}
STORY = {
    "steady": "A steady tenant stays within its budget",
    "office": "Office hours: busy days, quiet nights and weekends are usual for this tenant",
    "growing": "A tenant grows out of its budget",
    "runaway": "A tenant runs away; in this simulation nobody obeys the flag, so it goes on",
}
WHY = {
    "month_cost": "this share of the budget is used",
    "day_cost": "a large share of the day's budget is used",
    "month_end": "the month will not be enough",
    "month_exhaustion": "at this pace the budget is soon used up",
    "day_exhaustion": "at this pace the day's budget is soon used up",
    "deviation": "far more than is usual at this hour",
}


@dataclass
class Drawn:
    """What one panel shows: share of the month's budget by hour, levels and their signals."""

    tenant: str
    kind: str
    shares: list[float]
    steps: list[tuple[int, Level, str]]
    minutes: int
    runaway_from: int | None

    def tells_its_story(self) -> bool:
        """Return whether it shows what its kind is about, so that one look is enough."""
        highest = max((level for _, level, _ in self.steps), default=Level.GREEN)
        if self.kind == "growing":
            return self.shares[-1] > 1
        if self.kind == "runaway":
            day = (self.runaway_from or 0) // 1440
            forecast = any("exhaustion" in signal for _, _, signal in self.steps)
            return 5 <= day <= 20 and forecast and highest is Level.RED
        return highest is Level.YELLOW and all(by in ("month_cost", "") for *_, by in self.steps)


def drawn_of(changes: Changes) -> Drawn | None:
    """Keep what a picture needs; None without a monthly budget."""
    month = changes.month
    if not month.budget_month:
        return None
    total, shares = 0.0, []
    for minute, cost in enumerate(month.cost):
        total += cost
        if minute % 60 == 59:
            shares.append(total / month.budget_month)
    steps, minutes = list(changes.steps), len(month.cost)
    return Drawn(month.tenant, month.kind, shares, steps, minutes, month.runaway_from)


def chosen(panels: Sequence[Drawn]) -> list[Drawn]:
    """Choose one tenant of each kind that has a story; of a series, the first four."""
    if not any(panel.kind for panel in panels):
        return list(panels[:4])
    kinds = [[panel for panel in panels if panel.kind == kind] for kind in STORY]
    return [next(filter(Drawn.tells_its_story, some), some[0]) for some in kinds if some]


def draw(panels: Sequence[Drawn]) -> str:
    """Draw the panels below each other."""
    height = TOP + len(panels) * (HEIGHT + GAP) + 10
    body = [
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        _text(LEFT, 30, "What tenants spent in a month, and what the meter said", 20),
        _legend(),
    ]
    for number, panel in enumerate(panels):
        body.append(_panel(panel, TOP + number * (HEIGHT + GAP) + 30))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 50}" height="{height}"'
        f' font-family="Helvetica, Arial, DejaVu Sans, sans-serif">{"".join(body)}</svg>\n'
    )


def _panel(panel: Drawn, top: int) -> str:
    parts = [_text(LEFT, top - 10, STORY.get(panel.kind, panel.tenant), 16)]
    if panel.kind:
        parts.append(_text(LEFT + WIDTH, top - 10, panel.tenant, 12, "end"))
    parts += [
        f'<rect x="{_x(start, panel)}" y="{top}" width="{_x(end, panel) - _x(start, panel):.1f}"'
        f' height="{HEIGHT}" fill="{COLOURS[level]}" fill-opacity="0.5"/>'
        for start, end, level in _spans(panel)
    ]
    for share, colour in ((0.5, "#b59a00"), (0.8, "#c86f10"), (1.0, "#a02622")):
        y = _y(share, top)
        parts.append(_line(LEFT, LEFT + WIDTH, y, y, colour, ' stroke-dasharray="5 4"'))
        parts.append(_text(LEFT - 8, y + 4, f"{share:.0%}", 12, "end"))
    points = " ".join(
        f"{_x((hour + 1) * 60, panel)},{_y(share, top)}"
        for hour, share in enumerate(panel.shares)
        if share <= MOST
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="#1f3a5f" stroke-width="3"/>')
    parts += _notes(panel, top)
    parts += [
        _text(_x(day * 1440, panel), top + HEIGHT + 17, f"day {day + 1}", 12)
        for day in range(0, panel.minutes // 1440, 5)
    ]
    parts.append(
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none"'
        ' stroke="#555555"/>'
    )
    return "".join(parts)


def _notes(panel: Drawn, top: int) -> Iterable[str]:
    """Return why, where the runaway begins and where each level is reached for the first time."""
    notes = []
    if panel.runaway_from is not None:
        notes.append((panel.runaway_from, "here it runs away", "#000000"))
    start, highest = panel.runaway_from or 0, Level.GREEN
    for minute, level, signal in panel.steps:
        if minute >= start and level > highest:
            highest = level
            notes.append((minute, f"{level.word}: {_why(signal, minute, panel)}", INK[level]))
    for row, (minute, text, colour) in enumerate(notes):
        x, y = _x(minute, panel), top + 21 + 24 * row
        left, width = x > LEFT + WIDTH * 0.4, 6.6 * len(text) + 14
        yield _line(x, x, top, top + HEIGHT, colour, ' stroke-width="1.5"')
        yield (
            f'<rect x="{x - 4 - width if left else x + 4}" y="{y - 15}" width="{width}"'
            ' height="20" rx="4" fill="#ffffff" fill-opacity="0.85"/>'
        )
        yield _text(x - 10 if left else x + 10, y, text, 13, "end" if left else "start", colour)


def _why(signal: str, minute: int, panel: Drawn) -> str:
    share = panel.shares[min(minute // 60, len(panel.shares) - 1)]
    why = WHY.get(signal, signal).replace("this share of the budget", f"{share:.0%} of the budget")
    if panel.runaway_from is None:
        return why
    return f"{why} (after {(minute - panel.runaway_from) / 60:.1f} h)"


def _spans(panel: Drawn) -> list[tuple[int, int, Level]]:
    steps = [(0, Level.GREEN), *((minute, level) for minute, level, _ in panel.steps)]
    ends = [minute for minute, _ in steps[1:]] + [panel.minutes]
    return [(start, end, level) for (start, level), end in zip(steps, ends, strict=True)]


def _x(minute: int, panel: Drawn) -> float:
    return round(LEFT + WIDTH * minute / panel.minutes, 1)


def _y(share: float, top: int) -> float:
    return round(top + HEIGHT * (1 - share / MOST), 1)


def _legend() -> str:
    parts, x = [_text(LEFT, 58, "level:", 13)], LEFT + 46
    for level, colour in COLOURS.items():
        parts.append(
            f'<rect x="{x}" y="46" width="18" height="14" fill="{colour}" fill-opacity="0.6"/>'
        )
        parts.append(_text(x + 24, 58, level.word, 13))
        x += 88
    parts.append(_line(x, x + 22, 53, 53, "#1f3a5f", ' stroke-width="3"'))
    parts.append(_text(x + 28, 58, "spent so far, as a share of the month's budget", 13))
    return "".join(parts)


def _line(x1: float, x2: float, y1: float, y2: float, colour: str, more: str = "") -> str:
    return f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" stroke="{colour}"{more}/>'


def _text(
    x: float, y: float, text: str, size: int, anchor: str = "start", colour: str = "#222222"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )
