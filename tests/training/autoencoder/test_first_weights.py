"""The last layer begins as light on darkness: dark parts of images come back dark."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from anomalylab.training import TrainingPlan
from anomalylab.training.autoencoder.architectures import architecture
from anomalylab.training.autoencoder.first_weights import BRIGHT, DARK, OPEN, light_on_darkness
from anomalylab.training.autoencoder.fit import fit
from anomalylab.training.autoencoder.network import AutoEncoder, reconstructions
from anomalylab.training.autoencoder.options import Augmentation

SIDE = 128

NARROW = replace(architecture("AE128"), width=0.125, latent=32)


def dark_discs(n_images, seed=0):
    """Dark discs on a nearly white ground, each a little elsewhere."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    images = np.empty((n_images, SIDE, SIDE, 3))
    for image, (row, col) in zip(images, rng.uniform(54, 74, (n_images, 2)), strict=True):
        is_disc = np.hypot(rows - row, cols - col) < 40
        image[:] = np.where(is_disc[..., None], (30, 36, 42), (250, 240, 230))
    return images.astype(np.uint8)


def last_layer(network):
    return [one for one in network.decoder if isinstance(one, torch.nn.ConvTranspose2d)][-1]


def given(network, channels_hold):
    """Return what the last layer makes of channels that hold one number: mean of inner pixels."""
    held = torch.full((1, 3, 8, 8), float(channels_hold))
    with torch.no_grad():
        return last_layer(network)(held)[..., 2:-2, 2:-2].mean(dim=(0, 2, 3)).numpy()


def test_shut_channels_give_dark_and_open_ones_bright_of_each_colour():
    rng = np.random.default_rng(0)
    images = rng.integers([20, 60, 100], [120, 200, 240], (4, SIDE, SIDE, 3)).astype(np.uint8)
    network = AutoEncoder(NARROW)
    light_on_darkness(network, images)
    dark, bright = np.quantile(images.reshape(-1, 3) / 255, (DARK, BRIGHT), axis=0)
    for holds, wanted in ((0, dark), (OPEN, bright)):
        assert 1 / (1 + np.exp(-given(network, holds))) == pytest.approx(wanted, abs=0.01)
    assert (last_layer(network).weight > 0).all()


def test_without_a_sigmoid_they_are_brightnesses_themselves():
    network = AutoEncoder(replace(NARROW, output="linear"))
    light_on_darkness(network, dark_discs(2))
    assert given(network, 0) == pytest.approx(np.array([30, 36, 42]) / 255, abs=1e-4)
    assert given(network, OPEN) == pytest.approx(np.array([250, 240, 230]) / 255, abs=1e-4)


@pytest.mark.parametrize("name", ["tiny", "bergmann"])
def test_more_channels_stay_as_they_are(name):
    networks = [AutoEncoder(architecture(name)) for _ in range(2)]
    light_on_darkness(networks[1], dark_discs(2))
    for one, other in zip(*(network.parameters() for network in networks), strict=True):
        assert torch.equal(one, other)


def test_all_else_and_all_shapes_stay_as_they_are():
    plain, changed = (AutoEncoder(NARROW) for _ in range(2))
    light_on_darkness(changed, dark_discs(2))
    before, after = plain.state_dict(), changed.state_dict()
    differing = [name for name in before if not torch.equal(before[name], after[name])]
    assert [name.rsplit(".", 1)[1] for name in differing] == ["weight", "bias"]
    assert {name: value.shape for name, value in before.items()} == {
        name: value.shape for name, value in after.items()
    }


def test_images_of_one_colour_leave_weights_that_can_learn():
    network = AutoEncoder(NARROW)
    light_on_darkness(network, np.full((2, SIDE, SIDE, 3), 255, np.uint8))
    assert torch.isfinite(last_layer(network).bias).all()
    assert (last_layer(network).weight > 0).all()


def test_dark_parts_come_back_dark_after_a_few_steps(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path))
    images = dark_discs(12)
    plan = TrainingPlan(epochs=40, batch_size=4, learning_rate=0.003, validation=0, device="cpu")
    is_dark = (images < 60).all(axis=-1)
    for seed in (0, 1):
        network = AutoEncoder(NARROW, seed)
        one = Augmentation(n_images=1)
        fit(network, images, np.arange(12), augmentation=one, plan=plan, key={"seed": seed})
        given_back = np.concatenate(list(reconstructions(network, images)))
        assert given_back[is_dark].mean() < 0.3
        assert given_back[~is_dark].mean() > 0.7
