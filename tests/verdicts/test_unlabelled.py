"""Verdicts on simulated folders whose labels were hidden: false suspects, power, honest silence."""

import numpy as np
import pytest
from scipy import stats

from anomalylab import datasets, detectors, extractors
from anomalylab.detectors import pool_of
from anomalylab.errors import ParameterError
from anomalylab.extractors import extract
from anomalylab.features import Features
from anomalylab.verdicts.unlabelled import verdict

N_DRAWS = 100

CLEAN = {
    "normal": lambda rng, n: rng.normal(size=n),
    "Gumbel": lambda rng, n: rng.gumbel(size=n),
    "maximum of 50 cells": lambda rng, n: rng.normal(size=(n, 50)).max(axis=1),
    "heavy on both sides": lambda rng, n: rng.standard_t(6, size=n),
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_folders_have_no_more_false_suspects_than_stated(name):
    rng = np.random.default_rng(0)
    found = [verdict(CLEAN[name](rng, 60)) for _ in range(N_DRAWS)]
    n_false = sum(v.n_suspects for v in found)
    # Stated: 0.5 a folder, so 50 in all. More than the 99 % quantile of Poisson(50) breaks it.
    assert n_false <= stats.poisson.ppf(0.99, 0.5 * N_DRAWS)
    # A folder is called polluted by mistake with a chance of 5 % for each of the two reasons.
    assert sum(v.kind == "suspects" for v in found) <= stats.binom.ppf(0.99, N_DRAWS, 0.1)
    assert sum(v.kind == "undecidable" for v in found) <= stats.binom.ppf(0.99, N_DRAWS, 0.03)


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory):
    """Mean features of 100 clean built-in images, as maps of one cell."""
    root = tmp_path_factory.mktemp("textures")
    samples = datasets.load("textures", root, category="brick", n_train=100)
    samples = samples[samples["split"] == "train"].reset_index(drop=True)
    found = extract(samples, root, extractors.create("lite0"), cache=False, progress=False)
    levels = found.features.levels.items()
    return Features({name: level.mean(axis=(1, 2), keepdims=True) for name, level in levels})


@pytest.mark.parametrize("name", ["knn", "mahalanobis"])
def test_clean_photographs_have_no_more_false_suspects_than_stated(name, embeddings):
    rng = np.random.default_rng(0)
    n_false, pool = 0, pool_of(detectors.create(name), embeddings)
    for _ in range(N_DRAWS):
        rows = rng.choice(len(embeddings), 50, replace=False)
        n_false += verdict(pool.image_scores(rows, rows, leave_out="group")).n_suspects
    assert n_false <= stats.poisson.ppf(0.99, 0.5 * N_DRAWS)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_far_defects_are_found(share):
    rng = np.random.default_rng(1)
    n_images, n_found = 100, 0
    n_defective = int(share * n_images)
    for _ in range(20):
        scores = rng.gumbel(size=n_images)
        scores[:n_defective] += 20
        found = verdict(scores)
        assert found.kind == "suspects"
        n_found += np.count_nonzero(scores[:n_defective] >= found.threshold)
    assert n_found >= 0.95 * 20 * n_defective


def test_a_single_image_very_far_out_is_enough():
    scores = np.append(np.random.default_rng(0).normal(size=99), 1000)
    found = verdict(scores)
    assert (found.kind, found.n_suspects) == ("suspects", 1)
    assert found.sentence.startswith("1 of 100 images lies beyond most images; about 0.5 would")


def test_a_clean_folder_shows_that_nothing_stands_out():
    found = verdict(np.random.default_rng(0).normal(size=100))
    assert found.kind == "clean"
    assert found.sentence.startswith(
        "No more images stand out than chance explains: none of 100 lie beyond most images, where"
    )


@pytest.mark.parametrize("n_variants", [2, 3])
def test_several_kinds_of_product_cannot_be_told(n_variants):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=120) + 20 * rng.integers(n_variants, size=120)
    found = verdict(scores)
    assert found.kind == "undecidable"
    assert "more than one kind of product" in found.sentence


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        (np.arange(24.0), "only 24 images"),
        (np.ones(60), "copies"),
        (np.repeat(np.arange(30.0), 2), "copies"),
    ],
)
def test_too_few_or_equal_scores_cannot_be_told(scores, why):
    found = verdict(scores)
    assert found.kind == "undecidable"
    assert why in found.sentence
    assert np.isnan(found.threshold)
    assert found.bulk is None


def test_scores_that_are_not_finite_are_refused():
    with pytest.raises(ParameterError, match="finite"):
        verdict(np.append(np.arange(50.0), np.inf))


@pytest.mark.parametrize("n_defects", [0, 5, 20])
def test_no_verdict_names_images_where_it_expects_more_by_chance_than_was_asked_for(n_defects):
    expected = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        normal = np.exp(rng.normal(5, 0.45, 200))
        defects = np.exp(rng.normal(6.2, 0.3, n_defects))
        found = verdict(np.append(normal, defects))
        expected.append(found.expected_by_chance)
        assert found.expected_by_chance <= 0.5 * 1.001, seed
    assert max(expected) > 0.4


def test_a_gap_far_inside_the_fitted_bulk_names_nobody_beyond_it():
    """Scores of a folder in which a gap once named 52 images where it expected 13."""
    rng = np.random.default_rng(0)
    normal = np.exp(rng.normal(4.3, 0.35, 170))
    straggling = 119 + 60 * rng.random(40)
    far = np.linspace(280, 650, 10)
    found = verdict(np.concatenate([normal[normal < 112], straggling, far]))
    assert found.kind != "suspects" or found.n_suspects <= 20
    assert found.expected_by_chance <= 0.5 * 1.001
