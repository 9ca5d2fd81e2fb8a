"""Maps of the frozen part: computed once, found again by content, and as good as the whole."""

import numpy as np
import pytest
import torch
from torch import nn

from anomalylab import extractors
from anomalylab.errors import ParameterError
from anomalylab.training import frozen
from anomalylab.training.frozen import LowerFeatures


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def body():
    return extractors.body("tiny", size=32)


@pytest.fixture
def n_computed(monkeypatch):
    """Images that went through the frozen part so far, and the call that counts them."""
    counts = []
    compute = LowerFeatures._computed

    def counted(self, images):
        counts.append(len(images))
        return compute(self, images)

    monkeypatch.setattr(LowerFeatures, "_computed", counted)
    return lambda: sum(counts)


def test_maps_are_those_of_the_frozen_part(body, images):
    expected = body.lower(torch.from_numpy(images)).numpy()
    found = LowerFeatures(body).of(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_an_image_is_computed_once_wherever_it_stands(body, images, n_computed):
    first = LowerFeatures(body).of(images[:3])
    assert n_computed() == 3
    again = LowerFeatures(body).of(images[[2, 0, 4, 0]])
    assert n_computed() == 4
    np.testing.assert_array_equal(again[[0, 1, 3]], first[[2, 0, 0]])


def test_maps_are_the_same_to_the_last_bit_whatever_they_are_computed_with():
    images = np.random.default_rng(2).integers(0, 256, (17, 64, 64, 3), dtype=np.uint8)
    features = LowerFeatures(extractors.body("lite0", size=64))
    together = features.of(images, keep=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        by_two = features.of(images, keep=False)
        alone = features.of(images[-1:], keep=False)
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(by_two, together)
    np.testing.assert_array_equal(alone, together[-1:])


def test_other_weights_or_another_cut_have_maps_of_their_own(body, images, n_computed):
    LowerFeatures(body).of(images)
    LowerFeatures(extractors.body("tiny", size=32, frozen="block2")).of(images)
    assert n_computed() == 10


def test_images_seen_once_are_not_kept(body, images, tmp_path, n_computed):
    for _ in range(2):
        LowerFeatures(body).of(images, keep=False)
    assert n_computed() == 10
    assert not list((tmp_path / "cache").rglob("*.npy"))


def test_damaged_maps_are_computed_again(body, images, n_computed, caplog):
    features = LowerFeatures(body)
    expected = features.of(images)
    (path,) = features.store.folder.rglob("*.npy")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    np.testing.assert_array_equal(features.of(images), expected)
    assert n_computed() == 10
    assert "damaged" in caplog.text


def test_many_maps_are_read_from_disk(body, images, monkeypatch):
    expected = LowerFeatures(body).of(images)
    monkeypatch.setattr(frozen, "IN_MEMORY", 100)
    found = LowerFeatures(body).of(images)
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, expected)


def test_images_of_another_size_or_type_are_refused(body, images):
    for wrong in (images[:, :16], images.astype(np.float32), images[..., :1]):
        with pytest.raises(ParameterError, match=r"uint8 images of shape \(n_images, 32, 32, 3\)"):
            LowerFeatures(body).of(wrong)


@pytest.mark.parametrize(("name", "cut"), [("tiny", "block3"), ("lite0", "block5")])
def test_gradients_of_what_learns_are_those_through_the_whole_network(name, cut):
    size = 64
    images = np.random.default_rng(1).integers(0, 256, (4, size, size, 3), dtype=np.uint8)
    labels = torch.tensor([0, 1, 0, 1])
    body = extractors.body(name, size=size, frozen=cut)
    whole = extractors.body(name, size=size, frozen=None)
    head = nn.Linear(body.n_channels, 2)

    def gradients(upper, maps):
        logits = head(upper.eval()(maps).mean((1, 2)))
        nn.functional.cross_entropy(logits, labels).backward()
        return {key: parameter.grad for key, parameter in upper.layers.named_parameters()}

    cached = gradients(body.upper, torch.from_numpy(LowerFeatures(body).of(images)))
    through_all = gradients(whole.upper, whole.lower(torch.from_numpy(images)))
    assert cached
    assert len(through_all) > len(cached)
    for key, gradient in cached.items():
        expected = through_all[key]
        tolerance = 1e-4 * float(expected.abs().max()) + 1e-9
        torch.testing.assert_close(gradient, expected, rtol=0, atol=tolerance)


@pytest.mark.usefixtures("torch_warns_always")
def test_images_that_may_only_be_read_have_maps_too(body, images):
    expected = LowerFeatures(body)._computed(images)
    images.flags.writeable = False
    np.testing.assert_array_equal(LowerFeatures(body)._computed(images), expected)
