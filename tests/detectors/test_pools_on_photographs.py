"""Pools against refits on features of real images, random subsets."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anomalylab import extractors
from anomalylab.detectors import RefitPool, create, pool_of

N_IMAGES = 14


@pytest.fixture(scope="module")
def features():
    if not os.environ.get("ANOMALYLAB_DATA"):
        pytest.skip("set ANOMALYLAB_DATA to a folder that holds MVTec AD")
    folder = Path(os.environ["ANOMALYLAB_DATA"]) / "mvtec_ad" / "bottle" / "test"
    paths = [str(p.relative_to(folder)) for p in sorted(folder.rglob("*.png"))][::6][:N_IMAGES]
    samples = pd.DataFrame({"sample_id": paths, "image_path": paths})
    backbone = extractors.create("lite0", levels=["block4", "block6"], size=96)
    return extractors.extract(samples, folder, backbone).features


@pytest.mark.parametrize(
    ("name", "params", "rtol"),
    [
        ("knn", {"k": 3}, 1e-6),
        ("mahalanobis", {}, 1e-6),
        ("padim", {"levels": "all"}, 1e-6),
        ("padim", {"n_dims": 8}, 1e-6),  # fewer channels than images
        ("patchcore", {}, 1e-9),
        ("patchcore", {"levels": "all", "k": 3, "squared": True}, 1e-9),
    ],
)
def test_scores_of_random_subsets_are_those_of_refits(features, name, params, rtol):
    detector = create(name, **params)
    pool, refits = pool_of(detector, features), RefitPool(detector, features)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        train, query = rng.permutation(N_IMAGES)[:9], rng.permutation(N_IMAGES)
        pairs = zip(pool.score(train, query), refits.score(train, query), strict=True)
        for pooled, refitted in pairs:
            np.testing.assert_allclose(pooled, refitted, rtol=rtol, atol=1e-6)
