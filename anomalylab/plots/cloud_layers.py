"""What lies under and over a cloud: where normal is, its ellipses, the histogram and its odds."""

import holoviews as hv
import numpy as np

from anomalylab.plots.cloud import Bounds, as_rgb
from anomalylab.shading import shade, shade_signed

LINES = {"color": "#8b97a5", "default_tools": []}
SIGMAS = (1, 2, 3)
LARGEST_ODDS = np.log(4)
"""Odds from which on the colour of a bin no longer changes."""


def cross() -> hv.Overlay:
    """Mark the origin, the mean of the normal training windows, by two lines."""
    line = {**LINES, "line_width": 1, "alpha": 0.35}
    return hv.HLine(0).opts(**line) * hv.VLine(0).opts(**line)


def ellipses(deviations: tuple[float, float]) -> hv.Overlay:
    """Show 1, 2 and 3 standard deviations of the normal training windows.

    Parameters
    ----------
    deviations : tuple of float
        Standard deviations along both axes, which are uncorrelated.
    """
    turn = np.linspace(0, 2 * np.pi, 181)
    circle = np.column_stack([np.cos(turn), np.sin(turn)]) * deviations
    rings = hv.Path([k * circle for k in SIGMAS]).opts(**LINES, line_width=1, alpha=0.8)
    marks = [(0.0, float(k * deviations[1]), f"{k}σ") for k in SIGMAS]
    names = hv.Labels(marks, ["x", "y"], "name").opts(
        text_color="#aeb8c4",
        text_font_size="8pt",
        text_align="left",
        text_baseline="bottom",
        default_tools=[],
    )
    return rings * names


def ground(density: np.ndarray, extent: float) -> hv.RGB:
    """Show where the normal training windows lie.

    Parameters
    ----------
    density : int ndarray of shape (side, side)
        Counts of windows; the first axis is x.
    extent : float
        Half the width of the density, whose middle is the origin.
    """
    inner = density.copy()
    inner[[0, -1]] = 0  # the outermost cells hold everything beyond, at no place of their own
    inner[:, [0, -1]] = 0
    return as_rgb(shade(inner, "slate"), (-extent, -extent, extent, extent))


def histogram_grid(n_bins: int, limit: float) -> hv.Path:
    """Show the bins of the histogram that stands for an image."""
    edges = np.linspace(-limit, limit, n_bins + 1)
    lines = [[(edge, -limit), (edge, limit)] for edge in edges]
    lines += [[(-limit, edge), (limit, edge)] for edge in edges]
    return hv.Path(lines).opts(**LINES, line_width=0.5, alpha=0.5)


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
    rgba = shade_signed(coefficients, "diverging", end)
    strength = np.clip(np.abs(coefficients) / end, 0, 1).T[::-1]
    rgba[..., 3] = np.round(150 * strength**0.7)
    return rgba


def outline(path: np.ndarray | None) -> hv.Path:
    """Show the border of what was selected; nothing if ``path`` of shape (n, 2) is None."""
    return hv.Path([] if path is None else [path]).opts(
        color="#ee9a00", line_width=1.5, line_dash="dashed", default_tools=[]
    )


def square(half: float) -> Bounds:
    """Return the bounds of a square around the origin."""
    return -half, -half, half, half
