"""Recall of each type of defect."""

import numpy as np
import pytest

from anomalylab.errors import ParameterError
from anomalylab.metrics import rate_interval, recall_by_type


def test_each_type_is_counted_with_its_exact_interval(rng):
    types = rng.choice(np.array(["scratch", "dent", "hole"]), 60)
    scores = rng.normal(size=60).round(1)
    found = recall_by_type(types, scores, 0.3)
    assert found["defect_type"].tolist() == ["dent", "hole", "scratch"]
    for row in found.itertuples():
        own = [s for t, s in zip(types, scores, strict=True) if t == row.defect_type]
        n_found = sum(s >= 0.3 for s in own)
        assert (row.n_images, row.n_found) == (len(own), n_found)
        assert row.recall == n_found / len(own)
        assert (row.low, row.high) == rate_interval(n_found, len(own))


def test_defects_of_no_known_type_are_left_out():
    found = recall_by_type(np.array([None, "dent", np.nan], dtype=object), np.ones(3), 1.0)
    assert found[["defect_type", "n_images", "n_found"]].to_numpy().tolist() == [["dent", 1, 1]]
    assert recall_by_type(np.array([], dtype=object), np.array([]), 1.0).empty


def test_types_without_scores_are_refused():
    with pytest.raises(ParameterError, match="as many scores"):
        recall_by_type(np.array(["dent"]), np.ones(2), 1.0)
