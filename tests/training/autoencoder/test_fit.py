"""Training: one batch is learnt by heart, and no line beats principal components."""

import numpy as np
import pytest
import torch

from anomalylab.errors import ParameterError, TrainingStopped
from anomalylab.training import TrainingPlan, watching
from anomalylab.training.autoencoder import fit as fitting
from anomalylab.training.autoencoder.architectures import architecture
from anomalylab.training.autoencoder.fit import fit
from anomalylab.training.autoencoder.network import AutoEncoder, reconstructions
from anomalylab.training.autoencoder.options import Augmentation

SIDE = 64


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


def waves(n_images, n_waves, seed=0):
    """Images that are sums of so many waves: the space of all has as many dimensions."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:SIDE, :SIDE] / SIDE
    angles = rng.uniform(0, np.pi, n_waves)
    phases = np.cos(
        2 * np.pi * (np.cos(angles)[:, None, None] * rows + np.sin(angles)[:, None, None] * cols)
    )
    colours = rng.uniform(0.3, 1, (n_waves, 1, 1, 3))
    weights = rng.normal(size=(n_images, n_waves)) * np.geomspace(60, 30, n_waves)
    images = 128 + np.tensordot(weights, phases[..., None] * colours, axes=1) / 2
    return np.rint(images).clip(0, 255).astype(np.uint8)


def reconstructed(network, images):
    return np.concatenate(list(reconstructions(network, images)))


def mean_square(network, images):
    return float(np.square(reconstructed(network, images) - images / np.float32(255)).mean())


def trained(network, images, *, key=None, n_images=1, **options):
    plan = {"epochs": 1, "batch_size": 8, "validation": 0.0, "device": "cpu"}
    names = {"plan": TrainingPlan(**(plan | options.pop("plan", {})))}
    return fit(
        network,
        images,
        np.arange(len(images)),
        augmentation=Augmentation(n_images=n_images),
        key=key or {},
        **names,
        **options,
    )


def four_of_three_waves():
    """Images whose mean is grey and whose three principal components are smooth waves."""
    rows, cols = np.cos(np.pi * np.mgrid[:SIDE, :SIDE] / SIDE)
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * [40, 28, 16]
    images = 128 + np.tensordot(signs, [rows, cols, rows * cols], 1)[..., None] * [1, 0.8, 0.6]
    return np.rint(images).astype(np.uint8)


def test_one_batch_is_learnt_by_heart():
    images = four_of_three_waves()
    network = AutoEncoder(architecture("tiny"))
    before = mean_square(network, images)
    trained(network, images, plan={"epochs": 80, "learning_rate": 0.02})
    assert mean_square(network, images) < 1e-3 < before / 10


def test_a_linear_one_approaches_the_principal_components_from_above():
    images = four_of_three_waves()
    flat = images.reshape(len(images), -1) / 255
    energies = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2
    explained, discarded = energies[:2].sum(), energies[2:].sum()
    beyond = []
    for n_epochs in (40, 350):
        network = AutoEncoder(architecture("tiny", latent=2, is_linear=True, output="linear"))
        trained(network, images, plan={"epochs": n_epochs, "learning_rate": 0.005})
        beyond.append(flat.size * mean_square(network, images) - discarded)
    assert beyond[0] > beyond[1] > 0
    assert beyond[1] < 0.1 * explained


def test_the_image_that_a_batch_holds_alone_is_learnt_from_too():
    images = waves(9, 4)
    history = trained(AutoEncoder(architecture("tiny")), images, plan={"epochs": 1})
    assert np.isfinite(history["value"]).all()


def test_copies_are_held_out_with_their_image(monkeypatch):
    seen = {}

    def note(modules, loss_of, *, groups, plan, key):
        seen.update(groups=groups, key=key)

    monkeypatch.setattr(fitting, "train", note)
    trained(AutoEncoder(architecture("tiny")), waves(4, 2), n_images=10, key={"who": "me"})
    assert seen["groups"].tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert seen["key"]["who"] == "me"
    assert "n_images=10" in seen["key"]["copies"]


def test_a_denoising_one_is_compared_with_what_has_no_noise(monkeypatch):
    asked = []

    class Remembers(AutoEncoder):
        def forward(self, images):
            asked.append(images.clone())
            return images

    images = waves(4, 2)
    network = Remembers(architecture("tiny"))
    loss_of = fitting._loss_of(network, images, "l2", 0.1)
    rng = np.random.default_rng(0)
    rows = np.arange(4)
    noisy, _ = loss_of(rows, rng, True)
    clean, _ = loss_of(rows, rng, False)
    assert noisy.item() == pytest.approx(0.01, rel=0.05)
    assert clean.item() == 0
    assert not torch.equal(*asked)


def test_a_loss_that_is_another_has_l2_beside_it():
    history = trained(AutoEncoder(architecture("tiny")), waves(4, 2), loss="ssim")
    assert set(history["measure"]) == {"loss", "l2"}


def test_who_looks_on_is_told_of_each_epoch_and_stops_it():
    told, ended = [], []

    class Stops:
        def told(self, history):
            told.append(history["epoch"].max())

        def wants_to_stop(self):
            return len(told) == 2

    network, images = AutoEncoder(architecture("tiny")), waves(4, 2)
    with watching(Stops()), pytest.raises(TrainingStopped):
        trained(network, images, plan={"epochs": 3}, after_epoch=ended.append)
    assert told == ended == [1, 2]
    trained(AutoEncoder(architecture("tiny")), images, plan={"epochs": 3}, after_epoch=ended.append)
    assert ended == [1, 2, 3]  # it went on


def test_reconstructions_do_not_depend_on_how_many_pass_at_a_time():
    images = waves(5, 3)
    network = AutoEncoder(architecture("tiny"))
    network.train()
    one, other = (np.concatenate(list(reconstructions(network, images, n))) for n in (2, 5))
    assert one == pytest.approx(other, abs=1e-6)
    assert network.training
    assert one.dtype == np.float32
    assert one.shape == images.shape


def test_images_of_another_size_are_refused_before_they_are_copied():
    images = np.zeros((2, 60, 64, 3), np.uint8)
    with pytest.raises(ParameterError, match="sides of 64, 72"):
        trained(AutoEncoder(architecture("tiny")), images)
