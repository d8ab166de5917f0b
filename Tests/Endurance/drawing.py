"""A drawing of panels, one above the other, over the same time; plain SVG, without a program to make it."""
import math
from dataclasses import dataclass
from html import escape

_COLOURS = ["#1b6ca8", "#c2571a"]
_LEFT, _RIGHT, _HEIGHT, _GAP, _TOP = 64, 16, 96, 50, 62


@dataclass
class Panel:
    title: str
    # Of each line: its name, and its points as (hours, value).
    lines: list


def draw(title, subtitle, panels, hours, width=760):
    height = _TOP + len(panels) * (_HEIGHT + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12" fill="#333">',
        f'<title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="20" font-size="15" font-weight="bold">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="38" fill="#666">{escape(subtitle)}</text>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, _TOP + number * (_HEIGHT + _GAP), hours, width, number == len(panels) - 1)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel, top, hours, width, is_last):
    bottom, right = top + 18 + _HEIGHT - 18, width - _RIGHT
    highest = _nice(max((value for _, points in panel.lines for _, value in points), default=1))

    def x(hour):
        return _LEFT + (right - _LEFT) * hour / hours

    def y(value):
        return bottom - (bottom - top - 18) * value / highest

    parts = [f'<text x="{_LEFT}" y="{top + 8}" font-weight="bold">{escape(panel.title)}</text>']
    if len(panel.lines) > 1:
        for number, (name, _) in enumerate(panel.lines):
            at = right - 130 * (len(panel.lines) - number)
            parts.append(f'<rect x="{at}" y="{top + 1}" width="14" height="4" fill="{_COLOURS[number]}"/>'
                         f'<text x="{at + 20}" y="{top + 8}">{escape(name)}</text>')
    for part in (0, 0.5, 1):
        at = y(highest * part)
        parts.append(f'<line x1="{_LEFT}" y1="{at:.1f}" x2="{right}" y2="{at:.1f}" stroke="#ddd"/>'
                     f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end" fill="#666">{highest * part:g}</text>')
    step = max(1, math.ceil(hours / 8 / 3) * 3) if hours > 8 else 1
    for hour in range(0, int(hours) + 1, step):
        parts.append(f'<text x="{x(hour):.1f}" y="{bottom + 15}" text-anchor="middle" fill="#666">{hour}</text>')
    if is_last:
        parts.append(f'<text x="{right}" y="{bottom + 30}" text-anchor="end" fill="#666">simulated hours</text>')
    for number, (_, points) in enumerate(panel.lines):
        path = " ".join(_corners([(f"{x(hour):.1f}", f"{y(value):.1f}") for hour, value in points]))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_COLOURS[number]}" stroke-width="1.5"/>')
    return parts


def _corners(points):
    """The points, without those in the middle of a level line."""
    for number, (across, down) in enumerate(points):
        if not 0 < number < len(points) - 1 or {points[number - 1][1], points[number + 1][1]} != {down}:
            yield f"{across},{down}"


def _nice(value):
    """The next round number above."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if factor * power >= value)
