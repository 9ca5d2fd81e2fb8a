"""What does pollution of the training set do to a metric?"""

import holoviews as hv
import pandas as pd

from anomalylab.errors import SchemaError
from anomalylab.metrics.in_studies import told
from anomalylab.pictures.palette import detector_colours
from anomalylab.plots.banded import banded, draw, floor_of, needed


def pollution_curves(points: pd.DataFrame, metric: str = "auroc") -> hv.Overlay:
    """Show a metric against the share of defective training images, a line a detector.

    Parameters
    ----------
    points : DataFrame
        What :func:`anomalylab.studies.curves.curves` returns.
    metric : str
        As in STUDY_METRICS.

    Returns
    -------
    curves : hv.Overlay
        For each detector a band of one standard deviation over seeds, an ``hv.Curve`` and
        ``hv.Points``; names stand at the ends of lines.

    Raises
    ------
    SchemaError
        If a column is missing, or the study has no such points.
    """
    needed(points, {"study", "detector", "pollution", "metric", "value"}, "pollution_curves")
    rows = points[(points["study"] == "pollution") & (points["metric"] == metric)]
    return line_of_each(rows, metric)


def line_of_each(rows: pd.DataFrame, metric: str) -> hv.Overlay:
    """Draw a line for each detector against the share of pollution.

    Raises
    ------
    SchemaError
        If there is no row.
    """
    if rows.empty:
        raise SchemaError(f"the study has no {metric!r} against pollution; see what it measured")
    of = told(metric)
    colours = detector_colours(rows["detector"].unique())
    lines = [
        banded(rows_of, "pollution", str(name), colours[str(name)])
        for name, rows_of in rows.groupby("detector")
    ]
    return draw(lines, "pollution", metric, floor=floor_of(metric, lines)).opts(
        title=of.question, xlabel="share of defects among the training images", ylabel=of.title
    )
