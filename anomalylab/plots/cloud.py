"""Where in PC space do the windows lie? Millions of points as one picture, drawn anew on zoom."""

from collections.abc import Callable, Sequence
from typing import Any

import datashader as ds
import holoviews as hv
import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter

from anomalylab.plots.style import hook
from anomalylab.shading import shade

NIGHT = "#0b0e13"
"""Ground of clouds: near-black, so that single points are seen."""

SIDE = 640
"""Pixels of a raster before the size of its figure is known."""

DOTS = ((400, 7), (4_000, 5), (4_000_000, 3))
"""Up to so many points in view, a point is drawn so many pixels wide; one pixel beyond."""

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top."""


def rasterise(
    x: np.ndarray, y: np.ndarray, bounds: Bounds, size: tuple[int, int] = (SIDE, SIDE)
) -> np.ndarray:
    """Count points in the pixels of a view.

    Parameters
    ----------
    x, y : float32 ndarray of shape (n_points,)
    bounds : tuple of float
        Left, bottom, right, top of the view.
    size : (height, width)
        In pixels.

    Returns
    -------
    counts : uint32 ndarray of shape (width, height)
        The first axis is x, as in a histogram.
    """
    left, bottom, right, top = bounds
    canvas = ds.Canvas(size[1], size[0], x_range=(left, right), y_range=(bottom, top))
    points = pd.DataFrame({"x": x, "y": y}, copy=False)
    return canvas.points(points, "x", "y", ds.count()).to_numpy().T


def cloud(
    x: np.ndarray,
    y: np.ndarray,
    bounds: Bounds,
    size: tuple[int, int] = (SIDE, SIDE),
    *,
    palette: str = "inferno",
) -> hv.RGB:
    """Show points as a density; equal steps of colour are equal factors, and no point is lost.

    Parameters
    ----------
    x, y, bounds, size
        As for :func:`rasterise`.
    palette : str
        A name of :data:`anomalylab.shading.PALETTES`.

    Returns
    -------
    raster : hv.RGB
        Transparent where no point lies.
    """
    counts = rasterise(x, y, bounds, size)
    n_seen = int(counts.sum())
    width = next((width for most, width in DOTS if n_seen <= most), 1)
    if width > 1:
        counts = maximum_filter(counts, footprint=_disc(width), mode="constant")
    return as_rgb(shade(counts, palette), bounds)


def as_rgb(rgba: np.ndarray, bounds: Bounds) -> hv.RGB:
    """Place a picture, uint8 (height, width, 4) from top to bottom, in a plane."""
    return hv.RGB(rgba, bounds=bounds, vdims=list("RGBA")).opts(default_tools=[])


def zoomable(
    draw: Callable[[Bounds, tuple[int, int]], hv.Element],
    bounds: Bounds,
    streams: Sequence[Any] = (),
) -> hv.DynamicMap:
    """Return a layer that is drawn anew for what is in view.

    Parameters
    ----------
    draw : callable
        Takes the bounds of the view and its size in pixels, (height, width).
    bounds : tuple of float
        Of the view at the start.
    streams : sequence of hv.streams.Stream
        Whose events draw it anew, too.
    """

    def draw_view(x_range, y_range, width, height, **_) -> hv.Element:
        (left, right), (bottom, top) = x_range or bounds[::2], y_range or bounds[1::2]
        return draw((left, bottom, right, top), (height or SIDE, width or SIDE))

    view = [hv.streams.RangeXY(), hv.streams.PlotSize()]
    return hv.DynamicMap(draw_view, streams=[*view, *streams])


def frame(layers: Sequence[Any], x: str, y: str, bounds: Bounds) -> Any:
    """Lay layers over each other in a square plane in which a distance is one length everywhere.

    Parameters
    ----------
    layers : sequence of HoloViews objects
        The lowest first.
    x, y : str
        What the axes are.
    bounds : tuple of float
        Of a square.
    """
    overlay = layers[0]
    for layer in layers[1:]:
        overlay = overlay * layer
    options = {
        "xlabel": x,
        "ylabel": y,
        "xlim": bounds[::2],
        "ylim": bounds[1::2],
        "aspect": 1,
        "responsive": True,
        "bgcolor": NIGHT,
        "toolbar": "above",
        "hooks": [hook, _dark],
        "show_legend": False,
    }
    return overlay.opts({"Overlay": options})


def _dark(plot, _element) -> None:
    plot.state.grid.grid_line_color = None


def _disc(width: int) -> np.ndarray:
    places = np.arange(width) - width // 2
    return places[:, None] ** 2 + places**2 <= (width / 2) ** 2
