"""The pictures of the reports as figures: bars, lines, tiles; the templates draw them (RPT-01…03).

Drawn on the server: a page without script is complete, prints, and carries no library. Every picture stands
beside the table of the same figures, so it says nothing that only eyes could read. Names stand in HTML, not
in the drawing: they wrap, whatever their length, and are escaped like any text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10, sqrt

MOST_LINES = 40  # of a picture of bars; a table of more has none
SERIES = 10  # colours

# The provinces where they roughly lie: column, row. No boundaries are drawn: a map of the country may be
# published in China only under an approved number (地图管理条例); tiles can be read and pressed on a phone.
PLACES: Mapping[str, tuple[int, int]] = {
    "23": (8, 1), "65": (1, 2), "15": (5, 2), "11": (6, 2), "21": (7, 2), "22": (8, 2),
    "63": (2, 3), "62": (3, 3), "64": (4, 3), "14": (5, 3), "13": (6, 3), "12": (7, 3),
    "54": (2, 4), "51": (3, 4), "61": (4, 4), "41": (5, 4), "37": (6, 4),
    "50": (4, 5), "42": (5, 5), "34": (6, 5), "32": (7, 5), "31": (8, 5),
    "53": (3, 6), "52": (4, 6), "43": (5, 6), "36": (6, 6), "33": (7, 6),
    "45": (4, 7), "44": (5, 7), "35": (6, 7), "71": (8, 7),
    "46": (4, 8), "82": (5, 8), "81": (6, 8), "99": (8, 8),
}  # fmt: skip


@dataclass(frozen=True)
class BarLine:
    """One line of bars: its name, (series, start, width) in per cent, what it says at the end."""

    name: str
    segments: list[tuple[int, str, str]]
    said: str


@dataclass(frozen=True)
class Bars:
    """Lying bars, one a line, in the order of the table; `legend` where a line has several parts."""

    lines: list[BarLine]
    legend: list[tuple[int, str]]
    kind: str = "bars"


@dataclass(frozen=True)
class Curve:
    """One line over time: the path of its strokes and its points, in a field of 100 × 100."""

    series: int
    name: str
    path: str
    points: str


@dataclass(frozen=True)
class Curves:
    """Lines over time from nought to `top`; `first`, `last` and `middle` name what lies below them."""

    curves: list[Curve]
    top: str
    half: str
    marks: list[str]
    kind: str = "curves"


@dataclass(frozen=True)
class Tile:
    """A province: where it stands, how dark, what it says, where it leads."""

    name: str
    count: int
    column: int
    row: int
    heat: int
    url: str
    chosen: bool = False


def bars(
    lines: Sequence[tuple[object, Sequence[int], object]],
    names: Sequence[object] = (),
    *,
    whole: bool = False,
) -> Bars | None:
    """Bars of (name, counts, what it says); `whole`: each line is its own hundred per cent.

    None where there is nothing to draw, or too much.
    """
    if not 0 < len(lines) <= MOST_LINES or not any(sum(counts) for _name, counts, _said in lines):
        return None
    most = max(sum(counts) for _name, counts, _said in lines)
    drawn = [
        BarLine(str(name), _segments(counts, sum(counts) if whole else most), str(said))
        for name, counts, said in lines
    ]
    used = {n for line in drawn for n, _start, _width in line.segments}
    legend = [(n, str(name)) for n, name in enumerate(names, 1) if n in used]
    return Bars(drawn, legend if len(names) > 1 else [])


def _segments(counts: Sequence[int], whole: int) -> list[tuple[int, str, str]]:
    found, start = [], 0
    for n, count in enumerate(counts, 1):
        if count > 0:
            found.append((min(n, SERIES), _percent(start, whole), _percent(count, whole)))
            start += count
    return found


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f}"


def curves(
    marks: Sequence[str], lines: Mapping[str, Sequence[float | None]], *, percent: bool = False
) -> Curves | None:
    """Lines over the same moments, the first, the middle and the last named; None: nothing to draw."""
    values = [v for line in lines.values() for v in line if v is not None]
    if len(marks) < 2 or not values:
        return None
    top = 100.0 if percent else _round_up(max(values))
    drawn = [
        Curve(n, name, *_strokes(line, len(marks), top))
        for n, (name, line) in enumerate(lines.items(), 1)
        if any(v is not None for v in line)
    ]
    sign = "%" if percent else ""
    middle = [marks[len(marks) // 2]] if len(marks) % 2 else []  # only what lies in the middle
    below = [marks[0], *middle, marks[-1]]
    return Curves(drawn, f"{top:g}{sign}", f"{top / 2:g}{sign}", below)


def _round_up(most: float) -> float:
    """The next round number, so that the scale can be read."""
    if most <= 4:
        return 4.0
    step = 10 ** int(log10(most)) / 2
    return float(ceil(most / step) * step)


def _strokes(line: Sequence[float | None], count: int, top: float) -> tuple[str, str]:
    """The strokes between points that follow each other, and the points by themselves."""
    path, points, last = [], [], False
    for n, value in enumerate(line):
        if value is not None:
            place = f"{100 * n / (count - 1):.2f} {100 - 100 * value / top:.2f}"
            path.append(f"{'L' if last else 'M'}{place}")
            points.append(f"M{place}h0")
        last = value is not None
    return "".join(path), "".join(points) if count <= MOST_LINES else ""


def heat(count: int, most: int) -> int:
    """How dark, from 0 (nobody) to 4: by the root, so that one large province leaves the others different."""
    return min(4, 1 + int(4 * sqrt(count / most))) if count and most else 0
