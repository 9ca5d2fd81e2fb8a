"""A gallery with a threshold to move, for a notebook cell; plain ipywidgets, no server."""

from html import escape

import ipywidgets as widgets
import pandas as pd

from anomalylab.apps.judgements import judgements, outcomes
from anomalylab.overlay import composite, data_url, to_bytes
from anomalylab.run_folder import Run

N_SHOWN = 24
"""Most anomalous images shown."""


class GalleryCell(widgets.VBox):
    """The most anomalous images, framed amber from the threshold on.

    Parameters
    ----------
    run : Run
        A finished run.
    """

    def __init__(self, run: Run):
        self.run = run
        self._thumbnails = run.table("thumbnails").set_index("sample_id")
        self.detector = widgets.Dropdown(options=run.detectors, description="detector")
        self.threshold = widgets.FloatSlider(
            description="threshold", continuous_update=False, readout_format=".4g"
        )
        self.counts = widgets.HTML()
        self.pictures = widgets.HTML()
        self.detector.observe(lambda _: self._start(), "value")
        self.threshold.observe(lambda _: self._show(), "value")
        self._start()
        super().__init__([self.detector, self.threshold, self.counts, self.pictures])

    def _start(self) -> None:
        self.table = judgements(self.run, self.detector.value)
        cells = to_bytes(
            self.run.score_maps(self.detector.value),
            self.run.threshold(self.detector.value, "map"),
        )
        self._urls = [self._url(row, cells) for row in self.table.head(N_SHOWN).itertuples()]
        own = self.run.threshold(self.detector.value)
        low, high = self.table["score"].min(), self.table["score"].max()
        with self.threshold.hold_trait_notifications():
            self.threshold.min, self.threshold.max = -float("inf"), float("inf")
            self.threshold.min, self.threshold.max = min(low, own), max(high, own)
            self.threshold.step = (high - low) / 200 or 1.0
            self.threshold.value = own
        self._show()

    def _show(self) -> None:
        outcome = outcomes(self.table, self.threshold.value)
        counts = ", ".join(f"<b>{n}</b> {name}" for name, n in outcome.value_counts().items())
        self.counts.value = f"<p>{counts}</p>"
        shown = self.table.head(N_SHOWN).assign(outcome=outcome, url=self._urls)
        figures = "".join(self._figure(row) for row in shown.itertuples())
        self.pictures.value = f'<div style="display:flex;flex-wrap:wrap;gap:8px">{figures}</div>'

    def _figure(self, row) -> str:
        frame = "#ee9a00" if row.score >= self.threshold.value else "transparent"
        name = escape(row.sample_id, quote=True)
        return (
            f'<figure style="margin:0;width:128px;border:3px solid {frame}">'
            f'<img src="{row.url}" alt="{name}" style="width:100%">'
            f'<figcaption style="font-size:12px;overflow-wrap:anywhere">{row.score:.3g} '
            f"{escape(row.outcome)}<br>{name}</figcaption></figure>"
        )

    def _url(self, row, cells) -> str:
        thumbnail = self._thumbnails.loc[row.sample_id]
        contour = None if pd.isna(thumbnail["contour"]) else thumbnail["contour"]
        return data_url(composite(thumbnail["image"], cells[row.row], contour))
