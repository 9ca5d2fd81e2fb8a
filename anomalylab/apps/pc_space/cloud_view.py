"""The cloud of the explorer: layers that follow the state, and what is drawn into it by hand."""

from functools import cache, lru_cache
from typing import Any

import holoviews as hv
import numpy as np
from skimage.measure import approximate_polygon

from anomalylab.apps.kit.refreshed_layers import RefreshedLayers
from anomalylab.apps.pc_space.clouds import CloudSet, deviation, make_clouds, share_beyond
from anomalylab.apps.pc_space.linked import LinkedWindows
from anomalylab.apps.pc_space.state import DEFECT, ODDS
from anomalylab.number_words import grouped, percent
from anomalylab.pc_space.cloud import RESIDUAL
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pc_space.selection import Selection
from anomalylab.plots import cloud_layers
from anomalylab.plots.cloud import Bounds, Layer, as_rgb, cloud, frame, zoomable
from anomalylab.plots.cloud_layers import FAR, SIGMAS

TOOLS = ["box_select", "lasso_select", "wheel_zoom", "pan", "save", "reset"]
USUAL_DEVIATIONS = 5
"""Half the width of the usual view, in standard deviations along its wider axis."""

SQUATTEST = 0.6
"""Height of a view of the residual as a share of its width, at least."""

TAP = 0.008
"""Half the side of the box that a click selects, as a share of the width of the view."""

GROUND = "normal ground"
N_GROUND = 12
"""Normal images whose windows make the ground in planes that the run has no density of."""

NOTHING = np.zeros((1, 1, 4), np.uint8)


class CloudView:
    """Points of the windows on show, with the selected ones lit up.

    Parameters
    ----------
    linked : LinkedWindows
    """

    def __init__(self, linked: LinkedWindows):
        self.linked, self.state, self.pc = linked, linked.state, linked.state.pc
        self._sample = cache(self._normal_sample)
        self.bounds = self._bounds()

    @property
    def is_fitting(self) -> bool:
        """Whether the plot is still the right one for the axes and the width of the clouds."""
        return self._made_for == (self._bounds(), self.state.x, self.state.y)

    def plot(self) -> Any:
        """Return the plot, drawn anew on zoom and by :meth:`refresh`."""
        state = self.state
        self.bounds = self._bounds()
        self._made_for = (self.bounds, state.x, state.y)
        self._moving, self._still = (
            RefreshedLayers(self._now),
            RefreshedLayers(lambda: tuple(state.layers)),
        )
        self.points = zoomable(self._points, self.bounds, [self._moving.stream])
        self._take_gestures(self.points)
        layers = [
            self._still.layer(self._ground),
            self.points,
            self._still.layer(self._odds),
            self._still.layer(self._lines),
            self._still.layer(self._names),
            self._moving.layer(self._outline),
            self._moving.layer(self._ring),
        ]
        return frame(layers, _named(state.x), _named(state.y), self.bounds)

    def refresh(self) -> None:
        """Draw anew if anything has changed."""
        self._still.refresh()
        self._moving.refresh()

    def _now(self) -> tuple:
        state = self.state
        return self.linked.names, state.select, tuple(state.layers), state.sample_id, state.window

    def _bounds(self) -> Bounds:
        """Return a view that holds every window, the origin in its middle or at its edge."""
        state, shown = self.state, self.linked.shown
        named = [axis for axis in (state.x, state.y) if axis != RESIDUAL]
        usual = USUAL_DEVIATIONS * max(deviation(self.pc, axis) for axis in named or [RESIDUAL])
        half = max(shown.reach(axis, usual) for axis in named or [RESIDUAL])
        end = max(shown.reach(RESIDUAL, usual), SQUATTEST * 2 * half) if state.has_residual else 0
        limits = {
            axis: (-0.04 * end, end) if axis == RESIDUAL else (-half, half)
            for axis in (state.x, state.y)
        }
        (left, right), (bottom, top) = limits[state.x], limits[state.y]
        return left, bottom, right, top

    def _points(self, bounds: Bounds, size: tuple[int, int]) -> hv.RGB:
        shown, state = self.linked.shown, self.state
        axes = (state.x, state.y)
        layers: list[Layer] = []
        if self._is_ground_drawn:
            layers.append((*self._sample().points(*axes), "slate"))
        is_dimmed = state.select or {ODDS, DEFECT} & set(state.layers)
        layers.append((*shown.points(*axes), "ash" if is_dimmed else "inferno"))
        if DEFECT in state.layers:
            layers.append((*shown.lit(shown.on_defect, *axes), "red"))
        if state.select:
            layers.append((*self.linked.places, "amber"))
        return cloud(layers, bounds, size).opts(tools=TOOLS, apply_ranges=True)

    @property
    def _has_density(self) -> bool:
        """Whether the run counted normal windows in this plane."""
        pair, pairs = self.state.pair, self.pc.pairs
        return pair is not None and (pair in pairs or pair[::-1] in pairs)

    @property
    def _is_ground_drawn(self) -> bool:
        """Whether the ground is made of the windows of some normal images."""
        is_wanted = GROUND in self.state.layers and not self._has_density
        return is_wanted and bool(self.pc.normal_at_hand)

    def _ground(self) -> hv.RGB:
        if GROUND not in self.state.layers or not self._has_density:
            return as_rgb(NOTHING, self.bounds)
        return _normal_ground(self.pc, self.state.pair)  # type: ignore[arg-type]

    def _normal_sample(self) -> CloudSet:
        """Return some of the normal training images, evenly spread over their list."""
        names = self.pc.normal_at_hand
        chosen = np.unique(np.linspace(0, len(names) - 1, N_GROUND).round().astype(int))
        return CloudSet(make_clouds(self.pc, [names[i] for i in chosen]))

    @property
    def layer_words(self) -> str:
        """What the layers around the points show."""
        return " ".join(filter(None, [self.beyond_words, self.ground_words, self.odds_words]))

    @property
    def beyond_words(self) -> str:
        """How many windows lie beyond the outermost ellipse, and how many of them on a defect."""
        state, sizes = self.state, self._deviations()
        if sizes is None:
            return ""
        shown, radius = self.linked.shown, SIGMAS[-1]
        masks = shown.beyond(state.x, state.y, sizes, radius)
        n = sum(int(mask.sum()) for mask in masks)
        said = f"{percent(n / shown.n_windows)} of them lie beyond {radius}σ"
        if self._has_density:
            usual = share_beyond(self._density(), self.pc.extent, sizes, radius)
            whose = "all" if self.pc.run.info.is_unlabelled else "normal training"
            said += f" (of {whose} windows {percent(usual)})"
        on_defect = sum(
            int((mask & truth).sum()) for mask, truth in zip(masks, shown.on_defect, strict=True)
        )
        red = " (red)" if DEFECT in state.layers else ""
        touch = f", and {percent(on_defect / max(n, 1))} of these touch the defect{red}"
        return said + (touch if on_defect else "") + "."

    def _density(self) -> np.ndarray:
        """Return where normal training windows lie in the plane shown."""
        return _normal_density(self.pc, self.state.pair)  # type: ignore[arg-type]

    @property
    def odds_words(self) -> str:
        """What the colours of the odds mean, or why there are none."""
        if ODDS not in self.state.layers:
            return ""
        table, pairs = self.pc.coefficients, self.pc.pairs
        if table is None:
            return "This run has no classifier, hence no odds."
        if self.state.pair not in pairs:
            return "The classifier knows no odds in this plane."
        bins = table[pairs.index(self.state.pair)]
        low, high = np.exp([bins.min(), bins.max()])
        return (
            "Colours: what a standard deviation more windows in a bin makes of the odds of a "
            f"defect, blue × {low:.2g} to red × {high:.2g}."
        )

    @property
    def ground_words(self) -> str:
        """What the ground shows, if there is one."""
        if GROUND in self.state.layers and self._has_density:
            n, of = int(self._density().sum()), "all"
        elif self._is_ground_drawn:
            n, of = self._sample().n_windows, str(len(self._sample().clouds))
        else:
            return ""
        whose = "images" if self.pc.run.info.is_unlabelled else "normal training images"
        return f"Grey-blue: where {grouped(n)} windows of {of} {whose} lie."

    def _odds(self) -> hv.RGB:
        pairs, table = self.pc.pairs, self.pc.coefficients
        pair = self.state.pair
        if ODDS not in self.state.layers or table is None or pair not in pairs:
            return as_rgb(NOTHING, self.bounds)
        return cloud_layers.odds(table[pairs.index(pair)], self.pc.limit)

    def _deviations(self) -> tuple[float, float] | None:
        state = self.state
        if "ellipses" not in state.layers or state.pair is None:
            return None
        return deviation(self.pc, state.x), deviation(self.pc, state.y)

    def _lines(self) -> hv.Path:
        has_grid = "histogram grid" in self.state.layers and self.state.pair in self.pc.pairs
        grid = (self.pc.histograms.shape[-1], self.pc.limit) if has_grid else None
        return cloud_layers.lines(self._deviations(), grid)

    def _names(self) -> hv.Labels:
        return cloud_layers.names(self._deviations())

    def _outline(self) -> hv.Path:
        return cloud_layers.outline(_border(self.state.selection, self.state.x, self.state.y))

    def _ring(self) -> hv.Points:
        place, current = self.state.window_place, self.linked.current
        is_there = place is not None and all(
            0 <= at < end for at, end in zip(place, current.shape, strict=True)
        )
        if place is None or not is_there:
            return cloud_layers.ring([])
        x, y = (float(current.along(axis)[place]) for axis in (self.state.x, self.state.y))
        return cloud_layers.ring([(x, y)])

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
        self.state.choose(kind, (self.state.x, self.state.y), numbers)


@lru_cache(maxsize=8)
def _normal_ground(pc: PCSpace, pair: tuple[int, int]) -> hv.RGB:
    """Draw where normal training windows lie; once for all readers of a run."""
    return cloud_layers.ground(_normal_density(pc, pair), pc.extent)


def _normal_density(pc: PCSpace, pair: tuple[int, int]) -> np.ndarray:
    if pair in pc.pairs:
        return pc.density("normal", pc.pairs.index(pair))
    return pc.density("normal", pc.pairs.index(pair[::-1])).T


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
    elif selection.kind == "beyond":
        mid_x, mid_y, across, up = selection.numbers
        turn = np.linspace(0, 2 * np.pi, 181)
        return np.column_stack([mid_x + across * np.cos(turn), mid_y + up * np.sin(turn)])
    elif selection.kind == "lasso":
        return np.vstack([selection.corners, selection.corners[:1]])
    else:
        box = selection.numbers  # type: ignore[assignment]
    left, bottom, right, top = box
    return np.array([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])
