"""Charts of samples over time, as SVG: panels one above the other with the same seconds below them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 900
LEFT: Final = 80
RIGHT: Final = 190
PANEL: Final = 170
GAP: Final = 46
TOP: Final = 54
# Told apart also by who does not see red and green (Okabe and Ito).
SHADES: Final = ("#555555", "#b8860b")
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over the same times, by name; `unit` is written at the axis."""

    title: str
    unit: str
    lines: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Span:
    """A time to be shaded, seconds."""

    name: str
    start: float
    end: float


def chart(title: str, seconds: Sequence[float], panels: Sequence[Panel], spans: Sequence[Span]) -> str:
    """The SVG text. Each line has as many values as there are `seconds`."""
    height = TOP + len(panels) * (PANEL + GAP)
    last = max(seconds[-1], 1e-9)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
    ]
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    # One name, one colour, in every panel.
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    for number, panel in enumerate(panels):
        top = TOP + number * (PANEL + GAP)
        parts += _spans(spans, last, top, number == 0)
        parts += _axes(panel, last, top)
        parts += _lines(panel, seconds, last, top, colours)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(second: float, last: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * second / last, 1)


def _spans(spans: Sequence[Span], last: float, top: int, named: bool) -> list[str]:
    parts = []
    for number, span in enumerate(spans):
        left, right = _x(span.start, last), _x(min(span.end, last), last)
        parts.append(
            f'<rect x="{left}" y="{top}" width="{round(right - left, 1)}" height="{PANEL}" '
            f'fill="{SHADES[number % len(SHADES)]}" fill-opacity="0.12"/>'
        )
        if named:
            parts.append(
                f'<text x="{left}" y="{top - 4 - 13 * (number % 2)}" fill="{SHADES[number % len(SHADES)]}">{escape(span.name)}</text>'
            )
    return parts


def _axes(panel: Panel, last: float, top: int) -> list[str]:
    """A frame, the title, five values, and at most a dozen round times."""
    bottom = top + PANEL
    most = _most(panel)
    parts = [
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{PANEL}" fill="none" stroke="#999"/>',
        f'<text x="{WIDTH - RIGHT + 10}" y="{top + 12}" font-weight="bold">{escape(panel.title)}, {escape(panel.unit)}</text>',
    ]
    for step in range(5):
        y = bottom - PANEL * step // 4
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#ddd"/>')
        value = most * step / 4
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:,.{0 if most >= 20 else 1}f}</text>')
    step_seconds = next((step for step in (1, 2, 5, 10, 20, 60, 120, 300) if last / step <= 12), last)
    at = 0.0
    while at <= last:
        parts.append(f'<text x="{_x(at, last)}" y="{bottom + 17}" text-anchor="middle">{at:.0f} s</text>')
        at += step_seconds
    return parts


def _lines(panel: Panel, seconds: Sequence[float], last: float, top: int, colours: Mapping[str, str]) -> list[str]:
    bottom = top + PANEL
    most = _most(panel)
    parts = []
    for number, (name, values) in enumerate(panel.lines.items()):
        colour = colours[name]
        points = " ".join(
            f"{_x(at, last)},{round(bottom - PANEL * value / most, 1)}"
            for at, value in zip(seconds, values, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        y = top + 32 + 17 * number
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return parts


def _most(panel: Panel) -> float:
    """The top of the axis: 1, 2 or 5 times a power of ten, a quarter above nothing at least."""
    highest = max((value for values in panel.lines.values() for value in values), default=0.0)
    step = 1.0
    while True:
        for factor in (1.0, 2.0, 4.0, 6.0, 8.0):
            if highest <= step * factor:
                return step * factor
        step *= 10.0
