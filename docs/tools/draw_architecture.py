"""Draw the rooms of the package, each above all that it imports, as docs/architecture.svg.

    python docs/tools/draw_architecture.py

Rooms and arrows are read from the import statements. An arrow that follows from others is left out:
who imports ``runs`` may import what ``runs`` stands on too.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np

PACKAGE = Path(__file__).parents[2] / "anomalylab"
DRAWING = Path(__file__).parents[1] / "architecture.svg"

Rooms = Mapping[str, frozenset[str]]
"""Room -> rooms that it imports."""

BOX, LINE, HEIGHT, GAP, STEP = 118, 2, 34, 16, 78
"""Widths of a box and of a line, height of a box, distances between boxes and rows, in pixels."""

STYLE = """
  text { font: 600 13px system-ui, sans-serif; fill: #1a1e23; text-anchor: middle; }
  rect { fill: #f6f7f9; stroke: #4477aa; stroke-width: 1.2; rx: 6px; }
  path { fill: none; stroke: #8a97a5; stroke-width: 1.1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e9ecef; } rect { fill: #1c2127; stroke: #6f9fd0; } path { stroke: #67727e; }
  }
"""


def read_rooms() -> Rooms:
    """Return what each room of the package imports of the others."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).with_suffix("").parts[0]
        found.setdefault(room, set()).update(imported_rooms(path))
    for aside in ("__init__", "__main__", "notebooks"):
        found.pop(aside, None)
    return {room: frozenset(names & set(found) - {room}) for room, names in found.items()}


def imported_rooms(path: Path) -> Iterator[str]:
    """Yield the parts of the package that a file names in its imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "anomalylab":
            names = [f"anomalylab.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("anomalylab."))


def rows(rooms: Rooms) -> list[list[str]]:
    """Return the rooms row by row, each room one row above the highest that it imports."""

    @cache
    def height(room: str) -> int:
        return 1 + max((height(below) for below in rooms[room]), default=-1)

    found: list[list[str]] = [[] for _ in range(1 + max(map(height, rooms)))]
    for room in sorted(rooms):
        found[height(room)].append(room)
    return found


def arrows(rooms: Rooms) -> list[tuple[str, str]]:
    """Return the pairs (above, below) that do not follow from other pairs."""

    @cache
    def reach(room: str) -> frozenset[str]:
        return rooms[room].union(*map(reach, rooms[room]))

    return [
        (room, below)
        for room in sorted(rooms)
        for below in sorted(rooms[room])
        if not any(below in reach(other) for other in rooms[room])
    ]


def routes(grid: list[list[str]], lines: list[tuple[str, str]]) -> list[list[str]]:
    """Return where each line goes: from its room by a gap in each row it passes to the other.

    Lines to one room share their gaps, which are named by that room and their row.
    """
    at = {room: number for number, row in enumerate(grid) for room in row}
    return [
        [above, *(f"{below}@{number}" for number in range(at[above] - 1, at[below], -1)), below]
        for above, below in lines
    ]


def with_gaps(grid: list[list[str]], ways: list[list[str]]) -> list[list[str]]:
    """Return the rows with the gaps that lines take in them."""
    gaps = sorted({stop for way in ways for stop in way[1:-1]})
    return [
        [*row, *(gap for gap in gaps if gap.endswith(f"@{number}"))]
        for number, row in enumerate(grid)
    ]


def centres(grid: list[list[str]], links: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Place each row about the middle of what it stands on, the lowest row at the end."""
    places: dict[str, tuple[float, float]] = {}
    width = width_of(grid)
    for number, row in enumerate(grid):
        below = {stop: [places[b][0] for a, b in links if a == stop] for stop in row}
        wish = {stop: sum(xs) / len(xs) if xs else width / 2 for stop, xs in below.items()}
        order = sorted(row, key=lambda stop: (wish[stop], stop))
        y = (len(grid) - 1 - number) * STEP + HEIGHT / 2 + 2
        places.update(
            {stop: (x, y) for stop, x in zip(order, spread(order, wish, width), strict=True)}
        )
    return places


def width_of(grid: list[list[str]]) -> float:
    """Return the width that the longest row takes, in pixels."""
    return max(sum(breadth(stop) + GAP for stop in row) for row in grid) - GAP + 4


def breadth(stop: str) -> float:
    """Return the width of a box, or of the gap for a line."""
    return LINE if "@" in stop else BOX


def spread(order: list[str], wish: Mapping[str, float], width: float) -> list[float]:
    """Return places from left to right, as near to those wished for as there is room."""
    starts = np.cumsum([0, *(breadth(stop) + GAP for stop in order)])
    offsets = [start + breadth(stop) / 2 for start, stop in zip(starts, order, strict=False)]
    taken = starts[-1] - GAP
    shift = sum(wish[stop] - at for stop, at in zip(order, offsets, strict=True)) / len(order)
    return [min(max(shift, 2), width - 2 - taken) + at for at in offsets]


def drawing(rooms: Rooms) -> str:
    """Return the drawing as SVG."""
    grid = rows(rooms)
    ways = routes(grid, arrows(rooms))
    grid, links = with_gaps(grid, ways), sorted({link for way in ways for link in pairwise(way)})
    places = centres(grid, links)
    size = f"0 0 {width_of(grid):.0f} {len(grid) * STEP - (STEP - HEIGHT) + 4}"
    body = [curve(places[above], places[below]) for above, below in links]
    body += [through(*places[stop]) for stop in sorted(places) if "@" in stop]
    body += [box(room, *places[room]) for room in sorted(rooms)]
    title = "Rooms of the package, each above all that it imports"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" role="img">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            *body,
            "</svg>\n",
        ]
    )


def curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a line from the foot of one box to the head of another."""
    x, y = start[0], start[1] + HEIGHT / 2
    to_x, to_y = end[0], end[1] - HEIGHT / 2
    bend = (to_y - y) / 2
    return (
        f'<path d="M{x:.0f} {y:.0f}C{x:.0f} {y + bend:.0f} '
        f'{to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y:.0f}"/>'
    )


def through(x: float, y: float) -> str:
    """Return the part of a line that passes a row."""
    return f'<path d="M{x:.0f} {y - HEIGHT / 2:.0f}V{y + HEIGHT / 2:.0f}"/>'


def box(room: str, x: float, y: float) -> str:
    """Return a labelled box about a centre."""
    return (
        f'<rect x="{x - BOX / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{BOX}" height="{HEIGHT}"/>'
        f'<text x="{x:.0f}" y="{y + 4.5:.0f}">{escape(room)}</text>'
    )


if __name__ == "__main__":
    DRAWING.write_text(drawing(read_rooms()), encoding="utf-8")
