"""How far do the scores of normal and anomalous images lie apart?"""

import holoviews as hv
import numpy as np
import pandas as pd

from anomalylab.errors import SchemaError
from anomalylab.pictures.colours import following
from anomalylab.plots.score_axis import ScoreAxis, score_axis
from anomalylab.plots.style import CLASSES, THRESHOLD, hook


def score_histogram(
    scores: pd.DataFrame,
    *,
    threshold: float | None = None,
    n_bins: int = 40,
    axis: ScoreAxis | None = None,
) -> hv.Overlay:
    """Show the scores of each class in the same bins, and the threshold as a line.

    Parameters
    ----------
    scores : DataFrame
        Rows of SCORES of one detector and role, with the column ``label`` of SAMPLES.
    threshold : float, optional
        Scores at or above it count as anomalous.
    n_bins : int
        Number of bins over all classes.
    axis : ScoreAxis, optional
        Where the plot ends; :func:`score_axis` says it if not given. Images beyond are counted in
        the outermost bins, and their number stands beside the name of the axis.

    Returns
    -------
    histogram : hv.Overlay
        One ``hv.Histogram`` a class that occurs, labelled with the number of its images, then the
        ``hv.VLine`` of the threshold.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    missing = {"score", "label"} - set(scores)
    if missing:
        raise SchemaError(f"score_histogram needs the columns {sorted(missing)} too")
    all_scores = scores["score"].to_numpy(float)
    axis = axis or score_axis(all_scores, threshold)
    edges = axis.edges(n_bins)
    labels = scores["label"].astype("Int64").fillna(-1)
    layers: list = []
    for label, (name, colour) in CLASSES.items():
        values = scores.loc[labels == label, "score"].to_numpy(float)
        if not len(values):
            continue
        counts, _ = np.histogram(values.clip(edges[0], edges[-1]), bins=edges)
        histogram = hv.Histogram(
            (edges, counts), kdims="score", vdims="images", label=f"{name} ({len(values)})"
        )
        layers.append(
            histogram.opts(fill_color=colour, line_color=colour, fill_alpha=0.55, default_tools=[])
        )
    if threshold is not None:
        layers.append(threshold_line(threshold))
    return hv.Overlay(layers).opts(
        xlabel=_name(*axis.beyond(all_scores)),
        logx=axis.is_log,
        xlim=(axis.low, axis.high),
        ylabel="images",
        title="How far do the scores lie apart?",
        legend_position="top_right",
        responsive=True,
        height=280,
        hooks=[hook],
    )


def _name(n_left: int, n_right: int) -> str:
    left = [f"← {n_left} beyond"] if n_left else []
    right = [f"{n_right} beyond →"] if n_right else []
    more = "" if left and right else " (higher is more anomalous)"
    return " · ".join([*left, f"image score{more}", *right])


def threshold_line(threshold: float) -> hv.VLine:
    """Show a threshold over a histogram of scores."""
    look = {"color": THRESHOLD, "line_width": 2, "default_tools": [], "hooks": [_follow]}
    return hv.VLine(threshold).opts(**look)


def _follow(plot, _element) -> None:
    plot.handles["glyph"].css_variables = {"--bk-line-color": following("line")}
