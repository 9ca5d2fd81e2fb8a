"""What does pollution do, what mends it, and which images are behind each point?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn

from anomalylab import plots
from anomalylab.apps.kit.controls import TEXT, question, says
from anomalylab.apps.kit.gallery import Gallery
from anomalylab.apps.kit.html import HTML
from anomalylab.apps.kit.pictures import Pictures
from anomalylab.apps.kit.viewer import AppViewer
from anomalylab.apps.study import words
from anomalylab.apps.study.controls import study_controls
from anomalylab.apps.study.state import ALL_DRAWS, NOTHING, StudyState
from anomalylab.metrics.in_studies import told
from anomalylab.plots.refinement_curves import strategy_lines
from anomalylab.plots.style import SELECTION
from anomalylab.runs.folder import Run
from anomalylab.runs.originals import Originals
from anomalylab.studies.findings import Findings
from anomalylab.studies.opened import Study

THIRD = {"styles": {"flex": "1 1 260px", "min-width": "0"}}
HALF = {"styles": {"flex": "1 1 380px", "min-width": "0"}}
POINT = ("product", "at", "detector", "level", "strategy", "refined", "reject", "draw")
"""Parameters that say which point is looked at."""


class StudyApp(AppViewer):
    """Curves of pollution and refinement, sliders over both shares, and images of each point.

    Parameters
    ----------
    run : Run
        A finished study.
    data : path, optional
        Folder of its images, of which one at a time is shown large; where they were when the study
        was made if not given.
    """

    state: StudyState

    def __init__(self, run: Run, data: Path | None = None):
        study = Study.of(run)
        super().__init__(state=StudyState(study))
        self.study, self.found = study, Findings(study)
        self.samples = run.samples
        self.pictures = Pictures(run, data)
        self.gallery = Gallery(on_click="open", side=130, sizing_mode="stretch_width")
        self.state.param.watch(self._list_from_start, [*POINT, "group"])
        self.gallery.param.watch(self._list, "page")
        self.gallery.param.watch(self._enlarge, "clicks")
        self._list()

    def _list_from_start(self, *_) -> None:
        self.gallery.page = 0
        self._list()

    def _list(self, *_) -> None:
        gallery = self.gallery
        counts = self.state.counts(self.state.group)
        start = gallery.page * gallery.page_size
        shown = counts.iloc[start : start + gallery.page_size]
        n = 1 if self.state.draw != ALL_DRAWS else len(self.state.param["draw"].objects) - 1
        items = [
            {"id": str(i), "title": str(i), "words": f"{k} of {n}", "name": _short(i)}
            for i, k in shown.items()
        ]
        urls = {i: self.pictures.url("", i, 0, False) for i in shown.index if i in self.pictures}
        caption = words.listed_words(self.state, len(counts))
        gallery.param.update(items=items, sources=urls, n=len(counts), caption=caption)

    def _enlarge(self, *_) -> None:
        self.state.sample_id = self.gallery.active

    def of_pollution(self, place: int) -> hv.DynamicMap:
        """Return ranking (0), what is found (1) or false alarms (2) against pollution."""
        at = self.state.at
        metric = ("auroc", f"recall_at_{at}", f"false_alarms_at_{at}")[place]
        if metric not in self.study.measured:
            return _nothing()
        plot = plots.pollution_curves(self.state.points, metric)
        return self._marked(plot, "level", self._choose_level, metric)

    def of_refinement(self, metric: str) -> hv.DynamicMap:
        """Return a metric against the share removed, a line a strategy."""
        state = self.state
        if metric not in self.study.measured:
            return _nothing()
        plot = plots.refinement_curves(state.points, state.detector, metric, float(state.refined))
        return self._marked(plot, "reject", self._choose_reject, metric)

    def _marked(
        self, plot: hv.Overlay, name: str, choose: Callable[[str, float, float], None], metric: str
    ) -> hv.DynamicMap:
        """Mark the place of a slider on a plot, and let a tap choose another point."""

        def mark(**given) -> hv.VLine:
            line = hv.VLine(float(given[name]))
            return line.opts(color=SELECTION, line_width=2, default_tools=[])

        moving = hv.DynamicMap(mark, streams=[hv.streams.Params(self.state, [name])])
        tap = hv.streams.SingleTap(source=moving)

        def point_out(x: float | None = None, y: float | None = None) -> None:
            if x is not None and y is not None:
                choose(metric, x, y)

        tap.add_subscriber(point_out)
        options = plot.opts.get("plot").kwargs | {"title": "", "toolbar": None}
        options["ylabel"] = told(metric).short
        return (plot * moving).opts({"Overlay": options})

    def _choose_level(self, metric: str, x: float, y: float) -> None:
        rows = self.state.points
        rows = rows[(rows["study"] == "pollution") & (rows["metric"] == metric)]
        level = _nearest(self.study.levels, x)
        at = rows[np.isclose(rows["pollution"], level)]
        name = at["detector"].iloc[int((at["value"] - y).abs().to_numpy().argmin())]
        self.state.param.update(level=level, detector=str(name), strategy=NOTHING)

    def _choose_reject(self, metric: str, x: float, y: float) -> None:
        state = self.state
        lines, _ = strategy_lines(state.points, state.detector, metric, float(state.refined))
        reject = _nearest(self.study.rejects, x)
        apart = [abs(float(np.interp(reject, line.x, line.y)) - y) for line in lines]
        state.param.update(reject=reject, strategy=lines[int(np.argmin(apart))].name)

    @pn.depends("state.product", "state.at")
    def pollution(self) -> pn.FlexBox:
        """Return the three plots against pollution."""
        return pn.FlexBox(
            *(pn.Column(_plot(self.of_pollution(place)), **THIRD) for place in range(3)),
            gap="12px",
            sizing_mode="stretch_width",
        )

    @pn.depends("state.product", "state.detector", "state.metric", "state.refined")
    def refinement(self) -> pn.FlexBox:
        """Return the metric chosen and the recall of removal, against the share removed."""
        metrics = (self.state.metric, "refinement_recall")
        return pn.FlexBox(
            *(pn.Column(_plot(self.of_refinement(metric)), **HALF) for metric in metrics),
            gap="12px",
            sizing_mode="stretch_width",
        )

    @pn.depends("state.sample_id")
    def large(self) -> pn.Column:
        """Return the image shown large, with the outline of its defect."""
        sample_id = self.state.sample_id
        if not sample_id:
            return pn.Column(margin=0)
        image = self.pictures.large(sample_id)
        contour = self.pictures.contour(sample_id, image.pixels.shape[:2])
        told = HTML(words.large_words(self.state, image.note), **words.SET)
        return pn.Column(told, _plot(plots.picture(image.pixels, contour=contour)), max_width=620)

    def __panel__(self) -> pn.FlexBox:
        parts: list[Any] = []
        if self.study.levels:
            note = "Left: the order of scores. Middle and right: what is flagged. Tap a point."
            parts += [question("What does pollution do?", note), _panel(self.pollution)]
        if self.study.refined_at:
            note = "A line a strategy; dashed: exactly the defective images removed. Tap a point."
            parts += [question("What does removing images mend?", note), _panel(self.refinement)]
        point = says(self.state, words.point_words, *POINT, options=words.SET)
        note = "What was measured at the point, and its images."
        parts += [question("Which images are behind a point?", note), point, self.gallery]
        middle = pn.Column(
            *parts, _panel(self.large), styles={"flex": "1 1 480px", "min-width": "0"}
        )
        return pn.FlexBox(
            study_controls(self.state),
            middle,
            gap="28px",
            align_items="flex-start",
            sizing_mode="stretch_width",
        )

    def head(self) -> HTML:
        """Return what the study found."""
        return HTML(words.head_words(self.found), **TEXT)


def _short(sample_id: Any) -> str:
    return str(sample_id).rsplit("/", 1)[-1]


def _plot(plot: Any) -> Any:
    return pn.panel(plot, sizing_mode="stretch_width", margin=0, linked_axes=False)


def _panel(part: Any) -> Any:
    return pn.panel(part, sizing_mode="stretch_width", margin=0)


def _nothing() -> HTML:
    return HTML("<p class='note'>This was not measured.</p>", **TEXT)


def _nearest(shares: list[float], x: float) -> float:
    return min(shares, key=lambda share: abs(share - x))


def pages_of(run: Run, data: Path | None) -> Callable[[], pn.Column]:
    """Return what makes a page of a study for each visitor.

    Raises
    ------
    RunError
        If the run holds no study, or none that was computed.
    DatasetError
        If a folder is named that is not there.
    """
    Study.of(run)
    if data is not None:
        Originals(run, data).root.stat()
    return lambda: StudyApp(run, data).page()
