"""The default detector keeps its promise on built-in images whose labels were hidden.

For PatchCore with one neighbour, the score of an image among any others follows from how near each
of its cells comes to each other image; these distances are computed once, and a draw is a minimum.
"""

import numpy as np
import pytest
from scipy import stats

from anomalylab import datasets, detectors, extractors
from anomalylab.verdicts.unlabelled import verdict

N_DRAWS, N_IMAGES = 100, 60
N_RUNS, N_DEFECTS = 20, 6

pytestmark = pytest.mark.xdist_group("proof")


@pytest.fixture(scope="module")
def images():
    """Features and labels of good and defective images of one built-in surface."""
    samples = datasets.load(
        "textures", None, category="fabric", n_train=100, n_test_good=10, n_test_defect=24, seed=11
    )
    root = samples.attrs["root"]
    extraction = extractors.extract(samples, root, extractors.create("lite0"), progress=False)
    return extraction.features, extraction.samples["label"].to_numpy(int)


@pytest.fixture(scope="module")
def nearness(images):
    """Distance of each cell to the nearest cell of each image: (n_images, n_cells, n_images)."""
    features, _ = images
    detector = detectors.create("patchcore")
    near = [
        detector.fit(features.subset([row])).score_map(features) for row in range(len(features))
    ]
    return np.stack([one.reshape(len(features), -1) for one in near], axis=2)


def left_out_scores(nearness, rows):
    among = nearness[rows][:, :, rows]
    among[np.arange(len(rows)), :, np.arange(len(rows))] = np.inf
    return among.min(axis=2).max(axis=1)


def test_scores_from_nearness_are_those_of_the_detector(images, nearness):
    rows = np.random.default_rng(0).choice(len(nearness), 20, replace=False)
    fitted = detectors.create("patchcore").fit(images[0].subset(rows))
    expected = fitted.training_scores(leave_out="group")[0]
    np.testing.assert_allclose(left_out_scores(nearness, rows), expected, rtol=1e-5)


def test_clean_draws_have_no_more_false_suspects_than_stated(images, nearness):
    good = np.flatnonzero(images[1] == 0)
    rng = np.random.default_rng(1)
    found = [
        verdict(left_out_scores(nearness, rng.choice(good, N_IMAGES, replace=False)))
        for _ in range(N_DRAWS)
    ]
    n_false = sum(one.n_suspects for one in found)
    stated = sum(one.expected_by_chance for one in found)
    assert n_false <= stats.poisson.ppf(0.99, stated)


def test_hidden_defects_are_among_the_suspects(images, nearness):
    labels = images[1]
    good, bad = np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)
    rng = np.random.default_rng(2)
    n_found, n_false, kinds = 0, 0, []
    for _ in range(N_RUNS):
        chosen = [rng.choice(good, N_IMAGES - N_DEFECTS, replace=False)]
        rows = np.concatenate([*chosen, rng.choice(bad, N_DEFECTS, replace=False)])
        scores = left_out_scores(nearness, rows)
        said = verdict(scores)
        is_suspect = scores >= said.threshold
        n_found += is_suspect[labels[rows] == 1].sum()
        n_false += is_suspect[labels[rows] == 0].sum()
        kinds.append(said.kind)
    assert kinds.count("suspects") >= 0.9 * N_RUNS
    assert n_found >= 0.8 * N_DEFECTS * N_RUNS
    assert n_false <= stats.poisson.ppf(0.99, 0.5 * N_RUNS)
