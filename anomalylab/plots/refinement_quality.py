"""Are the images that are removed the defective ones?"""

import holoviews as hv
import pandas as pd

from anomalylab.plots.banded import needed
from anomalylab.plots.refinement_curves import strategy_curves

SHOWN = ("refinement_precision", "refinement_recall")


def refinement_quality(
    points: pd.DataFrame, detector: str, pollution: float | None = None
) -> hv.Layout:
    """Show precision and recall of removal against the share removed, a line a strategy.

    Parameters
    ----------
    points, detector, pollution
        As for :func:`anomalylab.plots.refinement_curves.refinement_curves`.

    Returns
    -------
    curves : hv.Layout
        Two overlays, with an ``hv.VLine`` at the share of pollution, where both are equal.

    Raises
    ------
    SchemaError
        If a column is missing, or the study has no such points.
    """
    needed(points, {"study", "detector", "strategy", "reject", "value"}, "refinement_quality")
    parts = [strategy_curves(points, detector, metric, pollution) for metric in SHOWN]
    return hv.Layout(parts).cols(2).opts(shared_axes=False)
