"""Training images are scored without labels in a space that was not made of them."""

import numpy as np
import pandas as pd
from pc_runs import WINDOW

from anomalylab.compute import window_space
from anomalylab.compute.window_grid import on_grid
from anomalylab.compute.window_moments import moments
from anomalylab.pc_space.opened import PCSpace
from anomalylab.recipes.pc_space import odds
from anomalylab.recipes.pc_space.looks import GRID
from anomalylab.recipes.pc_space.run import deal_folds


def test_a_normal_training_image_is_scored_in_the_space_of_the_other_folds(pc_run):
    pc = PCSpace(pc_run)
    samples = pc.samples
    folds = deal_folds(samples, pc_run.info.seed)
    is_normal = (samples["split"] == "train") & (samples["label"] == 0)
    row = int(np.flatnonzero(is_normal)[3])
    name = samples["sample_id"].iloc[row]
    others = samples["sample_id"][is_normal & (folds != folds[row])]
    parts = [moments(pc.band(other).astype(float), WINDOW) for other in others]
    space = window_space.fit(sum(parts[1:], start=parts[0]))
    band = pc.band(name)
    _, residual = space.project(band)
    unit = space.total_variance - space.variances.sum()
    expected = on_grid(residual / unit, WINDOW, band.shape, GRID).max()
    scores = pc_run.scores("residual", "training").set_index("sample_id")["score"]
    np.testing.assert_allclose(scores[name], expected, rtol=1e-5)


def test_a_test_image_and_a_defective_training_image_are_scored_in_the_whole_space(pc_run):
    pc = PCSpace(pc_run)
    samples, space = pc.samples, pc.space
    unit = space.total_variance - space.variances.sum()
    for role, split in (("query", "test"), ("training", "train")):
        is_it = (samples["split"] == split) & (samples["label"] == 1)
        name = samples.loc[is_it, "sample_id"].iloc[0]
        band = pc.band(name)
        expected = on_grid(space.project(band)[1] / unit, WINDOW, band.shape, GRID).max()
        scores = pc_run.scores("residual", role).set_index("sample_id")["score"]
        np.testing.assert_allclose(scores[name], expected, rtol=1e-5)


def test_a_label_that_occurs_once_does_not_do_away_with_folds():
    folds = odds.folds_of(pd.Series([0] * 9 + [1]), seed=0)
    assert len(np.unique(folds)) == odds.N_FOLDS
