"""A run of the demo as a picture: what a terminal showed, as SVG."""

import io
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from engine.demo.play import Play
from engine.demo.screen import show_in_short

COLUMNS = 104
COMMAND = "$ make demo"
THEME = TerminalTheme(
    (16, 20, 24),
    (214, 220, 226),
    [
        *((90, 98, 106), (240, 98, 90), (126, 200, 120), (228, 190, 92)),
        *((110, 160, 236), (200, 140, 220), (96, 196, 204), (214, 220, 226)),
    ],
)
FORM = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>make demo</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""The picture loads nothing from elsewhere: no font, no script."""


def draw(run: Play, file: Path) -> None:
    """Write the spend, the levels and the verdict of a run as an SVG file."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(COMMAND, highlight=False, style="bold")
    show_in_short(run, console)
    drawn = console.export_svg(
        title="make demo", theme=THEME, code_format=FORM, unique_id="demo", font_aspect_ratio=0.6
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(drawn, encoding="utf-8")
