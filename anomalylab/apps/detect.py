"""Which images are odd, where, and what does a threshold make of them?"""

import io

import holoviews as hv
import numpy as np
import pandas as pd
import panel as pn
import param
from PIL import Image

from anomalylab import plots
from anomalylab.apps.judgements import judgements, outcomes
from anomalylab.localise import anomaly_map
from anomalylab.overlay import composite, data_url, to_bytes
from anomalylab.run_folder import Run

ALL = "all"
COLUMNS = ["picture", "sample_id", "score", "p_value", "outcome", "defect_type"]


class DetectApp(pn.viewable.Viewer):
    """Histogram, gallery, anomaly map and embedding of one run, linked by image.

    Parameters
    ----------
    run : Run
        A finished run; the app reads its folder and nothing else.
    """

    detector = param.Selector(doc="Detector whose scores are shown")
    threshold = param.Number(doc="Images at or above it count as anomalous")
    show = param.Selector(default=ALL, objects=[ALL], doc="Images listed, by what is made of them")
    opacity = param.Number(default=0.8, bounds=(0, 1), doc="Of the anomaly map over the image")
    sample_id = param.Selector(doc="Image shown large")
    chosen = param.List(default=[], precedence=-1, doc="Images selected in the embedding")

    def __init__(self, run: Run, **params):
        self.run = run
        self._thumbnails = run.table("thumbnails").set_index("sample_id")
        self._selection = hv.streams.Selection1D()
        super().__init__(**params)
        self.param["detector"].objects = run.detectors
        self.detector = params.get("detector", run.detectors[0])
        self._start()
        self._selection.param.watch(self._choose, "index")

    @param.depends("detector", watch=True)
    def _start(self) -> None:
        """Go to the detector's own threshold and its most anomalous image."""
        self.table = judgements(self.run, self.detector)
        low, high = self.table["score"].min(), self.table["score"].max()
        own = self.run.threshold(self.detector)
        self.param["threshold"].bounds = (float(min(low, own)), float(max(high, own)))
        self.param["sample_id"].objects = list(self.table["sample_id"])
        self.param["show"].objects = [ALL, *sorted(outcomes(self.table, own).unique())]
        self.param.update(threshold=own, sample_id=self.table["sample_id"].iloc[0], show=ALL)

    def _choose(self, event) -> None:
        rows = self.judged().set_index("row")["sample_id"].sort_index()
        self.chosen = [rows[i] for i in event.new]

    def judged(self) -> pd.DataFrame:
        """Return all queries with what the threshold makes of them."""
        return self.table.assign(outcome=outcomes(self.table, self.threshold))

    def listed(self) -> pd.DataFrame:
        """Return the queries that the filters leave."""
        table = self.judged()
        if self.show != ALL:
            table = table[table["outcome"] == self.show]
        return table[table["sample_id"].isin(self.chosen)] if self.chosen else table

    @param.depends("detector", "threshold")
    def histogram(self) -> hv.Overlay:
        """Return the scores of each class with the threshold."""
        return plots.score_histogram(self.table, threshold=self.threshold)

    @param.depends("detector", "threshold")
    def counts(self) -> pn.pane.Markdown:
        """Return what the threshold makes of the images, in words."""
        own = self.run.threshold(self.detector)
        chosen = "" if np.isclose(self.threshold, own) else " (threshold chosen on these images)"
        counts = self.judged()["outcome"].value_counts()
        words = ", ".join(f"**{n}** {name}" for name, n in counts.items())
        return pn.pane.Markdown(f"{words}{chosen}")

    @param.depends("detector")
    def embedding(self) -> hv.Element:
        """Return the images in two dimensions; selecting some filters the gallery."""
        points = plots.embedding(self.table.sort_values("row"))
        self._selection.source = points
        return points

    @param.depends("detector", "threshold", "show", "chosen")
    def gallery(self) -> pn.widgets.Tabulator:
        """Return the listed images, worst first; a click shows one large."""
        table = self.listed()
        cells = self._cells()
        table["picture"] = [self._picture_cell(row, cells) for row in table.itertuples()]
        shown = [name for name in COLUMNS if name in table and table[name].notna().any()]
        gallery = pn.widgets.Tabulator(
            table[shown].reset_index(drop=True),
            formatters={"picture": {"type": "image", "height": "64px"}},
            pagination="local",
            page_size=12,
            disabled=True,
            show_index=False,
            selectable=1,
            sizing_mode="stretch_width",
        )
        ids = list(table["sample_id"])
        gallery.on_click(lambda event: self.param.update(sample_id=ids[event.row]))
        return gallery

    @param.depends("detector", "sample_id", "opacity")
    def picture(self) -> hv.Overlay:
        """Return the chosen image with its anomaly map and the truth where known."""
        row = self.table.set_index("sample_id").loc[self.sample_id]
        image = self._image(self.sample_id)
        score_map = self.run.score_maps(self.detector)[row["row"]]
        info = self.run.info
        shown = anomaly_map(
            score_map,
            image.shape[:2],
            smoothing=info["smoothing"],
            network_size=tuple(info["extractor"]["size"]),
        )
        contour = self._thumbnails.loc[self.sample_id, "contour"]
        return plots.overlay(
            image,
            shown,
            threshold=self.run.threshold(self.detector, "map"),
            opacity=self.opacity,
            contour=None if pd.isna(contour) else contour,
        ).opts(title=f"{self.sample_id}: score {row['score']:.3g}")

    @param.depends("detector", "sample_id")
    def nearest(self) -> hv.RGB | pn.pane.Markdown:
        """Return the nearest normal image."""
        neighbour = self.table.set_index("sample_id").loc[self.sample_id, "neighbour_id"]
        if pd.isna(neighbour) or neighbour not in self._thumbnails.index:
            return pn.pane.Markdown("No normal image to compare with.")
        image = self._image(neighbour)
        options = {"xaxis": None, "yaxis": None, "data_aspect": 1, "frame_width": 420}
        bounds = (0, 0, image.shape[1], image.shape[0])
        title = f"nearest normal image: {neighbour}"
        return hv.RGB(image, bounds=bounds).opts(title=title, toolbar=None, **options)

    def controls(self) -> pn.Param:
        """Return the widgets, in the order in which one decides."""
        return pn.Param(
            self,
            parameters=["detector", "threshold", "show", "opacity", "sample_id"],
            show_name=False,
            widgets={"threshold": {"type": pn.widgets.FloatSlider, "step": self._step()}},
        )

    def __panel__(self) -> pn.Row:
        left = pn.Column(self.controls, self.counts, width=280)
        pictures = pn.FlexBox(self.picture, self.nearest)
        views = pn.Column(self.histogram, pictures, self.gallery, self.embedding)
        return pn.Row(left, views, sizing_mode="stretch_width")

    def page(self) -> pn.Column:
        """Return the app as a page of its own; its state lives in the address bar."""
        if pn.state.location:
            pn.state.location.sync(self, ["detector", "threshold", "show", "sample_id"])
        heading = pn.pane.Markdown(f"## {self.run.verdict}", sizing_mode="stretch_width")
        return pn.Column(heading, self, sizing_mode="stretch_width")

    def _step(self) -> float:
        low, high = self.param["threshold"].bounds
        return (high - low) / 200 or 1.0

    def _image(self, sample_id: str) -> np.ndarray:
        picture = Image.open(io.BytesIO(self._thumbnails.loc[sample_id, "image"]))
        return np.asarray(picture.convert("RGB"))

    def _cells(self) -> np.ndarray:
        return to_bytes(
            self.run.score_maps(self.detector), self.run.threshold(self.detector, "map")
        )

    def _picture_cell(self, row, cells: np.ndarray) -> str:
        thumbnail = self._thumbnails.loc[row.sample_id]
        contour = None if pd.isna(thumbnail["contour"]) else thumbnail["contour"]
        return data_url(composite(thumbnail["image"], cells[row.row], contour))
