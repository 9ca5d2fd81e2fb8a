"""Which detector is better, beyond chance?"""

from collections.abc import Sequence

import holoviews as hv
import pandas as pd

from anomalylab.pictures.palette import detector_colours
from anomalylab.plots.style import hook
from anomalylab.schema import METRICS


def comparison(table: pd.DataFrame, metric: str, *, detectors: Sequence[str]) -> hv.Overlay:
    """Show one metric of every detector with its interval.

    Parameters
    ----------
    table : DataFrame
        Rows of METRICS.
    metric : str
    detectors : sequence of str
        All detectors of the run, in its order.

    Returns
    -------
    dots : hv.Overlay
        An ``hv.Segments`` of the 95 % intervals under ``hv.Points`` of the values.
    """
    METRICS.check(table)
    rows = table[(table["metric"] == metric) & table["value"].notna()].set_index("detector")
    rows = rows.reindex(
        [detector for detector in detectors if detector in rows.index]
    ).reset_index()
    rows["colour"] = rows["detector"].map(detector_colours(detectors))
    bounds = rows.assign(
        low=rows["low"].fillna(rows["value"]), high=rows["high"].fillna(rows["value"])
    )
    segments = hv.Segments(
        bounds.assign(detector_end=bounds["detector"]),
        ["low", "detector", "high", "detector_end"],
        ["colour"],
    ).opts(color="colour", line_width=3)
    dots = hv.Points(rows, ["value", "detector"], ["colour"]).opts(color="colour", size=10)
    return (segments * dots).opts(
        xlabel=f"{metric}, with 95 % interval",
        ylabel="",
        title="Which detector is better, beyond chance?",
        responsive=True,
        height=90 + 40 * max(len(rows), 1),
        hooks=[hook],
    )
