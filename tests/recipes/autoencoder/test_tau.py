"""Thresholds and what they call, on maps written out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from anomalylab.metrics.over_levels import thresholds
from anomalylab.recipes.autoencoder.tau import Tau, chosen_taus
from anomalylab.recipes.autoencoder.values import _images_at

STEPS = thresholds(255.0)
"""Level ``k`` begins above ``k``."""

MATERIAL = SimpleNamespace(
    masks=np.array([[[True, False, False]]]),
    rows_of=lambda name: np.array([0]),
    known_as="good",
)
JUDGED = SimpleNamespace(
    held_out=np.array([[[1.0, 10, 2]], [[20.5, 3, 0]], [[30, 0, 30]]]),
    planted=np.array([[[100.0, 50, 5]]]),
    plants=SimpleNamespace(masks=np.array([[[True, False, False]]])),
    test=np.array([[[8.0, 3, 1]]]),
)


@pytest.mark.parametrize(("quantile", "tau"), [(0.3, 21.0), (0.5, 21.0), (0.9, 30.0), (1.0, 30.0)])
def test_of_good_images_so_many_have_nothing_above_the_threshold(quantile, tau):
    chosen = chosen_taus(JUDGED, MATERIAL, STEPS, quantile)[0]
    assert (chosen.method, chosen.tau, chosen.uses_labels) == ("left_out_good", tau, False)
    assert (JUDGED.held_out.max(axis=(1, 2)) <= chosen.tau).mean() >= quantile


def test_planted_defects_choose_without_looking_at_test_images():
    _, planted, oracle = chosen_taus(JUDGED, MATERIAL, STEPS, 0.9)
    assert (planted.method, planted.tau, planted.uses_labels) == ("planted", 99.0, False)
    assert (oracle.method, oracle.tau, oracle.uses_labels) == ("f1_oracle", 7.0, True)


def test_an_image_is_called_by_what_lies_above_the_threshold_and_not_at_it():
    levels = np.array([[[5, 0]], [[6, 0]]], np.uint8)
    types = SimpleNamespace(types=np.array(["good", "spot"], object))
    for level, recall, specificity in ((4, 1, 0), (5, 1, 1), (6, 0, 1)):
        rows = list(_images_at("spot", Tau("planted", 0.0, level, False, ""), levels, types))
        assert [row["value"] for row in rows] == [recall, specificity]
