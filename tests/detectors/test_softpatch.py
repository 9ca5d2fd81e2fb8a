"""SoftPatch on values worked out by hand and on polluted memories."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from anomalylab import detectors
from anomalylab.compute.local_outliers import factors_by_place
from anomalylab.errors import ParameterError
from anomalylab.features import Features


def one_cell(*values):
    """Images of one cell; its mean with eight zeros around it is a ninth of the value."""
    return Features({"line": 9 * np.array(values, np.float32).reshape(-1, 1, 1, 1)})


def test_a_distance_is_multiplied_by_the_factor_of_the_matched_cell():
    # Factors of 0, 1 and 4 with one neighbour are 1, 1 and 3 (see the test of these).
    fitted = detectors.create("softpatch", reject=0, neighbours=1).fit(one_cell(0, 1, 4))
    assert fitted.weights_ == pytest.approx([1, 1, 3])
    scores = fitted.image_scores(one_cell(1.5, 4.5, -2))
    assert scores == pytest.approx([0.5, 3 * 0.5, 2])


def test_the_sparsest_cells_leave_the_memory():
    fitted = detectors.create("softpatch", reject=0.34, neighbours=1).fit(one_cell(0, 1, 4))
    assert fitted.bank_.ravel() == pytest.approx([0, 1])
    assert fitted.image_scores(one_cell(4)) == pytest.approx([3])


def test_maps_are_those_of_plain_search(rng):
    level = rng.normal(size=(12, 3, 4, 5)).astype(np.float32)
    padded = np.pad(level, ((0, 0), (1, 1), (1, 1), (0, 0)))
    cells = sum(padded[:, r : r + 3, c : c + 4] for r in range(3) for c in range(3)) / 9
    factors = factors_by_place(cells[:9], k=4).ravel()
    kept = np.sort(np.argsort(-factors)[21:])  # a fifth of 108 cells is 21
    distance = cdist(cells[9:].reshape(-1, 5), cells[:9].reshape(-1, 5)[kept])
    nearest = distance.argmin(axis=1)
    expected = factors[kept][nearest] * distance.min(axis=1)
    features = Features({"a": level})
    fitted = detectors.create("softpatch", reject=0.2, neighbours=4).fit(features.subset(range(9)))
    scores, maps = fitted.score(features.subset(range(9, 12)))
    np.testing.assert_allclose(maps, expected.reshape(3, 3, 4), rtol=1e-5)
    np.testing.assert_allclose(scores, maps.max(axis=(1, 2)), rtol=1e-6)


def test_defects_in_the_memory_do_not_vouch_for_their_like(rng):
    level = rng.normal(size=(30, 3, 3, 6)).astype(np.float32)
    level[1, 1, 1] += 20
    level[[20, 29]] = level[1] + 0.1 * rng.normal(size=(2, 3, 3, 6))  # one of the three to be found
    features = Features({"a": level})
    train, query = features.subset(range(28)), features.subset([28, 29])
    ratio = {}
    for name, params in {"patchcore": {}, "softpatch": {"reject": 0.1, "neighbours": 5}}.items():
        good, bad = detectors.create(name, **params).fit(train).image_scores(query)
        ratio[name] = bad / good
    assert ratio["patchcore"] < 1
    assert ratio["softpatch"] > 5


@pytest.mark.parametrize(
    "params", [{"reject": 1}, {"reject": -0.1}, {"neighbours": 0}, {"coreset": 2}]
)
def test_options_that_cannot_be_are_refused(params):
    with pytest.raises(ParameterError, match=next(iter(params))):
        detectors.create("softpatch", **params)


def test_too_few_images_to_compare_with_are_refused():
    with pytest.raises(ParameterError, match="neighbours=6 others and gets 2"):
        detectors.create("softpatch").fit(one_cell(0, 1, 4))
