"""Distances to the nearest normal image, and what they are worth, by hand."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from anomalylab.recipes.metric_learning.distances import nearest_normal, plane
from anomalylab.recipes.metric_learning.published import published, published_auroc
from anomalylab.recipes.metric_learning.shown import measured, pictured
from anomalylab.recipes.metric_learning.values import (
    Scored,
    best_rates,
    classes_of,
    values_of,
    variant_of,
)

TRIAL = {"category": "bottle", "experiment": "twins", "loss": "arcface"}
NOTHING = np.empty((2, 0))


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_distances_are_those_of_scikit_learn(rng, distance):
    normal, queries = (rng.normal(size=(n, 20)).astype(np.float32) for n in (30, 8))
    found, rows = nearest_normal(queries, normal, distance=distance)
    known = NearestNeighbors(n_neighbors=1, metric=distance, algorithm="brute").fit(normal)
    expected, neighbours = known.kneighbors(queries)
    np.testing.assert_allclose(found, expected[:, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(rows, neighbours[:, 0])


def test_an_image_is_not_compared_with_those_of_its_own_group():
    normal = np.array([[0.0, 0], [0, 1], [0, 3]], np.float32)
    groups = np.array([7, 7, 2])
    found, rows = nearest_normal(
        normal, normal, distance="euclidean", groups=groups, own_groups=groups
    )
    assert found.tolist() == [3, 2, 2]
    assert rows.tolist() == [2, 2, 1]


def test_an_image_whose_group_is_all_there_is_has_no_distance():
    normal, groups = np.eye(2, dtype=np.float32), np.array([4, 4])
    found, _ = nearest_normal(normal, normal, groups=groups, own_groups=np.array([4, 5]))
    assert np.isnan(found[0])
    assert found[1] == 0


def test_the_plane_keeps_the_distances_of_points_in_a_plane(rng):
    flat = rng.normal(size=(10, 2)) @ rng.normal(size=(2, 6))
    places = plane(flat.astype(np.float32), "euclidean")
    gaps = [np.linalg.norm(x[:, None] - x, axis=2) for x in (flat, places)]
    np.testing.assert_allclose(gaps[1], gaps[0], atol=1e-5)


def test_two_images_lie_on_a_line():
    places = plane(np.array([[0.0, 3], [0, 5]], np.float32), "euclidean")
    np.testing.assert_allclose(np.abs(places), [[1, 0], [1, 0]], atol=1e-12)


def scored(trained_on=""):
    """Good at 1 and 2, cuts at 3 and 4, dents at 1.5 and 6."""
    return Scored(
        np.array([0.0, 0, 1, 1, 1, 1]),
        np.array([1.0, 2, 3, 4, 1.5, 6]),
        np.array(["good", "good", "cut", "cut", "dent", "dent"], object),
        trained_on,
    )


def values(one, planted=NOTHING, variant="default"):
    return values_of(one, planted, TRIAL, variant).set_index("metric")


def test_a_trial_is_measured_beside_what_is_published():
    table = values(scored())
    # Of eight pairs one is the wrong way round: the dent at 1.5 below the good image at 2.
    assert table["value"]["auroc"] == pytest.approx(7 / 8)
    assert table["low"]["auroc"] < 7 / 8 < table["high"]["auroc"]
    assert table["published"]["auroc"] == published_auroc("default", **TRIAL) == 0.997
    assert np.isnan(table["published"]["ap"])
    # Three of four defects and all good images are on their side of a threshold between 2 and 3.
    assert (table["value"]["tpr_at_best"], table["value"]["tnr_at_best"]) == (0.75, 1)
    assert "nobody knows" in table["note"]["tpr_at_best"]
    assert values(scored(), variant="on-blob")["published"]["auroc"] == 0.981


def test_of_one_defect_the_figure_without_it_stands_apart():
    table = values(scored("cut"))
    assert table["value"]["auroc"] == pytest.approx(7 / 8)
    assert table["value"]["auroc_untrained"] == pytest.approx(3 / 4)
    assert "trained on" in table["note"]["auroc"]
    assert table["note"]["auroc_untrained"] == ""
    assert table["value"]["tpr_at_best_untrained"] == 0.5


def test_what_has_no_labels_has_no_auroc_but_that_of_planted_defects():
    unknown = Scored(np.full(3, np.nan), np.arange(3.0), np.array([""] * 3, object), "")
    table = values(unknown, np.array([[1.0, 2.0], [3.0, 1.5]]))
    assert table["value"].drop("planted_auroc").isna().all()
    assert table["note"]["auroc"] == "no labelled test images"
    assert table["value"]["planted_auroc"] == 0.75
    assert (
        "nothing to find"
        in values(Scored(np.zeros(2), np.ones(2), ["good"] * 2, ""))["note"]["auroc"]
    )


def test_distances_are_told_by_type_beside_those_of_good_images():
    table = classes_of(scored("cut")).set_index("defect_type")
    assert table.index.tolist() == ["good", "cut", "dent"]
    assert table["mean_distance"].tolist() == [1.5, 3.5, 3.75]
    assert table["relative_to_good"].tolist() == pytest.approx([1, 7 / 3, 2.5])
    assert table["auroc"].tolist()[1:] == [1, 0.75]
    assert table["is_trained_on"].tolist() == [False, True, False]
    assert np.isnan(table["auroc"]["good"])


def test_the_best_threshold_of_equals_is_the_highest():
    labels, scores = np.array([0, 1, 0, 1]), np.array([1.0, 2.0, 3.0, 4.0])
    assert best_rates(labels, scores) == (0.5, 1)


def test_published_values_are_those_of_fourteen_categories_and_six_losses():
    table = published()
    default = table[table["variant"] == "default"]
    assert default.groupby("loss").size().tolist() == [14] * 6
    assert "toothbrush" not in set(default["category"])
    arcface = default.loc[default["loss"] == "arcface", "auroc"]
    assert arcface.mean() == pytest.approx(0.894, abs=5e-4)
    on_blob = table.loc[table["variant"] == "on-blob", "auroc"]
    assert on_blob.mean() == pytest.approx(0.922, abs=5e-4)
    assert np.isnan(published_auroc("default", "toothbrush", "twins", "arcface"))
    assert np.isnan(published_auroc("default", "bottle", "classes", "arcface"))


def test_what_was_chosen_of_twins_decides_which_published_values_stand_beside():
    assert variant_of({}) == variant_of({"epochs": 3}) == "default"
    assert variant_of({"place": "on-blob", "length": (20, 20)}) == "on-blob"
    assert variant_of({"length": (22, 40)}) == "tuned"


def test_of_each_type_the_highest_and_the_lowest_are_shown():
    types = np.array(["good", "cut", "cut", "cut", "good", ""], object)
    chosen = pictured(np.array([3.0, 1, 2, 5, 4, 9]), types)
    assert chosen.tolist() == [0, 1, 3, 4, 5]
    many = np.array([f"kind {number}" for number in range(30)], object)
    assert len(pictured(np.arange(30.0), many)) == 8


def test_heat_is_measured_on_marked_images_and_on_those_that_are_shown():
    marked = np.zeros(500, bool)
    marked[100:400] = True
    rows = measured(marked, np.array([0, 499]))
    assert len(rows) == 102
    assert {0, 100, 499} <= set(rows.tolist())
