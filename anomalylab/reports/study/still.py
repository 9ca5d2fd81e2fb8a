"""The curves of a study for readers without scripts, and the same for notebooks on paper."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from anomalylab.metrics.in_studies import axis_floor, strategy_words, told
from anomalylab.number_words import percent
from anomalylab.pictures.palette import detector_colours, strategy_colours
from anomalylab.reports.kit.band_chart import BandLine, band_chart
from anomalylab.studies.findings import PERFECT
from anomalylab.studies.opened import Study

BANDS = "Bands: one standard deviation over draws."


def pollution_chart(study: Study, metric: str) -> dict[str, Any] | None:
    """Draw a metric against the share of pollution, a line a detector; None if not measured."""
    rows = _rows(study, "pollution", metric)
    if rows.empty:
        return None
    colours = detector_colours(study.detectors)
    lines = [
        line_of(own, "pollution", detector, colours[detector])
        for detector in study.detectors
        if len(own := rows[rows["detector"] == detector])
    ]
    drawing = draw_lines(lines, metric, "share defective")
    return _figure(told(metric).question, drawing, rows, f"{told(metric).title}. {BANDS}")


def refinement_chart(
    study: Study, detector: str, metric: str, pollution: float
) -> dict[str, Any] | None:
    """Draw a metric against the share removed, a line a strategy; None if not measured."""
    rows = _rows(study, "refinement", metric)
    rows = rows[(rows["detector"] == detector) & np.isclose(rows["pollution"], pollution)]
    if rows.empty:
        return None
    names = [strategy_words(*pair, detector) for pair in study.strategies(detector)]
    colours = strategy_colours(names)
    lines = []
    for (strategy, scorer), name in zip(study.strategies(detector), names, strict=True):
        own = rows[(rows["strategy"] == strategy) & (rows["scorer"] == scorer)]
        if len(own) and strategy == PERFECT:
            lines.append(_level(study, own, name))
        elif len(own):
            lines.append(line_of(own, "reject", name, colours[name]))
    along = "share removed"
    drawing = draw_lines(lines, metric, along, mark=pollution if pollution else None)
    question = told(metric).question
    note = (
        f"{told(metric).title}; {percent(pollution)} of the training images are defective (dashed "
        f"upright). {BANDS}"
    )
    return _figure(f"{detector}: {question[0].lower()}{question[1:]}", drawing, rows, note)


def line_of(rows: pd.DataFrame, x: str, name: str, colour: str) -> BandLine:
    """Return the line of some points, from left to right."""
    ordered = rows.sort_values(x)
    along, up, half = (ordered[column].to_numpy(float) for column in (x, "value", "deviation"))
    return BandLine(name, colour, along, up, half)


def draw_lines(lines: list[BandLine], metric: str, along: str, mark: float | None = None) -> Markup:
    """Draw lines of a metric on axes that begin where it is honest."""
    of = told(metric)
    names = ", ".join(line.name for line in lines)
    return band_chart(
        lines,
        x_label=along,
        y_label=of.short,
        floor=axis_floor(metric, min(float(line.band[0].min()) for line in lines)),
        mark=mark,
        alt=f"{of.title} against {along}: {names}.",
    )


def _level(study: Study, rows: pd.DataFrame, name: str) -> BandLine:
    ends = np.array([study.rejects[0], study.rejects[-1]])
    level = np.full(2, float(rows["value"].iloc[0]))
    return BandLine(name, "var(--line)", ends, level, is_dashed=True)


def _rows(study: Study, part: str, metric: str) -> pd.DataFrame:
    points = study.points
    return points[(points["study"] == part) & (points["metric"] == metric)]


def _figure(title: str, drawing: Markup, rows: pd.DataFrame, note: str) -> dict[str, Any]:
    n = f"{int(rows['n_categories'].max())} products, " if rows["n_categories"].max() > 1 else ""
    return {
        "title": title,
        "drawing": drawing,
        "note": f"{note} {n}{int(rows['n_seeds'].max())} draws.",
    }
