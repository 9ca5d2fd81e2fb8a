"""The image of the explorer: windows lit up in it, and what is drawn into it by hand."""

from typing import Any

import holoviews as hv
import numpy as np

from anomalylab.apps.kit.refreshed_layers import RefreshedLayers
from anomalylab.apps.pc_space.clouds import deviation
from anomalylab.apps.pc_space.linked import LinkedWindows
from anomalylab.apps.pc_space.pictures import WindowPictures
from anomalylab.apps.pc_space.state import BAND, ODDS, RESIDUALS
from anomalylab.pc_space.cloud import RESIDUAL, as_pixels
from anomalylab.plots import window_image

TOOLS = ["box_select", "wheel_zoom", "save", "reset"]


class ImageView:
    """An image in which the selected windows are lit up at their centres.

    Parameters
    ----------
    linked : LinkedWindows
    pictures : WindowPictures
    """

    def __init__(self, linked: LinkedWindows, pictures: WindowPictures):
        self.linked, self.state, self.pictures = linked, linked.state, pictures
        self.size = self._size()

    @property
    def is_fitting(self) -> bool:
        """Whether the plot still has the size of the image."""
        return self.size == self._size()

    def plot(self) -> Any:
        """Return the plot, drawn anew by :meth:`refresh`."""
        self.size = self._size()
        state = self.state
        self._moving, self._still = (
            RefreshedLayers(self._now),
            RefreshedLayers(lambda: (state.sample_id,)),
        )
        picture = self._moving.layer(self._picture)
        self._take_gestures(picture)
        contour, frame = self._still.layer(self._contour), self._moving.layer(self._frame)
        return window_image.image_frame([picture, contour, frame], self.size)

    def refresh(self) -> None:
        """Draw anew if anything has changed."""
        self._still.refresh()
        self._moving.refresh()

    def _now(self) -> tuple:
        state = self.state
        return state.sample_id, state.select, state.see, state.window, state.pair

    def _size(self) -> tuple[int, int]:
        return self.pictures.image(self.state.sample_id).shape[:2]

    def _picture(self) -> hv.RGB:
        cloud = self.linked.current
        is_band = self.state.see == BAND
        read = self.pictures.band if is_band else self.pictures.image
        lit = as_pixels(cloud, self.linked.lit) if self.state.select else None
        picture = window_image.window_image(read(cloud.sample_id), self._heat(), lit)
        return picture.opts(tools=TOOLS, apply_ranges=True)

    def _heat(self) -> np.ndarray | None:
        cloud = self.linked.current
        if self.state.see == RESIDUALS:
            return self.pictures.distances(cloud, deviation(self.state.pc, RESIDUAL))
        if self.state.see != ODDS:
            return None
        pairs = self.state.pc.pairs
        number = pairs.index(self.state.pair) if self.state.pair in pairs else 0
        return self.pictures.odds(cloud, number)

    def _contour(self) -> hv.Path:
        return window_image.contour(
            self.pictures.contour(self.linked.current.sample_id), self.size[0]
        )

    def _frame(self) -> hv.Rectangles:
        selection, place = self.state.selection, self.state.window_place
        height = self.size[0]
        if place is not None:
            row, col, side = *place, self.linked.current.window
            return window_image.window_frame((col, height - row - side, col + side, height - row))
        if selection is not None and selection.kind == "rectangle":
            top, left, bottom, right = selection.numbers
            return window_image.window_frame((left, height - bottom, right, height - top))
        return window_image.window_frame(None)

    def _take_gestures(self, source: hv.DynamicMap) -> None:
        hv.streams.BoundsXY(source=source).add_subscriber(self.take_box)
        hv.streams.SingleTap(source=source).add_subscriber(self.take_tap)

    def take_box(self, bounds: tuple[float, float, float, float] | None = None) -> None:
        """Select the windows whose centres lie in a box drawn in the image."""
        if bounds is not None:
            left, bottom, right, top = bounds
            height = self.size[0]
            self.state.choose("rectangle", (), (height - top, left, height - bottom, right))

    def take_tap(self, x: float | None = None, y: float | None = None) -> None:
        """Select the windows around a place in the image."""
        if x is not None and y is not None:
            row, col = int(self.size[0] - y), int(x)
            self.state.choose("point", (), (row, col, self.state.brush))
