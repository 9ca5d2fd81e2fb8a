"""Where in PC space are the windows of an image, and which part of the image is odd?"""

from typing import Any

import panel as pn
import param

from anomalylab.apps import pc_space_words as words
from anomalylab.apps.busy import busy
from anomalylab.apps.controls import TEXT, says
from anomalylab.apps.pc_space_cloud_view import CloudView
from anomalylab.apps.pc_space_controls import pc_space_controls
from anomalylab.apps.pc_space_galleries import AxisGallery, CloudGallery, PatchGallery
from anomalylab.apps.pc_space_image_view import ImageView
from anomalylab.apps.pc_space_linked import LinkedWindows
from anomalylab.apps.pc_space_pictures import WindowPictures
from anomalylab.apps.pc_space_state import IN_ADDRESS, PCSpaceState
from anomalylab.apps.safe_cell import safe_bundle, strings_of
from anomalylab.recipes.pc_space.opened import PCSpace

IMAGE_HEIGHT = 600
"""Of the image on the right, at most, in pixels of the screen; its width is at most as large."""

WIDE: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}


class PCSpaceApp(pn.viewable.Viewer):
    """The cloud of an image and the image, linked both ways.

    Parameters
    ----------
    pc : PCSpace
        An opened window embedding; its images are read as needed.
    """

    state: PCSpaceState = param.ClassSelector(  # type: ignore[assignment]
        class_=PCSpaceState, doc="What the reader has chosen"
    )

    def __init__(self, pc: PCSpace):
        super().__init__(state=PCSpaceState(pc))
        self.pc = pc
        self.pictures = WindowPictures(pc)
        self.linked = LinkedWindows(self.state)
        self.cloud = CloudView(self.linked)
        self.image = ImageView(self.linked, self.pictures)
        self.patches = PatchGallery(self.linked, self.pictures)
        self.axis = AxisGallery(self.linked, self.pictures)
        self.multiples = CloudGallery(self.state, self.pictures)
        self._cloud_pane = self._pane(self.cloud.plot())
        self._image_pane = self._pane(self.image.plot())
        self.linked.param.watch(self._fit, ["current", "shown"])
        self.state.param.watch(self._fit, ["x", "y"])

    def _fit(self, *_) -> None:
        """Make plots anew whose axes or sizes no longer fit."""
        if not self.cloud.is_fitting:
            self._cloud_pane.object = self.cloud.plot()
        if not self.image.is_fitting:
            self._image_pane.object = self.image.plot()
            self._image_pane.styles = self._image_width()

    def _image_width(self) -> dict[str, str]:
        height, width = self.image.size
        shown = round(IMAGE_HEIGHT * min(1, width / height))
        return {"max-width": f"{shown}px", "min-width": "0"}

    def clear(self, *_) -> None:
        """Select nothing."""
        self.state.param.update(select="", window="")

    def __panel__(self) -> pn.FlexBox:
        main = pn.Column(
            self._pair(), self._below(), styles={"flex": "1 1 620px", "min-width": "0"}
        )
        return pn.FlexBox(
            pc_space_controls(self.state),
            main,
            gap="28px",
            flex_wrap="nowrap",
            align_items="flex-start",
            sizing_mode="stretch_width",
        )

    def _pair(self) -> pn.FlexBox:
        height, width = self.image.size
        share = 0.3 if width < 0.6 * height else 0.8
        cloud = pn.Column(
            self._says(
                lambda _: words.cloud_words(self.state, self.linked.shown, self.cloud.ground_words),
                ["shown"],
                ["x", "y", "layers"],
            ),
            self._cloud_pane,
            styles={"flex": "1 1 380px", "min-width": "0", "max-width": "760px"},
        )
        image = pn.Column(
            self._says(lambda _: words.picture_words(self.state), ["current"], ["see"]),
            self._image_pane,
            styles={"flex": f"{share} 1 200px", "min-width": "0"},
        )
        self._image_pane.styles = self._image_width()
        return pn.FlexBox(cloud, image, gap="24px", align_items="flex-start", **WIDE)

    def _below(self) -> pn.Column:
        clear = pn.widgets.Button(label="Clear", width=80, margin=(2, 0))
        clear.on_click(self.clear)
        lit = self._says(
            lambda _: words.selected_words(self.state, self.linked), ["lit", "masks"], []
        )
        return pn.Column(
            pn.Row(lit, clear, **WIDE),
            self.patches,
            self.axis,
            self.multiples,
            **WIDE,
        )

    def _says(self, say: Any, linked: list[str], state: list[str]) -> pn.pane.HTML:
        pane = pn.pane.HTML(say(None), **TEXT)

        def write(*_) -> None:
            pane.object = say(None)

        self.linked.param.watch(write, linked)
        if state:
            self.state.param.watch(write, state)
        return pane

    def warm_up(self) -> None:
        """Draw once, so that what is compiled on first use is ready."""
        self.cloud.plot()[()]
        self.image.plot()[()]

    def page(self) -> pn.Column:
        """Return the app as a page of its own; its state lives in the address bar."""
        if pn.state.location:
            pn.state.location.sync(
                self.state, list(IN_ADDRESS), on_error=self.state.set_from_address
            )
            self.state.check()
        return pn.Column(
            says(self.state, words.address_words, "skipped"),
            pn.Row(pn.pane.HTML(words.head_words(self.pc), **TEXT), busy(), **WIDE),
            self,
            sizing_mode="stretch_width",
            styles={"padding": "14px 24px"},
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        shown = super()._repr_mimebundle_(include, exclude)
        bundle, *metadata = shown if isinstance(shown, tuple) else (shown,)
        bundle = safe_bundle(bundle or {}, strings_of(self.pc.samples))
        return (bundle, *metadata) if metadata else bundle

    @staticmethod
    def _pane(plot: Any) -> pn.pane.HoloViews:
        return pn.pane.HoloViews(
            plot, sizing_mode="stretch_width", margin=0, linked_axes=False, min_width=0
        )
