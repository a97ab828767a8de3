"""A picture of four tenants: spend, thresholds and levels, as one SVG."""

from dataclasses import dataclass
from html import escape

from bedrock_meter.domain.level import Level
from engine.simulate_levels.run import Changes

WIDTH, HEIGHT, LEFT, TOP, GAP = 1120, 190, 70, 76, 84
COLOURS = {
    Level.GREEN: "#8fce9b",
    Level.YELLOW: "#f5d547",
    Level.ORANGE: "#f39c3c",
    Level.RED: "#d64541",
}
STORY = {
    "steady": "steady: yellow when half of its budget is used, and nothing else",
    "growing": "growing: told early that the month will not be enough",
    "office": "office hours: quiet nights and busy mornings are usual",
    "runaway": "runaway: warned, and red as its budget ends (in the simulation nobody obeys)",
}


@dataclass
class Drawn:
    """What one panel shows: share of the month's budget by hour, and the levels."""

    tenant: str
    kind: str
    shares: list[float]
    steps: list[tuple[int, Level]]
    minutes: int
    runaway_from: int | None


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
    steps = [(minute, level) for minute, level, _ in changes.steps]
    return Drawn(
        month.tenant, month.kind, shares, steps, len(month.cost), changes.month.runaway_from
    )


def draw(panels: list[Drawn]) -> str:
    """Draw the panels below each other."""
    height = TOP + len(panels) * (HEIGHT + GAP) + 10
    body = [
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        _text(LEFT, 30, "Four tenants in a month: spend as a share of the budget, and levels", 19),
        _legend(),
    ]
    for number, panel in enumerate(panels):
        body.append(_panel(panel, TOP + number * (HEIGHT + GAP) + 24))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 50}" height="{height}"'
        f' font-family="Helvetica, Arial, DejaVu Sans, sans-serif">{"".join(body)}</svg>\n'
    )


def _panel(panel: Drawn, top: int) -> str:
    most = max(1.15, min(3.0, max(panel.shares) * 1.05))
    days = panel.minutes // 1440
    parts = [_text(LEFT, top - 8, f"{panel.tenant} — {STORY.get(panel.kind, panel.kind)}", 14)]
    parts += [
        f'<rect x="{_x(start, panel)}" y="{top}" width="{_x(end, panel) - _x(start, panel):.1f}"'
        f' height="{HEIGHT}" fill="{COLOURS[level]}" fill-opacity="0.45"/>'
        for start, end, level in _spans(panel)
    ]
    for share, colour in ((0.5, "#b59a00"), (0.8, "#c86f10"), (1.0, "#a02622")):
        y = _y(share, most, top)
        parts.append(
            f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{y}" y2="{y}" stroke="{colour}"'
            ' stroke-dasharray="5 4"/>'
        )
        parts.append(_text(LEFT - 8, y + 4, f"{share:.0%}", 12, "end"))
    points = " ".join(
        f"{_x((hour + 1) * 60, panel)},{_y(min(share, most), most, top)}"
        for hour, share in enumerate(panel.shares)
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="#1f3a5f" stroke-width="2.5"/>')
    if panel.runaway_from is not None:
        x = _x(panel.runaway_from, panel)
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{top}" y2="{top + HEIGHT}" stroke="#000000"'
            ' stroke-width="1.5"/>'
        )
        parts.append(_text(x - 6, top + 16, "runs away", 12, "end"))
    parts += [
        _text(_x(day * 1440, panel), top + HEIGHT + 17, f"day {day + 1}", 12)
        for day in range(0, days, 5)
    ]
    parts.append(
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none"'
        ' stroke="#555555"/>'
    )
    return "".join(parts)


def _spans(panel: Drawn) -> list[tuple[int, int, Level]]:
    steps = [(0, Level.GREEN), *panel.steps]
    ends = [minute for minute, _ in steps[1:]] + [panel.minutes]
    return [(start, end, level) for (start, level), end in zip(steps, ends, strict=True)]


def _x(minute: int, panel: Drawn) -> float:
    return round(LEFT + WIDTH * minute / panel.minutes, 1)


def _y(share: float, most: float, top: int) -> float:
    return round(top + HEIGHT * (1 - share / most), 1)


def _legend() -> str:
    parts, x = [], LEFT
    for level, colour in COLOURS.items():
        parts.append(
            f'<rect x="{x}" y="44" width="18" height="14" fill="{colour}" fill-opacity="0.6"/>'
        )
        parts.append(_text(x + 24, 56, level.word, 13))
        x += 100
    parts.append(
        f'<line x1="{x}" x2="{x + 22}" y1="51" y2="51" stroke="#1f3a5f" stroke-width="2.5"/>'
    )
    parts.append(_text(x + 28, 56, "spend so far, share of the month's budget", 13))
    parts.append(_text(x + 320, 56, "dashed: where yellow, orange and red begin", 13))
    return "".join(parts)


def _text(x: float, y: float, text: str, size: int, anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="#222222">'
        f"{escape(text)}</text>"
    )
