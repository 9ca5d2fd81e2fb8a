"""Lines with bands, their names at the right end; what the plots of studies share."""

from collections.abc import Sequence
from typing import NamedTuple

import holoviews as hv
import numpy as np
import pandas as pd

from anomalylab.errors import SchemaError
from anomalylab.metrics.in_studies import axis_floor
from anomalylab.pictures.colours import LIGHT
from anomalylab.plots.style import hook

ROOM = 0.3
"""Room right of the last point for names, as a share of the axis."""

APART = 0.055
"""Least distance of two names, as a share of the axis up."""

LONGEST = 9
"""Letters of a name that fit beside its line; if one is longer, names stand in a legend."""


WIDEST = 24
"""Letters of all names in a row of a legend; of more, each has a row."""

HEIGHT, LEGEND_ROW = 300, 24
"""Pixels of a plot, and of a row of its legend."""


class Banded(NamedTuple):
    """One line: its name, its colour, and its points by x.

    Parameters
    ----------
    name : str
    colour : str
    x, y : float ndarray of shape (n_points,)
    half : float ndarray of shape (n_points,)
        Half the height of the band; NaN for none.
    dash : str
        Of the line, ``"solid"`` or ``"dashed"``.
    """

    name: str
    colour: str
    x: np.ndarray
    y: np.ndarray
    half: np.ndarray
    dash: str = "solid"

    @property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper border of the band, within 0 and 1 as all that is measured."""
        half = np.nan_to_num(self.half)
        return np.clip(self.y - half, 0, 1), np.clip(self.y + half, 0, 1)


def needed(table: pd.DataFrame, columns: set[str], plot: str) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    SchemaError
        The message names the plot and the columns.
    """
    missing = columns - set(table)
    if missing:
        raise SchemaError(f"{plot} needs the columns {sorted(missing)} too")


def banded(rows: pd.DataFrame, x: str, name: str, colour: str, dash: str = "solid") -> Banded:
    """Return the line of some points of :func:`anomalylab.studies.curves.curves`."""
    ordered = rows.sort_values(x)
    along, up, half = (ordered[column].to_numpy(float) for column in (x, "value", "deviation"))
    return Banded(name, colour, along, up, half, dash)


def draw(
    lines: Sequence[Banded], x: str, y: str, *, floor: float, over: Sequence[hv.Element] = ()
) -> hv.Overlay:
    """Draw bands under lines under points, and the names of the lines at their ends.

    Parameters
    ----------
    lines : sequence of Banded
    x, y : str
        Names of the dimensions; plots that share them are moved together.
    floor : float
        Where the axis up begins, or lower where a band goes.
    over : sequence of hv.Element
        What is drawn over all.
    """
    low, high = limits(lines, floor)
    layers: list[hv.Element] = [_band(line, x, y) for line in lines]
    for line in lines:
        table = pd.DataFrame({x: line.x, y: line.y})
        curve = hv.Curve(table, x, y, label=line.name)
        layers.append(curve.opts(color=line.colour, line_width=2.2, line_dash=line.dash))
        layers.append(hv.Points(table, [x, y]).opts(color=line.colour, size=6, tools=["hover"]))
    right = max(float(line.x.max()) for line in lines)
    left = min(float(line.x.min()) for line in lines)
    span = (right - left) or 1.0
    is_long = max(len(line.name) for line in lines) > LONGEST
    names = [] if is_long else _names(lines, low, high)
    n_rows = len(lines) if sum(len(line.name) for line in lines) > WIDEST else 1
    return hv.Overlay([*layers, *names, *over]).opts(
        xlim=(left - 0.02 * span, right + (0.02 if is_long else ROOM) * span),
        ylim=(low, high),
        show_legend=is_long,
        legend_position="bottom",
        legend_cols=1 if n_rows > 1 else len(lines),
        responsive=True,
        height=HEIGHT + (LEGEND_ROW * n_rows if is_long else 0),
        axiswise=True,
        hooks=[hook],
    )


def floor_of(metric: str, lines: Sequence[Banded]) -> float:
    """Return where the axis of a metric begins, see ``axis_floor``."""
    return axis_floor(metric, min(float(line.band[0].min()) for line in lines))


def limits(lines: Sequence[Banded], floor: float) -> tuple[float, float]:
    """Return ends of the axis up: from the floor, or below it where a point or a band goes."""
    least = min(float(line.band[0].min()) for line in lines)
    most = max(float(line.band[1].max()) for line in lines)
    low = min(floor, least)
    return low, max(most, low + 1e-3) + 0.03 * max(most - low, 1e-3)


def spread(places: Sequence[float], least: float, low: float = -np.inf) -> list[float]:
    """Move places apart, up or down, until each two differ by ``least``; their order stays.

    Parameters
    ----------
    places : sequence of float
    least : float
    low : float
        No place ends below it.

    Examples
    --------
    >>> spread([0.5, 0.52, 0.9], 0.1)
    [0.46, 0.56, 0.9]
    >>> spread([0.0, 0.0], 0.1, low=0.0)
    [0.0, 0.1]
    """
    order = np.argsort(places, kind="stable")
    merged: list[tuple[float, int]] = []  # middle of a block of names, and their number
    for i in order:
        merged.append((max(float(places[i]), low), 1))
        while len(merged) > 1 and _overlap(merged[-2], merged[-1], least):
            (a, n_a), (b, n_b) = merged[-2:]
            middle = (a * n_a + b * n_b) / (n_a + n_b)
            lowest = low + least * (n_a + n_b - 1) / 2
            merged[-2:] = [(max(middle, lowest), n_a + n_b)]
    placed = [m + least * (i - (n - 1) / 2) for m, n in merged for i in range(n)]
    found = np.empty(len(order))
    found[order] = np.round(placed, 10)
    return [float(place) for place in found]


def _overlap(a: tuple[float, int], b: tuple[float, int], least: float) -> bool:
    return b[0] - a[0] < least * (a[1] + b[1]) / 2 - 1e-12


def _band(line: Banded, x: str, y: str) -> hv.Area:
    low, high = line.band
    table = pd.DataFrame({x: line.x, y: low, "upper": high})
    return hv.Area(table, x, [y, "upper"]).opts(
        color=line.colour, fill_alpha=0.16, line_alpha=0, default_tools=[]
    )


def _names(lines: Sequence[Banded], low: float, high: float) -> list[hv.Text]:
    """Write each name right of the last point of its line, moved apart where they would touch."""
    least = APART * (high - low)
    places = spread([float(line.y[-1]) for line in lines], least, low + least / 2)
    return [
        hv.Text(float(line.x[-1]), place, f"  {line.name}", halign="left", fontsize=10).opts(
            text_color=LIGHT["ink"]
        )
        for line, place in zip(lines, places, strict=True)
    ]
