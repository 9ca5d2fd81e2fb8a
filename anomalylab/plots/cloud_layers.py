"""What lies under and over a cloud: where normal is, its ellipses, the histogram and its odds."""

from collections.abc import Sequence

import holoviews as hv
import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from anomalylab.pictures.colours import LIGHT, rgb
from anomalylab.pictures.shading import shade
from anomalylab.plots.cloud import STILL, as_rgb

FAR = 1e4
"""Further than any window lies."""

SIGMAS = (1, 2, 3)
ENLARGED = 2
"""Times that a density is enlarged, so that its cells are not seen."""

FAINTEST = 0.5
"""Logarithm of the smoothed count plus one, below which nothing is drawn."""

RAISES, LOWERS = np.array(rgb("raises-odds")), np.array(rgb("lowers-odds"))
"""Colours of odds above and below 1, bright enough for a dark ground."""

LARGEST_ODDS = np.log(4)
"""Odds from which on the colour of a bin no longer changes."""


def lines(deviations: tuple[float, float] | None, grid: tuple[int, float] | None) -> hv.Path:
    """Mark the origin by a cross, and if asked for the ellipses and the bins.

    Parameters
    ----------
    deviations : tuple of float or None
        Standard deviations of normal training windows along both axes, which are uncorrelated;
        ellipses are drawn at 1, 2 and 3 of them.
    grid : (n_bins, limit) or None
        Of the histogram that stands for an image, on ``[-limit, limit]`` of both axes.
    """
    paths = [[(-FAR, 0), (FAR, 0)], [(0, -FAR), (0, FAR)]]
    if deviations is not None:
        turn = np.linspace(0, 2 * np.pi, 181)
        circle = np.column_stack([np.cos(turn), np.sin(turn)]) * deviations
        paths += [k * circle for k in SIGMAS]
    if grid is not None:
        n_bins, limit = grid
        for edge in np.linspace(-limit, limit, n_bins + 1):
            paths += [[(edge, -limit), (edge, limit)], [(-limit, edge), (limit, edge)]]
    return hv.Path([np.array(path, float) for path in paths]).opts(
        color=LIGHT["night-line"], line_width=1, alpha=0.5, **STILL
    )


def names(deviations: tuple[float, float] | None) -> hv.Labels:
    """Name the ellipses of :func:`lines`."""
    x, y = np.multiply(deviations or (0, 0), np.sqrt(0.5))
    marks = [(k * x, k * y, f" {k}σ") for k in SIGMAS] if deviations else []
    return hv.Labels(marks, ["x", "y"], "name").opts(
        text_color="white",
        text_font_size="9pt",
        background_fill_color=LIGHT["night"],
        background_fill_alpha=0.6,
        border_radius=3,
        text_align="left",
        text_baseline="bottom",
        **STILL,
    )


def ground(density: np.ndarray, extent: float) -> hv.RGB:
    """Show where the normal training windows lie.

    Parameters
    ----------
    density : int ndarray of shape (side, side)
        Counts of windows; the first axis is x.
    extent : float
        Half the width of the density, whose middle is the origin.
    """
    inner = density.astype(np.float32)
    inner[[0, -1]] = 0  # the outermost cells hold everything beyond, at no place of their own
    inner[:, [0, -1]] = 0
    cell = 2 * extent / len(density)
    (left, right), (bottom, top) = (_occupied(inner.sum(axis=axis)) for axis in (1, 0))
    smooth = gaussian_filter(np.log1p(inner[left:right, bottom:top]), 0.8)
    smooth = zoom(smooth, ENLARGED, order=1, grid_mode=True, mode="grid-constant")
    smooth[smooth < FAINTEST] = 0
    low, high = (left * cell - extent, bottom * cell - extent), (right * cell, top * cell)
    bounds = (*low, high[0] - extent, high[1] - extent)
    return as_rgb(shade(np.expm1(smooth), "slate"), bounds)


def _occupied(counts: np.ndarray) -> tuple[int, int]:
    """Return where the occupied part begins and ends, a little more and at least one cell."""
    places = np.flatnonzero(counts)
    if not len(places):
        return 0, 1
    return max(int(places[0]) - 2, 0), min(int(places[-1]) + 3, len(counts))


def odds(coefficients: np.ndarray, limit: float) -> hv.RGB:
    """Show which bins speak for a defect: red where more windows raise the odds, blue where less.

    Parameters
    ----------
    coefficients : float ndarray of shape (n_bins, n_bins)
        Log odds for a standard deviation of each bin; the first axis is x.
    limit : float
        Half the width of the histogram.
    """
    return as_rgb(odds_colours(coefficients), (-limit, -limit, limit, limit))


def odds_colours(coefficients: np.ndarray) -> np.ndarray:
    """Return log odds as colours, clear where the odds are 1: uint8 (n_y, n_x, 4)."""
    end = min(float(np.abs(coefficients).max(initial=0)) or 1.0, LARGEST_ODDS)
    strength = np.clip(coefficients / end, -1, 1).T[::-1, :, None]
    colour = np.where(strength > 0, RAISES, LOWERS)
    return np.concatenate([colour, 190 * np.abs(strength) ** 0.7], axis=-1).astype(np.uint8)


def ring(places: Sequence[tuple[float, float]]) -> hv.Points:
    """Ring the windows pointed at."""
    return hv.Points(places, ["x", "y"]).opts(
        fill_alpha=0, line_color="white", line_width=1.5, size=14, **STILL
    )


def outline(path: np.ndarray | None) -> hv.Path:
    """Show the border of what was selected; nothing if ``path`` of shape (n, 2) is None."""
    return hv.Path([] if path is None else [path]).opts(
        color=LIGHT["amber"], line_width=1.5, line_dash="dashed", **STILL
    )
