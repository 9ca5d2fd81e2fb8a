"""The classifier of histograms, kept as arrays."""

import numpy as np

from anomalylab.pc_space.log_odds import LogOdds, load

BY_HAND = LogOdds(np.array([1.0, 2.0]), np.array([2.0, 1.0]), np.array([4.0, -3.0]), 0.5)


def test_log_odds_are_those_of_the_formula():
    np.testing.assert_array_equal(BY_HAND(np.array([[1.0, 2.0], [3.0, 4.0]])), [0.5, -1.5])
    np.testing.assert_array_equal(BY_HAND.of_a_unit, [2.0, -3.0])


def test_what_was_saved_is_loaded(tmp_path):
    BY_HAND.save(tmp_path)
    again = load(tmp_path / "odds.npz")
    assert again.intercept == 0.5
    for name in ("mean", "scale", "coefficients"):
        np.testing.assert_array_equal(getattr(again, name), getattr(BY_HAND, name))


def test_a_run_keeps_the_classifier_that_gave_its_scores(pc):
    features = pc.run.table("features").set_index("sample_id").drop(columns="dropped")
    judged = pc.run.scores("odds").set_index("sample_id")["score"]
    found = pc.log_odds(features.loc[judged.index].to_numpy())
    np.testing.assert_allclose(found, judged, rtol=1e-9)
    learned = pc.run.scores("odds", "training").set_index("sample_id")["in_sample"]
    found = pc.log_odds(features.loc[learned.index].to_numpy())
    np.testing.assert_allclose(found, learned, rtol=1e-9)
    np.testing.assert_array_equal(pc.log_odds.coefficients, pc.coefficients.ravel())
