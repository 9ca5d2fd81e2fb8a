"""Defects planted in images that nothing learnt from."""

import numpy as np

from anomalylab.recipes.planted import planted


def test_planted_defects_lie_inside_their_masks():
    rng = np.random.default_rng(0)
    images = (128 + rng.normal(0, 6, (6, 64, 64, 3))).clip(0, 255).astype(np.uint8)
    found = planted(images, ("scratch", "stain"))
    assert found.rows.tolist() == [0, 1, 2, 3, 4, 5]
    for row, image, mask in zip(*found, strict=True):
        changed = (image != images[row]).any(axis=2)
        assert changed.any()
        assert not (changed & ~mask).any()
    assert len(planted(images[:0], ("spot",)).rows) == 0
