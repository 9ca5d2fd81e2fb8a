"""Which images are odd, where, and what does a threshold make of them?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import holoviews as hv
import pandas as pd
import panel as pn

from anomalylab import plots
from anomalylab.apps.detect import words
from anomalylab.apps.detect.cards import cards, listed_rows
from anomalylab.apps.detect.controls import detect_controls
from anomalylab.apps.detect.state import DetectState
from anomalylab.apps.kit.controls import question, says
from anomalylab.apps.kit.gallery import Gallery
from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.pictures import Pictures
from anomalylab.apps.kit.viewer import AppViewer
from anomalylab.runs.folder import Run
from anomalylab.runs.originals import Originals
from anomalylab.runs.suspects import FILE

HALF = {"styles": {"flex": "1 1 220px", "min-width": "0"}}


class DetectApp(AppViewer):
    """Histogram, gallery, anomaly map and embedding of one run, linked by image.

    Parameters
    ----------
    run : Run
        A finished run.
    data : path, optional
        Folder of its images, of which one at a time is shown large; where they were when the run
        was made if not given.
    """

    state: DetectState

    def __init__(self, run: Run, data: Path | None = None):
        super().__init__(state=DetectState(run))
        self.run = run
        self.samples = run.samples
        self.pictures = Pictures(run, data)
        self.gallery = Gallery(
            active=self.state.sample_id, sizing_mode="stretch_width", list_name=FILE
        )
        self._link_gallery()
        self._line = hv.DynamicMap(self.line)
        self._marker = hv.DynamicMap(self.marker)
        self._selection = hv.streams.Selection1D()
        self._link_plots()

    def _link_gallery(self) -> None:
        state, gallery = self.state, self.gallery
        filters = ["detector", "threshold", "show", "where", "find", "order", "chosen"]
        state.param.watch(self._list_from_start, filters)
        state.param.watch(self._list, ["opacity"])
        gallery.param.watch(self._list, "page")
        gallery.param.watch(self._hand_list, "wants")
        gallery.param.watch(lambda event: state.param.update(sample_id=event.new), "active")
        state.param.watch(lambda event: gallery.param.update(active=event.new), "sample_id")
        self._list()

    def _link_plots(self) -> None:
        self._selection.param.watch(self._choose, "index")
        for stream in (hv.streams.SingleTap, hv.streams.PanEnd):
            stream(source=self._line).add_subscriber(self._point_out)

    def _choose(self, event) -> None:
        rows = [int(row) for row in event.new]
        self.state.chosen = rows
        if len(rows) == 1:
            table = self.state.table
            self.state.sample_id = table.loc[table["row"] == rows[0], "sample_id"].item()

    def _point_out(self, x: float | None = None, y: float | None = None) -> None:
        if x is not None:
            low, high, _ = self.state.axis
            self.state.threshold = min(max(float(x), low), high)

    def _list_from_start(self, *events) -> None:
        self.gallery.page = 0
        self._list()

    def _list(self, *events) -> None:
        state, gallery = self.state, self.gallery
        table = state.listed()
        start = gallery.page * gallery.page_size
        shown = table.iloc[start : start + gallery.page_size]
        items, sources = cards(state, self.pictures, shown)
        gallery.param.update(
            items=items,
            sources=sources,
            n=len(table),
            caption=words.listed_words(state, len(table)),
        )

    def _hand_list(self, event) -> None:
        self.gallery.listed = {"wants": event.new, "rows": listed_rows(self.state)}

    def _row(self) -> pd.Series:
        return self.state.table.set_index("sample_id").loc[self.state.sample_id]

    @pn.depends("state.detector", "state.axis")
    def histogram(self) -> hv.DynamicMap:
        """Return the scores of each class with the threshold, which can be moved."""
        bars = plots.score_histogram(self.state.table, axis=self.state.axis)
        return _with(bars.opts(title="", height=230, toolbar=None), self._line)

    @pn.depends("state.threshold")
    def line(self) -> hv.VLine:
        """Return the threshold."""
        return plots.threshold_line(self.state.threshold)

    @pn.depends("state.detector", "state.colour_by", "state.cleared")
    def embedding(self) -> hv.DynamicMap | HTML:
        """Return the images in two dimensions; choosing some filters the gallery."""
        table = self.state.table.sort_values("row")
        if table["x"].isna().any():
            return HTML("<p>This run holds no embedding of these images.</p>")
        points = self.run.table("embedding")
        others = points[~points["sample_id"].isin(table["sample_id"])]
        cloud = plots.embedding(table, colour_by=self.state.colour_by, others=others).opts(title="")
        top = list(cloud)[-1]
        if isinstance(top, hv.Points):
            top.opts(selected=self.state.chosen)
            self._selection.source = top
        return _with(cloud, self._marker)

    @pn.depends("state.detector", "state.sample_id")
    def marker(self) -> hv.Points:
        """Return the place of the image shown large."""
        return plots.marker(self._row().to_frame().T)

    @pn.depends("state.detector", "state.sample_id", "state.opacity")
    def picture(self) -> hv.Overlay:
        """Return the image shown large with its anomaly map and the truth where known."""
        state, row = self.state, self._row()
        image = self.pictures.large(state.sample_id).pixels
        size = image.shape[:2]
        return plots.overlay(
            image,
            self.pictures.map(state.detector, row["row"], size),
            threshold=self.run.threshold(state.detector, "map"),
            opacity=state.opacity,
            contour=self.pictures.contour(state.sample_id, size),
            cell=self.pictures.cell_bounds(
                state.detector, (row["cell_row"], row["cell_col"]), size
            ),
            ramp=self.run.map_ramp,
        ).opts(title="")

    @pn.depends("state.detector", "state.sample_id")
    def nearest(self) -> hv.Overlay | HTML:
        """Return the nearest normal image with the cell that matched."""
        row = self._row()
        if row["neighbour_id"] not in self.pictures:
            return HTML("<p class='note'>This detector names no nearest image.</p>")
        image = self.pictures.large(row["neighbour_id"]).pixels
        cell = (row["neighbour_row"], row["neighbour_col"])
        return plots.picture(
            image, cell=self.pictures.cell_bounds(self.state.detector, cell, image.shape[:2])
        )

    def __panel__(self) -> pn.FlexBox:
        pictures = pn.FlexBox(
            pn.Column(
                says(
                    self.state,
                    lambda state: words.picture_words(
                        state, self.pictures.large(state.sample_id).note
                    ),
                    "detector",
                    "sample_id",
                    "threshold",
                    options=words.SET,
                ),
                self._plot(self.picture),
                **HALF,
            ),
            pn.Column(
                says(self.state, words.nearest_words, "detector", "sample_id", options=words.SET),
                self._plot(self.nearest),
                **HALF,
            ),
            gap="16px",
            sizing_mode="stretch_width",
        )
        middle = pn.Column(pictures, self.gallery, styles={"flex": "1 1 480px", "min-width": "0"})
        plots_ = pn.Column(
            question("How far do the scores lie apart?", "Click or drag to move the threshold."),
            self._plot(self.histogram),
            question(
                "Which images look alike?",
                "Near points are alike. Draw around some, or tap one, to list them; grey: training",
            ),
            pn.panel(self.embedding, margin=0, linked_axes=False),
            styles={"flex": "0 1 380px", "min-width": "0"},
        )
        return pn.FlexBox(
            detect_controls(self.state),
            middle,
            plots_,
            gap="28px",
            align_items="flex-start",
            sizing_mode="stretch_width",
        )

    def head(self) -> HTML:
        """Return the verdict of the detector shown."""
        return says(
            self.state, lambda state: words.verdict_words(self.run, state.detector), "detector"
        )

    @staticmethod
    def _plot(plot: Any) -> Any:
        return pn.panel(plot, sizing_mode="stretch_width", margin=0, linked_axes=False)


def _with(plot: hv.Overlay, layer: hv.DynamicMap) -> hv.DynamicMap:
    """Lay a moving layer over a plot that keeps its options."""
    options = plot.opts.get("plot").kwargs
    return (plot * layer).opts({"Overlay": options})


def pages_of(run: Run, data: Path | None) -> Callable[[], pn.Column]:
    """Return what makes a page of a run for each visitor.

    Raises
    ------
    DatasetError
        If a folder is named that is not there.
    """
    if data is not None:
        Originals(run, data).root.stat()
    return lambda: DetectApp(run, data).page()
