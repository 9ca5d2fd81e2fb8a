"""How a detector trades what it finds for false alarms, over all thresholds."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from anomalylab.number_words import plural
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.charts import Line, free_corner, line_chart
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
    areas = areas_of(run)
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


def areas_of(run: Run) -> Areas:
    """Return the areas under the curves of a run."""
    return {(row["detector"], row["metric"]): row for row in rows_of(run.table("metrics"))}


def beside(name: str, area: dict[str, Any] | None) -> str:
    """Return what is written beside a curve: whose it is, and the area under it if known."""
    if area is None or area["value"] is None:
        return name
    ceiling = area["ceiling"]
    most = "" if ceiling is None else f" of at most {ceiling:.3f}"
    return f"{name}  {area['value']:.3f}{most}"


def draw_curves(
    curve: str, table: pd.DataFrame, words: dict[str, str], *, share: float, corner: str = ""
) -> Markup:
    """Draw one kind of curve of several methods, and what guessing would give.

    Parameters
    ----------
    curve : {"roc", "pr", "pro", "iou"}
    table : DataFrame
        Rows of CURVES of this kind.
    words : dict
        Method -> what is written beside its curve.
    share : float
        Of defective images, which is the precision of guessing.
    corner : str
        Where the words stand; where they hide least if empty.
    """
    title, x_label, y_label = CURVES[curve]
    colours = detector_colours(words)
    lines = [
        Line(rows["x"].to_numpy(), rows["y"].to_numpy(), colours[method], written)
        for method, written in words.items()
        if len(rows := table[table["detector"] == method].sort_values("point"))
    ]
    guessing = {"roc": ((0.0, 0.0), (1.0, 1.0)), "pr": ((0.0, share), (1.0, share))}
    return line_chart(
        lines,
        x_label=x_label,
        y_label=y_label,
        x_max=float(table["x"].max()) if curve in ("pro", "iou") else 1.0,
        y_max=max(0.1, float(table["y"].max()) * 1.15) if curve == "iou" else 1.0,
        guide=guessing.get(curve, ()),
        corner=corner or free_corner(lines, _CORNER[curve]),
        alt=f"{title} Curves of {', '.join(line.words for line in lines)}.",
    )


def area_words(metric: str) -> str:
    """Return what the number beside a curve is."""
    name, meaning = metric_words(metric)
    return f"Number: {name}, the {meaning}."


def _chart(run: Run, curve: str, table: pd.DataFrame, areas: Areas) -> dict[str, Any]:
    words = {name: beside(name, areas.get((name, _AREA[curve]))) for name in run.detectors}
    share = float((run.queries["label"] == 1).sum() / max(run.queries["label"].notna().sum(), 1))
    drawing = draw_curves(curve, table, words, share=share, corner=_CORNER[curve])
    return {"title": CURVES[curve][0], "drawing": drawing, "note": _note(areas, curve)}


def _note(areas: Areas, curve: str) -> str:
    guide = " Dashed: guessing." if curve in ("roc", "pr") else ""
    counted = [row["n_images"] for row in areas.values() if row["metric"] == _AREA[curve]]
    images = f" {plural(int(counted[0]), 'image')}." if counted else ""
    return f"{area_words(_AREA[curve])}{guide}{images}"


def _missing(areas: Areas, curve: str) -> str:
    reasons = [row["note"] for row in areas.values() if row["metric"] == _AREA[curve]]
    return next(filter(None, reasons), "")
