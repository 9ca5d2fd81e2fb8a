"""Scores of training images that were left out are those of refits without them."""

import numpy as np
import pytest
from detector_contract import GROUPS, assert_same, grouped

from anomalylab.errors import ParameterError, UnknownNameError


def test_left_out_scores_are_those_of_refits(detector, normal):
    if detector.holds_shrinkage:
        pytest.skip("leaves images out with the shrinkage held fixed; compared in its own tests")
    scores = detector.fit(normal).training_scores(leave_out="group")
    refits = detector.scores_by_refits(np.arange(20), 20)
    assert_same(scores, refits, rtol=1e-4)


def test_images_of_a_group_are_left_out_together(detector, normal):
    if detector.holds_shrinkage:
        pytest.skip("leaves groups out with the shrinkage held fixed; compared in its own tests")
    detector.fit(grouped(normal))
    refits = detector.scores_by_refits(GROUPS, len(np.unique(GROUPS)))
    assert_same(detector.training_scores(leave_out="group"), refits, rtol=1e-4)
    if detector.learns_by_group:
        return
    alone = detector.fit(normal).training_scores(leave_out="group")
    is_single = np.bincount(GROUPS)[GROUPS] == 1
    assert_same([p[is_single] for p in alone], [p[is_single] for p in refits], rtol=1e-4)


def test_folds_keep_groups_together_and_take_few_fits(detector, normal, monkeypatch):
    fits = []
    detector.fit(grouped(normal))
    fit = type(detector).fit
    monkeypatch.setattr(
        type(detector),
        "fit",
        lambda self, part, **cells: fits.append(part) or fit(self, part, **cells),
    )
    scores, maps = detector.training_scores(leave_out="folds")
    assert len(fits) == detector.n_folds
    assert scores.shape == (20,)
    assert maps.shape == (20, 4, 6)
    for part in fits:
        kept = set(part.groups)
        assert not kept & set(GROUPS) - kept
        assert len(part) == np.isin(GROUPS, list(kept)).sum()


def test_scores_with_itself_are_those_of_scoring_the_training_images(detector, normal):
    assert_same(
        detector.fit(normal).training_scores(leave_out="none"), detector.score(normal), rtol=1e-6
    )


def test_an_unknown_way_to_leave_out_suggests_the_nearest(detector, normal):
    with pytest.raises(UnknownNameError, match="group"):
        detector.fit(normal).training_scores(leave_out="groups")


def test_a_single_image_is_refused_at_the_latest_when_left_out(detector, normal):
    with pytest.raises(ParameterError, match=r"image"):
        detector.fit(normal.subset([0])).training_scores()
