"""Metrics and curves of image scores, as they go into the tables of a run."""

import numpy as np
import pandas as pd
import pytest

from anomalylab.runs.measure import image_metrics


def test_precision_recall_curves_run_from_recall_0_to_recall_1():
    labels = pd.Series([1, 0, 1, 0, 0], dtype="Int64")
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    _, curves = image_metrics("a", labels, scores, 2.5, seed=0)
    pr = curves[curves["curve"] == "pr"].sort_values("point")
    assert pr["x"].iloc[[0, 1]].tolist() == [0, 0.5]
    assert pr["x"].iloc[-1] == 1
    assert pr["y"].iloc[[0, 1]].tolist() == [1, 1]
    assert pr["y"].iloc[-1] == pytest.approx(2 / 5)
