"""Small pictures: bars of one line on a terminal, and lines as SVG with words beside them."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from math import ceil

BLOCKS = " ▁▂▃▄▅▆▇█"
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 320, 80, 50
DASHES = ("none", "8 4", "2 3", "12 4 2 4")
"""Lines are told apart without colour."""


def bars(values: Sequence[float], width: int = 60) -> str:
    """The course of the values in at most so many characters; each shows the highest of its part."""
    highest, count = max(values, default=0), len(values)
    columns = min(width, count)
    edges = [i * count // columns for i in range(columns + 1)] if columns else [0]
    parts = [max(values[a:b]) for a, b in pairwise(edges)]
    return "".join(BLOCKS[ceil(8 * part / highest) if highest else 0] for part in parts)


def svg(title: str, across: str, up: str, lines: Mapping[str, Sequence[float]]) -> str:
    """One value a second; a line's name stands at its highest point."""
    longest = max(len(values) for values in lines.values())
    highest = max(max(values) for values in lines.values()) or 1.0
    x, y = (WIDTH - LEFT - 20) / max(1, longest - 1), (HEIGHT - BOTTOM - 50) / highest
    drawn = [
        _line(name, [(LEFT + i * x, HEIGHT - BOTTOM - v * y) for i, v in enumerate(values)], dash)
        for (name, values), dash in zip(lines.items(), DASHES, strict=False)
    ]
    return "\n".join((
        (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{LEFT} 40V{HEIGHT - BOTTOM}H{WIDTH - 20}" fill="none" stroke="#333"/>',
        _text(LEFT, 18, title), _text(LEFT, HEIGHT - 12, f"{across}: 0 … {longest - 1:,}"),
        _text(6, 52, f"{highest:,.0f}"), _text(6, HEIGHT - BOTTOM, "0"), _text(6, 68, up),
        *drawn, "</svg>", "",
    ))  # fmt: skip


def _line(name: str, points: Sequence[tuple[float, float]], dash: str) -> str:
    top_x, top_y = min(points, key=lambda point: point[1])
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (f'<polyline points="{path}" fill="none" stroke="#123" stroke-width="2" '
            f'stroke-dasharray="{dash}"/>{_text(top_x + 6, top_y - 4, name)}')  # fmt: skip


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}">{escape(words)}</text>'
