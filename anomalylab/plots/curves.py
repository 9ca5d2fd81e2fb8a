"""How do detectors trade one error for the other?"""

from collections.abc import Sequence

import holoviews as hv
import pandas as pd

from anomalylab.pictures.palette import detector_colours
from anomalylab.plots.style import hook
from anomalylab.registry import unknown_name
from anomalylab.schema import CURVES

AXES = {
    "roc": ("false alarms among normal images", "defective images found", "How many are found?"),
    "pr": ("defective images found", "alarms that are right", "How many alarms are right?"),
    "pro": (
        "false alarms among good pixels",
        "share of each defect found",
        "Are defects outlined?",
    ),
    "iou": (
        "false alarms among good pixels",
        "overlap with defects (IoU)",
        "How tight is the outline?",
    ),
}
"""curve -> x label, y label, title."""


def curves(table: pd.DataFrame, curve: str, *, detectors: Sequence[str]) -> hv.Overlay:
    """Show one kind of curve for every detector.

    Parameters
    ----------
    table : DataFrame
        Rows of CURVES.
    curve : {"roc", "pr", "pro", "iou"}
    detectors : sequence of str
        All detectors of the run, in its order.

    Returns
    -------
    curves : hv.Overlay
        One ``hv.Curve`` a detector that has this curve.
    """
    CURVES.check(table)
    if curve not in AXES:
        unknown_name("curve", curve, AXES)
    xlabel, ylabel, title = AXES[curve]
    colours = detector_colours(detectors)
    lines = []
    for detector in detectors:
        rows = table[(table["detector"] == detector) & (table["curve"] == curve)]
        if len(rows):
            line = hv.Curve(rows.sort_values("point"), "x", "y", label=detector)
            lines.append(line.opts(color=colours[detector], line_width=2))
    return hv.Overlay(lines or [hv.Curve([], "x", "y")]).opts(
        xlabel=xlabel,
        ylabel=ylabel,
        title=title,
        ylim=(0, None if curve == "iou" else 1.02),
        legend_position="bottom_right",
        responsive=True,
        height=320,
        hooks=[hook],
    )
