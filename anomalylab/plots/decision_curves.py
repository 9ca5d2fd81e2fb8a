"""Does the ranking survive pollution, and do the decisions?"""

import holoviews as hv
import pandas as pd

from anomalylab.plots.banded import needed
from anomalylab.plots.pollution_curves import line_of_each

TARGETS = ("5", "1", "verdict")


def decision_curves(points: pd.DataFrame, at: str = "5") -> hv.Layout:
    """Show ranking beside decisions: AUROC, the share found, and false alarms, against pollution.

    Parameters
    ----------
    points : DataFrame
        What :func:`anomalylab.studies.curves.curves` returns.
    at : {"5", "1", "verdict"}
        Which threshold without labels.

    Returns
    -------
    curves : hv.Layout
        Three overlays side by side, as of
        :func:`anomalylab.plots.pollution_curves.pollution_curves`.

    Raises
    ------
    SchemaError
        If a column is missing, or the study has no such points.
    """
    needed(points, {"study", "detector", "pollution", "metric", "value"}, "decision_curves")
    polluted = points[points["study"] == "pollution"]
    shown = ("auroc", f"recall_at_{at}", f"false_alarms_at_{at}")
    parts = [line_of_each(polluted[polluted["metric"] == name], name) for name in shown]
    return hv.Layout(parts).cols(3).opts(shared_axes=False)
