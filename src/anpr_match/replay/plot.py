"""The curve as a picture: SVG, written by hand so that no drawing library is needed."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 20, 60
LEAST, MOST = 0.1, 1000.0
"""False alerts per 100,000 reads at the ends of the axis; fewer than the least are drawn at it."""
COLOURS = ("#1d4ed8", "#6b7280", "#b45309", "#047857", "#b91c1c")


def svg(series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Series of (false alerts per 100,000 reads, share of misreads found): lines where they have
    several points, marks where they have one."""
    told = 'role="img" aria-label="Misreads found against false alerts"'
    view = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} {told}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_axes(),
    ]
    for number, (name, points) in enumerate(series.items()):
        parts.extend(_drawn(name, points, COLOURS[number % len(COLOURS)], number))
    return "\n".join([*parts, "</svg>", ""])


def _x(false: float) -> float:
    share = math.log10(min(max(false, LEAST), MOST) / LEAST) / math.log10(MOST / LEAST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(found: float) -> float:
    return HEIGHT - BOTTOM - found * (HEIGHT - TOP - BOTTOM)


def _axes() -> list[str]:
    parts = []
    for step in range(6):
        y = _y(step / 5)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{step / 5:.1f}</text>')
    for power in range(-1, 4):
        x = _x(10.0**power)
        label = f"≤ {LEAST}" if power == -1 else f"{10**power:,}"
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{_y(0):.1f}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{x:.1f}" y="{_y(0) + 18:.1f}" text-anchor="middle">{label}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 16}" text-anchor="middle">'
        "false fuzzy alerts per 100,000 reads</text>"
    )
    parts.append(
        f'<text transform="translate(18 {_y(0.5):.0f}) rotate(-90)" text-anchor="middle">'
        "share of misread passages found</text>"
    )
    return parts


def _drawn(name: str, points: Sequence[tuple[float, float]], colour: str, number: int) -> list[str]:
    places = [(_x(false), _y(found)) for false, found in points]
    parts = []
    if len(places) > 1:
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
    else:
        parts.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>' for x, y in places)
    y = _y(0) - 14 - 18 * number
    parts.append(f'<circle cx="{WIDTH - 250}" cy="{y - 4:.1f}" r="5" fill="{colour}"/>')
    parts.append(f'<text x="{WIDTH - 238}" y="{y:.1f}">{escape(name)}</text>')
    return parts
