"""Losses and residuals against numbers worked out by hand, and against scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from anomalylab.errors import UnknownNameError
from anomalylab.training.autoencoder.reconstruction_losses import l2, loss_called, ssim
from anomalylab.training.autoencoder.residuals import residuals
from anomalylab.training.autoencoder.similarity import similarity

BY_HAND = {
    "l2": [[0.0, np.sqrt((0.36 + 0.64) / 3)], [1.0, np.sqrt(0.04 / 3)]],
    "sum_sq": [[0.0, 1.0], [3.0, 0.04]],
    "mean_abs": [[0.0, 1.4 / 3], [1.0, 0.2 / 3]],
    "max_abs": [[0.0, 0.8], [1.0, 0.2]],
}
"""Differences of the three colours: none; +0.6, -0.8, 0; 1, 1, 1; 0, 0, 0.2."""


@pytest.fixture
def pair():
    images = np.array([[[[51, 102, 153], [204, 51, 0]], [[255, 255, 255], [0, 0, 51]]]], np.uint8)
    change = np.array([[[[0, 0, 0], [-0.6, 0.8, 0]], [[-1, -1, -1], [0, 0, -0.2]]]], np.float32)
    return images, images / np.float32(255) + change


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 24, 20, 3)).astype(np.uint8)
    return images, rng.random(images.shape, np.float32)


@pytest.mark.parametrize("kind", BY_HAND)
def test_residuals_are_those_worked_out_by_hand(pair, kind):
    found = residuals(*pair, kind)
    assert found.dtype == np.float32
    assert found.shape == (1, 2, 2)
    assert found[0] == pytest.approx(np.array(BY_HAND[kind]), abs=1e-6)


def test_differences_of_opposite_sign_do_not_cancel(pair):
    assert residuals(*pair, "mean_abs")[0, 0, 1] > abs(-0.6 + 0.8) / 3


def test_the_similarity_is_that_of_another_library(blobs):
    images, others = blobs
    found = residuals(images, others, "ssim")
    for image, other, residual in zip(images, others, found, strict=True):
        _, expected = structural_similarity(
            image / np.float32(255),
            other,
            channel_axis=2,
            data_range=1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        inner = (slice(5, -5), slice(5, -5))  # borders are continued in another way
        assert residual[inner] == pytest.approx(1 - expected.mean(axis=2)[inner], abs=1e-4)


@pytest.mark.parametrize("kind", [*BY_HAND, "ssim"])
def test_what_comes_back_as_it_was_leaves_nothing(blobs, kind):
    images, _ = blobs
    assert np.abs(residuals(images, images / np.float32(255), kind)).max() < 1e-5


def test_losses_are_means_over_all_numbers():
    one = torch.zeros(2, 3, 8, 8)
    other = torch.zeros(2, 3, 8, 8)
    other[0] = 0.5
    assert l2(other, one).item() == pytest.approx(0.125)
    # where an image is flat, of one colour a, and the other of b, only the means count
    alike = 1e-4 / (0.25 + 1e-4)
    assert ssim(other, one).item() == pytest.approx(1 - (1 + alike) / 2, abs=1e-6)
    assert similarity(one, one).min().item() == pytest.approx(1)


def test_both_losses_can_be_made_small():
    rng = torch.Generator().manual_seed(0)
    wanted = torch.rand(1, 3, 16, 16, generator=rng)
    for name in ("l2", "ssim"):
        guess = torch.full_like(wanted, 0.5).requires_grad_()
        loss = loss_called(name)(guess, wanted)
        (slope,) = torch.autograd.grad(loss, guess)
        assert loss_called(name)(guess - slope / slope.norm(), wanted) < loss


def test_an_unknown_residual_is_refused(pair):
    with pytest.raises(UnknownNameError, match="mean_abs"):
        residuals(*pair, "mean_ab")
