"""The cloud of the explorer: layers that follow the state, and what is drawn into it by hand."""

from collections.abc import Callable
from typing import Any

import holoviews as hv
import numpy as np
from skimage.measure import approximate_polygon

from anomalylab.apps.pc_space_clouds import deviation
from anomalylab.apps.pc_space_linked import LinkedWindows
from anomalylab.apps.pc_space_selection import Selection
from anomalylab.apps.pc_space_words import thousands
from anomalylab.plots import cloud_layers
from anomalylab.plots.cloud import Bounds, as_rgb, cloud, frame, zoomable
from anomalylab.recipes.pc_space.cloud import RESIDUAL

TOOLS = ["box_select", "lasso_select", "wheel_zoom", "pan", "reset"]
USUAL_DEVIATIONS = 5
"""Half the width of the usual view, in standard deviations along its wider axis."""

TAP = 0.008
"""Half the side of the box that a click selects, as a share of the width of the view."""

NOTHING = np.zeros((1, 1, 4), np.uint8)
FAR = 1e4


class CloudView:
    """Points of the windows on show, with the selected ones lit up.

    Parameters
    ----------
    linked : LinkedWindows
    """

    def __init__(self, linked: LinkedWindows):
        self.linked, self.state, self.pc = linked, linked.state, linked.state.pc
        self.bounds = self._bounds()

    @property
    def is_fitting(self) -> bool:
        """Whether the plot is still the right one for the axes and the width of the clouds."""
        return self.bounds == self._bounds() and self._axes == (self.state.x, self.state.y)

    def plot(self) -> Any:
        """Return the plot, drawn anew on zoom and whenever the state changes."""
        state = self.state
        self.bounds, self._axes = self._bounds(), (state.x, state.y)
        points = self._zoomable(self._points, "shown", "masks", "lit")
        self._take_gestures(points)
        layers = [
            self._following(self._ground, "layers"),
            self._following(self._odds, "layers"),
            self._following(self._lines, "layers"),
            points,
            self._zoomable(self._defect, "shown", layers=True),
            self._zoomable(self._lit, "masks", "lit"),
            self._following(self._outline, "select"),
            self._following(self._pointed, "window", "sample_id"),
        ]
        return frame(layers, _named(state.x), _named(state.y), self.bounds)

    def _bounds(self) -> Bounds:
        state = self.state
        usual = USUAL_DEVIATIONS * max(deviation(self.pc, axis) for axis in (state.x, state.y))
        half = self.linked.shown.half(state.x, state.y, usual)
        left, bottom, right, top = cloud_layers.square(half)
        lift = {axis: (0.92 * half if axis == RESIDUAL else 0) for axis in (state.x, state.y)}
        across, up = lift[state.x], lift[state.y]
        return left + across, bottom + up, right + across, top + up

    def _zoomable(self, draw: Callable, *names: str, layers: bool = False) -> hv.DynamicMap:
        streams = [hv.streams.Params(self.linked, list(names))]
        streams += [hv.streams.Params(self.state, ["layers"])] if layers else []
        return zoomable(draw, self.bounds, streams)

    def _following(self, draw: Callable, *names: str) -> hv.DynamicMap:
        return hv.DynamicMap(
            lambda **_: draw(), streams=[hv.streams.Params(self.state, list(names))]
        )

    def _points(self, bounds: Bounds, size: tuple[int, int]) -> hv.RGB:
        shown = self.linked.shown
        x, y = shown.along(self.state.x), shown.along(self.state.y)
        palette = "ash" if self.state.select else "inferno"
        return cloud(x, y, bounds, size, palette=palette).opts(tools=TOOLS)

    def _lit(self, bounds: Bounds, size: tuple[int, int]) -> hv.RGB:
        if not self.state.select:
            return as_rgb(NOTHING, bounds)
        return cloud(*self.linked.places, bounds, size, palette="amber")

    def _defect(self, bounds: Bounds, size: tuple[int, int]) -> hv.RGB:
        if "defect" not in self.state.layers:
            return as_rgb(NOTHING, bounds)
        shown = self.linked.shown
        known = [
            np.zeros(one.shape, bool) if one.on_defect is None else one.on_defect
            for one in shown.clouds
        ]
        return cloud(*shown.lit(known, self.state.x, self.state.y), bounds, size, palette="red")

    def _ground(self) -> hv.RGB:
        pair = self.state.pair
        if "normal ground" not in self.state.layers or pair is None or not self._has(pair):
            return as_rgb(NOTHING, self.bounds)
        counts = self.density(pair)
        return cloud_layers.ground(counts, self.pc.extent)

    def density(self, pair: tuple[int, int]) -> np.ndarray:
        """Return where normal training windows lie in the plane of two components."""
        if pair in self.pc.pairs:
            return self.pc.density("normal", self.pc.pairs.index(pair))
        return self.pc.density("normal", self.pc.pairs.index(pair[::-1])).T

    @property
    def ground_words(self) -> str:
        """What the ground shows, if there is one."""
        pair = self.state.pair
        if "normal ground" not in self.state.layers or pair is None or not self._has(pair):
            return ""
        n = thousands(int(self.density(pair).sum()))
        return f"Grey-blue: where the {n} windows of normal training images lie."

    def _has(self, pair: tuple[int, int]) -> bool:
        return pair in self.pc.pairs or pair[::-1] in self.pc.pairs

    def _odds(self) -> hv.RGB:
        pairs, table = self.pc.pairs, self.pc.coefficients
        pair = self.state.pair
        if "odds" not in self.state.layers or table is None or pair not in pairs:
            return as_rgb(NOTHING, self.bounds)
        return cloud_layers.odds(table[pairs.index(pair)], self.pc.limit)

    def _lines(self) -> hv.Overlay:
        state, pc = self.state, self.pc
        layers = [cloud_layers.cross()]
        if "ellipses" in state.layers and state.pair is not None:
            sizes = deviation(pc, state.x), deviation(pc, state.y)
            layers.append(cloud_layers.ellipses(sizes))
        if "histogram grid" in state.layers and state.pair in pc.pairs:
            layers.append(cloud_layers.histogram_grid(pc.histograms.shape[-1], pc.limit))
        return hv.Overlay([part for layer in layers for part in layer])

    def _outline(self) -> hv.Path:
        return cloud_layers.outline(_border(self.state.selection, self.state.x, self.state.y))

    def _pointed(self) -> hv.Points:
        place, current = self.state.window_place, self.linked.current
        points = []
        if place is not None and place[0] < current.shape[0] and place[1] < current.shape[1]:
            points = [tuple(current.along(axis)[place] for axis in (self.state.x, self.state.y))]
        return hv.Points(points, ["x", "y"]).opts(
            fill_alpha=0, line_color="#ffffff", line_width=1.5, size=14, default_tools=[]
        )

    def _take_gestures(self, source: hv.DynamicMap) -> None:
        hv.streams.BoundsXY(source=source).add_subscriber(self.take_box)
        hv.streams.Lasso(source=source).add_subscriber(self.take_lasso)
        hv.streams.SingleTap(source=source).add_subscriber(self.take_tap)

    def take_box(self, bounds: Bounds | None = None) -> None:
        """Select what lies in a box drawn in the cloud."""
        if bounds is not None:
            self._take("box", bounds)

    def take_lasso(self, geometry: np.ndarray | None = None) -> None:
        """Select what lies within a line drawn around a part of the cloud."""
        if geometry is not None and len(geometry) > 2:
            tolerance = 0.002 * (self.bounds[2] - self.bounds[0])
            line = approximate_polygon(np.asarray(geometry, float), tolerance)
            self._take("lasso", (line if len(line) > 2 else geometry).ravel())

    def take_tap(self, x: float | None = None, y: float | None = None) -> None:
        """Select what lies next to a place in the cloud."""
        if x is not None and y is not None:
            half = TAP * (self.bounds[2] - self.bounds[0])
            self._take("box", (x - half, y - half, x + half, y + half))

    def _take(self, kind: str, numbers: Any) -> None:
        axes = (self.state.x, self.state.y)
        chosen = Selection(kind, axes, tuple(float(number) for number in numbers))
        self.state.param.update(select=str(chosen), window="")


def _named(axis: str) -> str:
    return "distance from PC space (residual)" if axis == RESIDUAL else axis


def _border(selection: Selection | None, x: str, y: str) -> np.ndarray | None:
    """Return the border of a selection in the plane of two axes, if it has one there."""
    if selection is None or selection.is_in_image:
        return None
    if selection.kind == "interval":
        (axis,), (low, high) = selection.axes, selection.numbers
        if axis not in (x, y):
            return None
        box = (low, -FAR, high, FAR) if axis == x else (-FAR, low, FAR, high)
    elif selection.axes != (x, y):
        return None
    elif selection.kind == "lasso":
        return np.vstack([selection.corners, selection.corners[:1]])
    else:
        box = selection.numbers  # type: ignore[assignment]
    left, bottom, right, top = box
    return np.array([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])
