"""Metrics and curves of image scores, as they go into the tables of a run."""

import numpy as np
import pandas as pd
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics import catalogue
from anomalylab.runs import measure
from anomalylab.runs.measure import PIXEL_METRICS, image_metrics


def test_precision_recall_curves_run_from_recall_0_to_recall_1():
    labels = pd.Series([1, 0, 1, 0, 0], dtype="Int64")
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    _, curves = image_metrics("a", labels, scores, 2.5, seed=0)
    pr = curves[curves["curve"] == "pr"].sort_values("point")
    assert pr["x"].iloc[[0, 1]].tolist() == [0, 0.5]
    assert pr["x"].iloc[-1] == 1
    assert pr["y"].iloc[[0, 1]].tolist() == [1, 1]
    assert pr["y"].iloc[-1] == pytest.approx(2 / 5)


def test_a_metric_that_is_entered_is_computed_with_an_interval_and_listed_for_readers(monkeypatch):
    monkeypatch.setattr(catalogue, "CATALOGUE", dict(catalogue.CATALOGUE))
    metrics = dict(catalogue.IMAGE_METRICS)
    monkeypatch.setattr(catalogue, "IMAGE_METRICS", metrics)
    monkeypatch.setattr(measure, "IMAGE_METRICS", metrics)

    @catalogue.image_metric("gap", "Gap", "mean of defective less mean of good images")
    def gap(labels, scores):
        return scores[labels == 1].mean() - scores[labels == 0].mean()

    labels = pd.Series([1, 1, 0, 0], dtype="Int64")
    table, _ = image_metrics("a", labels, np.array([5.0, 3.0, 1.0, 0.0]), 2.5, seed=0)
    row = table.set_index("metric").loc["gap"]
    assert row["value"] == 3.5
    assert row["low"] <= 3.5 <= row["high"]
    assert catalogue.CATALOGUE["gap"].title == "Gap"
    assert catalogue.groups()[catalogue.OVER_ALL][-2:] == ["gap", "f1_max_oracle"]


def test_every_metric_of_a_run_is_told_to_readers_and_no_other():
    labels = pd.Series([1, 0], dtype="Int64")
    table, _ = image_metrics("a", labels, np.array([2.0, 1.0]), 1.5, seed=0)
    assert {*table["metric"], *PIXEL_METRICS} == set(catalogue.CATALOGUE)
    told = [name for names in catalogue.groups().values() for name in names]
    assert sorted(told) == sorted(catalogue.CATALOGUE)


def test_a_name_of_another_metric_is_refused():
    with pytest.raises(ParameterError, match="'recall' is taken"):
        catalogue.image_metric("recall", "Recall", "another")(lambda labels, scores: 0.0)
