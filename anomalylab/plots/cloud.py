"""Where in PC space do the windows lie? Millions of points as one picture, drawn anew on zoom."""

from collections.abc import Callable, Sequence
from typing import Any

import datashader as ds
import holoviews as hv
import numpy as np
import pandas as pd
from scipy.ndimage import convolve

from anomalylab.pictures.colours import LIGHT
from anomalylab.pictures.shading import shade
from anomalylab.plots.style import equal_scales, hook

SIDE = 640
"""Pixels of a raster before the size of its figure is known."""

DOTS = ((60, 7), (800, 5))
"""Up to so many points in view, a point is drawn so many pixels wide; ``DOT`` beyond."""

DOT = 3

STILL: dict[str, Any] = {"default_tools": [], "apply_ranges": False}
"""Options of layers that bring no tools and do not say how far the view goes."""

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top."""

Layer = tuple[np.ndarray, np.ndarray, str]
"""x and y of points, and the name of their colours."""


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


def cloud(layers: Sequence[Layer], bounds: Bounds, size: tuple[int, int] = (SIDE, SIDE)) -> hv.RGB:
    """Show points as densities; equal steps of colour are equal factors, and no point is lost.

    Parameters
    ----------
    layers : sequence of (x, y, palette)
        Points, float32 of shape (n_points,), and a name of
        :data:`anomalylab.pictures.colours.PALETTES`; a layer hides those before it.
    bounds, size
        As for :func:`rasterise`.

    Returns
    -------
    raster : hv.RGB
        Transparent where no point lies.
    """
    picture = np.zeros((*size, 4), np.uint8)
    for x, y, palette in layers:
        rgba = shade(_spread(rasterise(x, y, bounds, size)), palette)
        is_there = rgba[..., 3] > 0
        picture[is_there] = rgba[is_there]
    return as_rgb(picture, bounds)


def as_rgb(rgba: np.ndarray, bounds: Bounds) -> hv.RGB:
    """Place a picture, uint8 (height, width, 4) from top to bottom, in a plane."""
    return hv.RGB(rgba, bounds=bounds, vdims=list("RGBA")).opts(**STILL)


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
    """Lay layers over each other in a plane in which a distance is one length everywhere.

    Parameters
    ----------
    layers : sequence of HoloViews objects
        The lowest first.
    x, y : str
        What the axes are.
    bounds : tuple of float
        Of the view at the start; they give the figure its shape.
    """
    left, bottom, right, top = bounds
    overlay = layers[0]
    for layer in layers[1:]:
        overlay = overlay * layer
    options = {
        "xlabel": x,
        "ylabel": y,
        "xlim": (left, right),
        "ylim": (bottom, top),
        "aspect": (right - left) / (top - bottom),
        "responsive": True,
        "bgcolor": LIGHT["night-live"],
        "toolbar": "above",
        "active_tools": ["box_select", "wheel_zoom"],
        "hooks": [_dark, hook, equal_scales],
        "show_legend": False,
    }
    return overlay.opts({"Overlay": options})


def _dark(plot, _element) -> None:
    plot.state.grid.visible = False


def _spread(counts: np.ndarray) -> np.ndarray:
    """Widen points to discs; where discs overlap their counts add up."""
    n_seen = int(counts.sum())
    width = next((width for most, width in DOTS if n_seen <= most), DOT)
    return convolve(counts.astype(np.float32), _disc(width).astype(np.float32), mode="constant")


def _disc(width: int) -> np.ndarray:
    places = np.arange(width) - width // 2
    return places[:, None] ** 2 + places**2 <= (width / 2) ** 2
