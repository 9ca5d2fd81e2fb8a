"""How a detector trades what it finds for false alarms, over all thresholds."""

from typing import Any

import pandas as pd

from anomalylab.number_words import plural
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.charts import Line, line_chart
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.words import CURVES, metric_words
from anomalylab.runs.folder import Run

Areas = dict[tuple[str, str], dict[str, Any]]
"""Rows of METRICS by detector and metric."""

_AREA = {"roc": "auroc", "pr": "ap", "pro": "au_pro", "iou": "au_iou"}
_CORNER = {"roc": "bottom-right", "pr": "bottom-left", "pro": "bottom-right", "iou": "top-right"}


def curves(run: Run) -> Fragment:
    """Show ROC, precision-recall, PRO and IoU curves of all detectors.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
        One line instead, if no curve could be computed.
    """
    table = run.table("curves")
    areas = {(row["detector"], row["metric"]): row for row in rows_of(run.table("metrics"))}
    charts = [
        _chart(run, curve, table[table["curve"] == curve], areas)
        for curve in CURVES
        if (table["curve"] == curve).any()
    ]
    missing = [_missing(areas, curve) for curve in CURVES if not (table["curve"] == curve).any()]
    reasons = list(dict.fromkeys(filter(None, missing)))
    if not charts and not reasons:
        reasons = ["the run holds none"]
    return Fragment(render("parts/curves", charts=charts, missing=reasons))


def _chart(run: Run, curve: str, table: pd.DataFrame, areas: Areas) -> dict[str, Any]:
    title, x_label, y_label = CURVES[curve]
    colours = detector_colours(run.detectors)
    lines = [
        Line(
            rows["x"].to_numpy(),
            rows["y"].to_numpy(),
            colours[detector],
            f"{detector}  {_area(areas, detector, curve)}",
        )
        for detector in run.detectors
        if len(rows := table[table["detector"] == detector].sort_values("point"))
    ]
    is_pixels = curve in ("pro", "iou")
    drawing = line_chart(
        lines,
        x_label=x_label,
        y_label=y_label,
        x_max=float(table["x"].max()) if is_pixels else 1.0,
        y_max=max(0.1, float(table["y"].max()) * 1.15) if curve == "iou" else 1.0,
        guide=_guide(run, curve),
        corner=_CORNER[curve],
        alt=f"{title} Curves of {', '.join(line.words for line in lines)}.",
    )
    return {"title": title, "drawing": drawing, "note": _note(areas, curve)}


def _area(areas: Areas, detector: str, curve: str) -> str:
    row = areas.get((detector, _AREA[curve]))
    if row is None or row["value"] is None:
        return ""
    ceiling = row["ceiling"]
    return f"{row['value']:.3f}" + ("" if ceiling is None else f" of at most {ceiling:.3f}")


def _guide(run: Run, curve: str) -> list[tuple[float, float]]:
    """Where guessing would lie."""
    if curve == "roc":
        return [(0, 0), (1, 1)]
    if curve == "pr":
        share = float((run.queries["label"] == 1).sum() / run.queries["label"].notna().sum())
        return [(0, share), (1, share)]
    return []


def _note(areas: Areas, curve: str) -> str:
    name, meaning = metric_words(_AREA[curve])
    guide = " Dashed: guessing." if curve in ("roc", "pr") else ""
    counted = [row["n_images"] for row in areas.values() if row["metric"] == _AREA[curve]]
    images = f" {plural(int(counted[0]), 'image')}." if counted else ""
    return f"Number: {name}, the {meaning}.{guide}{images}"


def _missing(areas: Areas, curve: str) -> str:
    reasons = [row["note"] for row in areas.values() if row["metric"] == _AREA[curve]]
    return next(filter(None, reasons), "")
