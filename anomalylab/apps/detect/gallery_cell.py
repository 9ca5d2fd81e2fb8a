"""A gallery with a threshold to move, for a notebook cell; Jupyter widgets, no server."""

from html import escape
from typing import Any

import ipywidgets as widgets
import traitlets
from anywidget import AnyWidget

from anomalylab.apps.detect.cards import cards, listed_rows
from anomalylab.apps.detect.state import ORDERS, DetectState
from anomalylab.apps.kit.pictures import Pictures
from anomalylab.pictures.colours import LIGHT, custom_properties
from anomalylab.pictures.gallery import SCRIPT, STYLE, still
from anomalylab.runs.folder import Run
from anomalylab.runs.suspects import FILE

N_SHOWN = 24
"""Images shown."""

WIDE = {"layout": {"width": "420px"}, "style": {"description_width": "90px"}}

_COLOURS = {**LIGHT, "ink": "currentColor", "soft": "currentColor", "raised": "transparent"}
"""Words and grounds are those of the notebook, light or dark."""


class Gallery(AnyWidget):
    """A gallery as a Jupyter widget; its fields are those of :mod:`anomalylab.pictures.gallery`."""

    items: Any = traitlets.List().tag(sync=True)
    sources: Any = traitlets.Dict().tag(sync=True)
    side = traitlets.Int(128).tag(sync=True)
    look = traitlets.Unicode("al-framed").tag(sync=True)
    list_name = traitlets.Unicode(FILE).tag(sync=True)
    wants = traitlets.Int(0).tag(sync=True)
    listed: Any = traitlets.Dict({"wants": 0, "rows": []}).tag(sync=True)

    _esm = SCRIPT
    _css = f"{custom_properties('.al-cell', _COLOURS)}\n{STYLE.read_text(encoding='utf-8')}"


class GalleryCell(widgets.VBox):
    """The first images in the order asked for, framed amber from the threshold on.

    Parameters
    ----------
    run : Run
        A finished run.
    """

    def __init__(self, run: Run):
        self.state = DetectState(run)
        self._pictures = Pictures(run)
        self.detector = self._control(widgets.Dropdown, "detector", options=run.detectors)
        self.threshold = self._control(widgets.FloatSlider, "threshold", readout_format=".4g")
        self.order = self._control(widgets.Dropdown, "order", options=ORDERS)
        self.counts = widgets.HTML()
        self.gallery = Gallery().add_class("al-cell")
        self._fit()
        self.detector.observe(self._take_detector, "value")
        self.threshold.observe(self._take_threshold, "value")
        self.order.observe(self._take_order, "value")
        self.gallery.observe(self._hand_list, "wants")
        controls = [self.detector, self.threshold, self.order]
        super().__init__([*controls, self.counts, self.gallery])

    def _control(self, kind: type[widgets.DOMWidget], name: str, **options) -> Any:
        text = self.state.param[name].doc
        return kind(description=name.capitalize(), tooltip=text, **options, **WIDE)

    def _repr_mimebundle_(self, **options) -> dict[str, Any]:
        """Return the widget, and a still of it for who opens the saved notebook elsewhere."""
        shown = self.gallery
        html = self.counts.value + still(shown.items, shown.sources, side=shown.side)
        return {**super()._repr_mimebundle_(**options), "text/html": html}

    def _take_detector(self, change) -> None:
        self.state.detector = change["new"]
        self._fit()

    def _take_threshold(self, change) -> None:
        is_moved = abs(change["new"] - self.state.threshold) >= 0.99 * self.threshold.step
        if is_moved:  # the slider sends back the value it was given, rounded to its steps
            self.state.threshold = change["new"]
            self._show()

    def _hand_list(self, change) -> None:
        self.gallery.listed = {"wants": change["new"], "rows": listed_rows(self.state)}

    def _take_order(self, change) -> None:
        self.state.order = change["new"]
        self._show()

    def _fit(self) -> None:
        """Let the slider run over the scores of the detector."""
        low, high = self.state.param["threshold"].softbounds
        with self.threshold.hold_trait_notifications():
            self.threshold.min, self.threshold.max = -float("inf"), float("inf")
            self.threshold.min, self.threshold.max = low, high
            self.threshold.step = (high - low) / 200 or 1.0
            self.threshold.value = self.state.threshold
        self._show()

    def _show(self) -> None:
        counts = self.state.judged()["outcome"].value_counts()
        said = ", ".join(f"<b>{n}</b> {escape(str(name))}" for name, n in counts.items())
        self.counts.value = f"<p>{said}. Threshold: {escape(self.state.note())}.</p>"
        shown = self.state.listed().head(N_SHOWN)
        with self.gallery.hold_sync():
            items, self.gallery.sources = cards(self.state, self._pictures, shown)
            self.gallery.items = [{**item, "name": item["id"]} for item in items]
