"""Which types of defects lie far from normal images?"""

import holoviews as hv
import pandas as pd

from anomalylab.pictures.colours import LIGHT
from anomalylab.pictures.palette import loss_colours
from anomalylab.plots.banded import needed
from anomalylab.plots.style import hook

GOOD = "good"

ROW = 44
"""Pixels a type of defect."""


def class_distances(classes: pd.DataFrame) -> hv.Overlay:
    """Show the mean distance of each type of defect, good images being 1, on a logarithmic axis.

    Parameters
    ----------
    classes : DataFrame
        Rows of METRIC_CLASSES of one category.

    Returns
    -------
    dots : hv.Overlay
        An ``hv.Points`` a loss, a row a type, the one farthest at the median on top; an
        ``hv.VLine`` at 1.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    columns = {"loss", "defect_type", "relative_to_good", "n_images", "auroc"}
    needed(classes, columns, "class_distances")
    rows = classes[classes["defect_type"] != GOOD].dropna(subset=["relative_to_good"])
    rows = rows[rows["relative_to_good"] > 0]
    order = rows.groupby("defect_type")["relative_to_good"].median().sort_values()
    place = {str(kind): i for i, kind in enumerate(order.index)}
    rows = rows.assign(row=[place[kind] for kind in rows["defect_type"]])
    places = rows["relative_to_good"]
    colours = loss_colours(rows["loss"])
    at_one = {"color": LIGHT["line"], "line_width": 1, "line_dash": "dashed"}
    dots = [
        _dots(own, str(loss), colours[str(loss)]) for loss, own in rows.groupby("loss", sort=False)
    ]
    empty = hv.Points([], ["relative_to_good", "row"])
    return hv.Overlay([*(dots or [empty]), hv.VLine(1).opts(**at_one)]).opts(
        title="Which types of defects lie far from normal?",
        xlabel="mean distance to the nearest normal image; good images: 1 (dashed)",
        ylabel="",
        logx=True,
        xlim=(0.9 * min([0.9, *places]), 1.2 * max([2.0, *places])),
        ylim=(-0.6, max(1, len(place)) - 0.4),
        yticks=[(i, kind) for kind, i in place.items()] or 0,
        show_legend=len(dots) > 1,
        legend_position="bottom",
        responsive=True,
        height=150 + ROW * max(1, len(place)),
        axiswise=True,
        hooks=[hook],
    )


def _dots(own: pd.DataFrame, loss: str, colour: str) -> hv.Points:
    hovered = ["defect_type", "n_images", "auroc"]
    table = own[["relative_to_good", "row", *hovered]]
    points = hv.Points(table, ["relative_to_good", "row"], hovered, label=loss)
    return points.opts(color=colour, size=10, fill_alpha=0.85, tools=["hover"])
