"""Where in PC space are the windows of an image, and which part of the image is odd?"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import panel as pn

from anomalylab.apps.kit.controls import TEXT, WIDE
from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.viewer import AppViewer
from anomalylab.apps.pc_space import words
from anomalylab.apps.pc_space.cloud_view import CloudView
from anomalylab.apps.pc_space.controls import pc_space_controls
from anomalylab.apps.pc_space.galleries import AxisGallery, CloudGallery, PatchGallery
from anomalylab.apps.pc_space.image_view import ImageView
from anomalylab.apps.pc_space.linked import LinkedWindows
from anomalylab.apps.pc_space.pictures import WindowPictures
from anomalylab.apps.pc_space.state import FAR_OUT, PCSpaceState
from anomalylab.pc_space.opened import PCSpace
from anomalylab.runs.folder import Run

IMAGE_HEIGHT = 640
"""Of the image on the right, at most, in pixels of the screen; its width is at most as large."""

CLOUD_WIDTH = "clamp(320px, 44cqw, 740px)"
"""Of the cloud, at least, before the patches move below it; a cell is narrower than the screen."""

HIGHEST = 70
"""Of cloud and image, in hundredths of the height of the screen."""


class PCSpaceApp(AppViewer):
    """The cloud of an image and the image, linked both ways.

    Parameters
    ----------
    pc : PCSpace
        An opened window embedding; its images are read as needed.
    """

    state: PCSpaceState

    def __init__(self, pc: PCSpace):
        super().__init__(state=PCSpaceState(pc))
        self.pc = pc
        self.samples = pc.at_hand
        self.pictures = WindowPictures(pc)
        self.linked = LinkedWindows(self.state)
        self.cloud = CloudView(self.linked)
        self.image = ImageView(self.linked, self.pictures)
        self.patches = PatchGallery(self.linked, self.pictures)
        self.axis = AxisGallery(self.linked, self.pictures)
        self.multiples = CloudGallery(self.state, self.pictures)
        self._cloud_pane = self._pane(self.cloud.plot())
        self._image_pane = self._pane(self.image.plot())
        self.linked.param.watch(self._draw, ["current", "shown", "masks", "lit"])
        self.state.param.watch(self._draw, ["x", "y", "layers", "see", "window"])

    def _draw(self, *_) -> None:
        """Draw anew what has changed; make a plot anew whose axes or size no longer fit."""
        if self.cloud.is_fitting:
            self.cloud.refresh()
        else:
            self._cloud_pane.object = self.cloud.plot()
        if self.image.is_fitting:
            self.image.refresh()
        else:
            self._image_pane.object = self.image.plot()
            self._image_pane.styles = self._image_styles()

    def _image_styles(self) -> dict[str, str]:
        """Return how wide the image may be, so that it is not too high."""
        height, width = self.image.size
        shape = min(1, width / height)
        widest = f"min({IMAGE_HEIGHT * shape:.0f}px, {HIGHEST * shape:.1f}vh)"
        return {"max-width": widest, "min-width": "0"}

    def clear(self, *_) -> None:
        """Select nothing."""
        self.state.param.update(select="", window="")

    def __panel__(self) -> pn.FlexBox:
        linked = pn.FlexBox(
            self._cloud_column(),
            self._image_column(),
            self._patch_column(),
            gap="24px",
            align_items="flex-start",
            **WIDE,
        )
        below = {"styles": {"padding-top": "12px"}, **WIDE}
        main = pn.Column(
            linked,
            pn.Column(self.axis, **below),
            pn.Column(self.multiples, **below),
            styles={"flex": "1 1 620px", "min-width": "0", "container-type": "inline-size"},
        )
        return pn.FlexBox(
            pc_space_controls(self.state),
            main,
            gap="28px",
            align_items="flex-start",
            sizing_mode="stretch_width",
        )

    def _cloud_column(self) -> pn.Column:
        return pn.Column(
            self._says(
                lambda: words.cloud_words(self.state, self.linked.shown, self.cloud.layer_words),
                ["shown"],
                ["x", "y", "layers"],
            ),
            self._lit_row(),
            self._cloud_pane,
            styles={
                "flex": f"10 1 {CLOUD_WIDTH}",
                "min-width": "0",
                "max-width": f"min(740px, {HIGHEST}vh)",
            },
        )

    def _image_column(self) -> pn.Column:
        height, width = self.image.size
        self._image_pane.styles = self._image_styles()
        basis = max(240, round(IMAGE_HEIGHT * min(1, width / height)))
        size = {"flex": f"4 1 min({basis}px, 33cqw)", "max-width": f"{basis}px", "min-width": "0"}
        return pn.Column(
            self._says(lambda: words.picture_words(self.state), ["current"], ["see"]),
            self._image_pane,
            styles=size,
        )

    def _lit_row(self) -> pn.Row:
        """Return what is lit up, next to buttons that change it."""
        clear = pn.widgets.Button(label="Clear", width=70, margin=(2, 0))
        clear.on_click(self.clear)
        clear.disabled = not self.state.select
        self.state.param.watch(lambda event: clear.param.update(disabled=not event.new), "select")
        far = pn.widgets.Button(label=f"Beyond {FAR_OUT}σ", width=100, margin=(2, 6))
        far.on_click(self.state.select_far_out)
        lit = self._says(lambda: words.selected_words(self.state, self.linked), ["lit", "masks"])
        return pn.Row(lit, far, clear, min_height=46, **WIDE)

    def _patch_column(self) -> pn.Column:
        return pn.Column(
            self.patches.title,
            self.patches.cards,
            styles={"flex": "4 1 420px", "min-width": "0"},
        )

    def _says(self, say: Callable[[], str], linked: list[str], state: Sequence[str] = ()) -> HTML:
        pane = HTML(say(), **TEXT)

        def write(*_) -> None:
            pane.object = say()

        self.linked.param.watch(write, linked)
        self.state.param.watch(write, list(state))
        return pane

    def warm_up(self) -> None:
        """Draw once, so that what is compiled on first use is ready."""
        self.cloud.plot()[()]
        self.image.plot()[()]

    def head(self) -> HTML:
        """Return what the page is and which data it shows."""
        return HTML(words.head_words(self.pc), **TEXT)

    @staticmethod
    def _pane(plot: Any) -> pn.pane.HoloViews:
        return pn.pane.HoloViews(
            plot, sizing_mode="stretch_width", margin=0, linked_axes=False, min_width=0
        )


def pages_of(run: Run, data: Path | None) -> Callable[[], pn.Column]:
    """Return what makes a page of a PC space; all is compiled before the first one is asked for.

    Raises
    ------
    DatasetError
        If the images are not there.
    """
    pc = PCSpace(run, data)
    pc.image(pc.at_hand["sample_id"].iloc[0])
    PCSpaceApp(pc).warm_up()
    return lambda: PCSpaceApp(pc).page()
