"""Figures 3 to 5 and 7 to 13 of the publication, its values as rings."""

from typing import Any

import numpy as np
import pandas as pd

from anomalylab.metrics.in_studies import told
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.band_chart import BandLine
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.study.still import draw_lines, line_of, refinement_chart
from anomalylab.studies.opened import Study
from anomalylab.studies.paper import MEAN, base, sroc_of
from anomalylab.studies.published import published

POLLUTION = {"auroc": 3, "au_iou": 7, "au_pro": 8}
"""Metric -> number of the figure against the share of pollution."""

OWN = {"auroc": 4, "au_iou": 9, "au_pro": 10}
BY_MAHALANOBIS = {"auroc": 11, "au_iou": 12, "au_pro": 13}
"""Metric -> number of the figure against the share removed, by who ranks."""

RINGS = "Rings: published means of 13 products."


def against_pollution(study: Study) -> Fragment:
    """Show Figures 3, 7 and 8: metrics against the share of pollution, a line a detector."""
    charts = []
    missing = []
    for metric, number in POLLUTION.items():
        points = study.points
        rows = points[(points["study"] == "pollution") & (points["metric"] == metric)]
        if rows.empty:
            missing.append(_not_measured(number, metric))
            continue
        printed = _printed(1, metric)
        lines = _lines(study, rows, "pollution", printed)
        drawing = draw_lines(lines, metric, "share defective")
        charts.append(_figure(number, told(metric).question, drawing, rows))
    return _shown(charts, missing)


def against_reject(study: Study, scorer: str = "") -> Fragment:
    """Show metrics against the share removed: Figures 4, 9, 10, or with a scorer 11 to 13.

    Parameters
    ----------
    study : Study
    scorer : str
        The detector that ranks for all; each for itself if empty.
    """
    number, figures = (4, BY_MAHALANOBIS) if scorer else (2, OWN)
    strategy, charts, missing = sroc_of(study), [], []
    for metric, at in figures.items():
        rows = _refined(study, metric, strategy, scorer)
        if rows.empty:
            missing.append(_not_measured(at, metric))
            continue
        lines = _lines(study, rows, "reject", _printed(number, metric), _perfect(study, metric))
        share = float(rows["pollution"].max())
        drawing = draw_lines(lines, metric, "share removed", mark=share)
        ranked = f"; removed by {strategy}{f' of {scorer}' if scorer else ''}"
        charts.append(_figure(at, told(metric).question, drawing, rows, ranked))
    return _shown(charts, missing)


def by_strategy(study: Study) -> Fragment:
    """Show Figure 5: AUROC against the share removed, a chart a detector, a line a strategy."""
    charts = []
    for detector in study.detectors:
        chart = study.refined_at and refinement_chart(
            study, detector, "auroc", study.refined_at[-1]
        )
        if chart:
            charts.append(chart | {"title": f"Figure 5, {detector}"})
    return _shown(charts, [] if charts else ["Figure 5: this study refines nothing"])


def _refined(study: Study, metric: str, strategy: str, scorer: str) -> pd.DataFrame:
    points = study.points
    by = points["scorer"].map(base)
    own = by == (scorer or points["detector"].map(base))
    found = points[
        (points["study"] == "refinement")
        & (points["metric"] == metric)
        & (points["strategy"] == strategy)
        & own
    ]
    share = found["pollution"].max()
    return found[np.isclose(found["pollution"], share)]


def _perfect(study: Study, metric: str) -> dict[str, float]:
    points = study.points
    rows = points[(points["strategy"] == "perfect") & (points["metric"] == metric)]
    return {str(row["detector"]): float(row["value"]) for row in rows_of(rows)}


def _printed(number: int, metric: str) -> pd.DataFrame:
    table = published()
    return table[
        (table["table"] == number) & (table["category"] == MEAN) & (table["metric"] == metric)
    ]


def _lines(
    study: Study,
    rows: pd.DataFrame,
    x: str,
    printed: pd.DataFrame,
    perfect: dict[str, float] | None = None,
) -> list[BandLine]:
    """Return a line a detector with published rings, and dashed what perfect removal reaches."""
    colours = detector_colours(study.detectors)
    lines, levels = [], []
    for detector in study.detectors:
        own = rows[rows["detector"] == detector]
        if own.empty:
            continue
        of = printed[printed["detector"] == base(detector)]
        rings = [(float(row[x]), float(row["value"])) for row in rows_of(of)]
        line = line_of(own, x, detector, colours[detector])
        lines.append(BandLine(line.name, line.colour, line.x, line.y, line.half, rings=rings))
        if perfect and detector in perfect:
            ends = np.array([line.x[0], line.x[-1]])
            level = np.full(2, perfect[detector])
            levels.append(BandLine("", colours[detector], ends, level, is_dashed=True))
    return lines + levels


def _figure(
    number: int, title: str, drawing: Any, rows: pd.DataFrame, more: str = ""
) -> dict[str, Any]:
    n = int(rows["n_categories"].max())
    products = f"mean of {n} products" if n > 1 else "one product"
    note = (
        f"{products[0].upper()}{products[1:]}, {int(rows['n_seeds'].max())} draws{more}. Bands: "
        f"one standard deviation over draws. {RINGS}"
    )
    if more:
        note += " Dashed: exactly the defective images removed."
    return {"title": f"Figure {number}. {title}", "drawing": drawing, "note": note}


def _not_measured(number: int, metric: str) -> str:
    return f"Figure {number}: this study has no {told(metric).title}"


def _shown(charts: list[dict[str, Any]], missing: list[str]) -> Fragment:
    return Fragment(render("paper/figures", charts=charts, missing=missing))
