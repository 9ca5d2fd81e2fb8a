"""Parameters of the window embedding, chosen on training images alone."""

import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from pc_runs import write_kolektor

from anomalylab.compute import memory, window_space
from anomalylab.compute.window_moments import moments
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.metrics import average_precision
from anomalylab.pc_space.histogram import histogram
from anomalylab.recipes.pc_space import inputs, odds, planned, spaces
from anomalylab.recipes.pc_space import search as searching
from anomalylab.recipes.pc_space.image_blocks import Images
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run


@pytest.fixture
def small_grid(monkeypatch):
    """A search of 16 candidates, quick enough for tests."""
    monkeypatch.setattr(searching, "WINDOWS", (5, 9, 999))
    monkeypatch.setattr(searching, "BINS", (4,))
    monkeypatch.setattr(searching, "LIMITS_PER_PIXEL", (1.2, 2.4))
    monkeypatch.setattr(searching, "STRENGTHS", (0.1, 1.0))


def row(ap, n_features, C, ap_std=0.1):
    return {"ap": ap, "ap_std": ap_std, "n_folds": 4, "n_features": n_features, "C": C}


def test_the_simplest_within_one_standard_error_of_the_best_is_chosen():
    rows = [row(0.90, 256, 1.0), row(0.86, 36, 1.0), row(0.87, 36, 0.1), row(0.84, 36, 0.01)]
    assert searching.choose(pd.DataFrame(rows))["is_chosen"].tolist() == [False, False, True, False]


def test_of_the_equally_simple_the_best_is_chosen():
    rows = [row(0.90, 256, 1.0), row(0.86, 36, 0.1), row(0.88, 36, 0.1)]
    assert searching.choose(pd.DataFrame(rows))["is_chosen"].tolist() == [False, False, True]


def test_a_search_never_reads_a_test_image(tmp_path, monkeypatch, small_grid):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))  # another test may know them
    data = write_kolektor(tmp_path / "data")
    true_search, true_band, read = searching.search, Images.band, []

    def spying_search(request, images, folds):
        with monkeypatch.context() as spy:
            spy.setattr(Images, "band", lambda images, i: read.append(i) or true_band(images, i))
            return true_search(request, images, folds)

    monkeypatch.setattr("anomalylab.recipes.pc_space.run.search", spying_search)
    finished = run(PCSpaceRequest(data=data, search=True), tmp_path / "run")
    assert set(finished.samples["split"].iloc[sorted(set(read))]) == {"train"}
    table = finished.table("search")
    assert len(table) == 2 * 2 * 2 * 2
    chosen = table[table["is_chosen"]].iloc[0]
    space = finished.info.part
    assert (space.windows, space.bins) == ([chosen["window"]], chosen["bins"])
    assert (space.n_components, space.C) == (chosen["n_components"], chosen["C"])
    assert space.limits == [pytest.approx(chosen["limit"])]
    assert "search" in finished.table("timings")["step"].to_list()
    assert "--search" in finished.info.command


def test_a_search_scores_a_candidate_as_a_cross_validation_by_hand(tmp_path, small_grid):
    data = write_kolektor(tmp_path / "data")
    request = PCSpaceRequest(data=data, windows=(9,), search=True, overflow="drop", density=False)
    images, _, _ = inputs.check_images(*inputs.load(request), request)
    folds = odds.deal_folds(images.samples, 0)
    _, table = searching.search(request, images, folds)
    labels = images.samples["label"].to_numpy(int)
    limit, found = 2.4 * 9, []
    for fold in np.unique(folds[folds >= 0]):
        normal = np.flatnonzero((labels == 0) & (folds >= 0) & (folds != fold))
        parts = [moments(images.band(i), 9) for i in normal]
        space = window_space.fit(sum(parts[1:], start=parts[0]), 2)
        features = np.stack(
            [
                histogram(*np.moveaxis(space.coordinates(images.band(i)), -1, 0), 4, limit)[0]
                for i in range(len(labels))
            ]
        ).reshape(len(labels), -1)
        seen, out = (folds >= 0) & (folds != fold), folds == fold
        model = odds.odds_classifier(0.1).fit(features[seen], labels[seen])
        found.append(average_precision(labels[out], model.decision_function(features[out])))
    chosen = table.query("window == 9 and n_components == 2 and C == 0.1 and limit > 20")
    assert chosen["ap"].item() == pytest.approx(np.mean(found))


def test_a_search_without_defective_training_images_says_what_it_needs(tmp_path):
    data = write_kolektor(tmp_path / "data", n_defective={"train": 1, "test": 2})
    with pytest.raises(DatasetError, match="needs labels to choose by"):
        run(PCSpaceRequest(data=data, search=True, windows=(9,)), tmp_path / "run")


def test_few_defective_images_make_fewer_folds(tmp_path, small_grid):
    data = write_kolektor(tmp_path / "data", n_defective={"train": 2, "test": 2})
    finished = run(PCSpaceRequest(data=data, search=True, windows=(9,)), tmp_path / "run")
    assert set(finished.table("search")["n_folds"]) == {2}


def test_windows_that_fit_into_no_image_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "WINDOWS", (999,))
    data = write_kolektor(tmp_path / "data")
    with pytest.raises(DatasetError, match="give --window instead"):
        run(PCSpaceRequest(data=data, search=True, windows=(9,)), tmp_path / "run")


def test_more_histograms_or_windows_than_memory_holds_are_refused_before_images_are_read(
    tmp_path, monkeypatch
):
    data = write_kolektor(tmp_path / "data")
    n_images = len(inputs.load(PCSpaceRequest(data=data))[0])
    bins = 3 * (6**2 + 10**2 + 16**2)  # of one plane, in all three limits
    monkeypatch.setattr(memory, "available", lambda: 32 * n_images * 3 * bins - 1)
    with pytest.raises(ParameterError, match=rf"9 histograms of {n_images} images.*--search"):
        inputs.load(PCSpaceRequest(data=data, search=True))
    monkeypatch.setattr(memory, "available", lambda: 8 * 16 * 9**4)
    with pytest.raises(ParameterError, match=r"windows of 9 x 9 pixels takes .*smaller --window"):
        inputs.load(PCSpaceRequest(data=data, windows=(5, 9)))


def test_finding_a_space_takes_no_more_memory_than_is_said(monkeypatch):
    rng, side = np.random.default_rng(0), 25
    monkeypatch.setattr(memory, "available", lambda: 0)
    with pytest.raises(ParameterError) as refused:
        planned.check_windows(side)
    said = float(re.search(r"takes ([\d.]+) GB", str(refused.value)).group(1)) * 1e9
    samples = pd.DataFrame({"image_path": [f"{i}.png" for i in range(40)]})
    bands = {row: rng.random((48, 48), np.float32) for row in range(40)}
    images = Images(samples, None, [str(row) for row in bands], "dtype", "axis", bands)
    tracemalloc.start()
    folds = {fold: np.arange(fold, 40, 4) for fold in range(4)}
    parts = spaces.moments_by_fold(spaces.ImageMoments(images, side), folds)
    spaces.fit(parts.values(), 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.25 * said < peak < said
