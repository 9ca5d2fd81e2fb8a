"""CutPaste by hand: what it tells apart, its loss, its Gaussian and its map."""

import numpy as np
import pytest
import torch

from anomalylab import detectors, extractors, synthesise
from anomalylab.detectors import _pasted
from anomalylab.detectors.cutpaste import VARIANTS
from anomalylab.errors import UnknownNameError
from anomalylab.features import Features
from anomalylab.training.grad_cam import grad_cam

SIZE = 48


@pytest.fixture(scope="module")
def body():
    return extractors.body("tiny", size=SIZE)


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (9, SIZE, SIZE, 3), dtype=np.uint8)


def pasted(body, images, *, kinds=VARIANTS["3-way"], n_copies=2, seed=0):
    digests = [f"{int(image.sum()):012x}" for image in images]
    return _pasted.Pasted(body, images, digests, kinds, n_copies, seed)


def level_of(images):
    return Features({"pixels": images.astype(np.float32) / 255})


def made(**params):
    return detectors.create("cutpaste", **{"preset": "tiny", "size": SIZE, **params})


def test_maps_come_by_class_the_images_first(body, images, rng):
    rows = np.array([4, 1])
    maps = pasted(body, images).maps(rows, rng)
    assert maps.shape == (6, *body.shape)
    np.testing.assert_array_equal(maps[:2], pasted(body, images).plain[rows])
    for copies in (maps[2:4], maps[4:6]):
        assert (np.abs(copies - maps[:2]).max(axis=(1, 2, 3)) > 0).all()


def test_a_copy_depends_on_its_image_its_number_and_the_seed_alone(body, images):
    whole, some = pasted(body, images), pasted(body, images[3:6])
    for kind in VARIANTS["3-way"]:
        for number in range(2):
            one, other = whole.copies[kind][number][3:6], some.copies[kind][number]
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
        assert (whole.copies[kind][0] != whole.copies[kind][1]).any()
    other = pasted(body, images, seed=1).copies["cutpaste"][0]
    assert (other != whole.copies["cutpaste"][0]).any()


def test_copies_that_are_drawn_otherwise_are_another_training(images, monkeypatch):
    first = made().fit(level_of(images))
    drawn = synthesise.registry.get("cutpaste")
    monkeypatch.setitem(
        synthesise.registry._factories, "cutpaste", lambda i, rng: drawn(i, rng, jitter=0.5)
    )
    again = made().fit(level_of(images))
    assert any((first.weights_[name] != again.weights_[name]).any() for name in first.weights_)


def test_copies_are_new_all_the_time_where_none_are_drawn_beforehand(body, images, rng):
    endless = pasted(body, images, n_copies=None, kinds=("cutpaste",))
    first, second = (endless.maps(np.array([2]), rng) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert (first[1] != second[1]).any()


def test_the_loss_of_a_network_that_knows_nothing_is_the_logarithm_of_the_classes(body):
    network = _pasted.network_of(body, 3, seed=0)
    torch.nn.init.zeros_(network["head"][-1].weight)
    torch.nn.init.zeros_(network["head"][-1].bias)
    maps = np.random.default_rng(0).random((6, *body.shape)).astype(np.float32)
    loss, measures = _pasted.loss_of_classes(network, maps, 3)
    assert float(loss.detach()) == pytest.approx(np.log(3))
    assert measures["accuracy"] == pytest.approx(1 / 3)  # all are called the first class


@pytest.mark.parametrize(("variant", "n_classes"), [("normal", 2), ("scar", 2), ("3-way", 3)])
def test_variants_tell_as_many_classes_apart(images, variant, n_classes):
    detector = made(variant=variant).fit(level_of(images))
    last = max(name for name in detector.weights_ if name.startswith("head") and "bias" in name)
    assert detector.weights_[last].shape == (n_classes,)


def test_the_score_is_the_mahalanobis_distance_of_the_embedding(images):
    detector = made().fit(level_of(images))
    network, body = detector._learnt()
    maps = np.concatenate(list(_pasted.learnt_maps(network, body, images)))
    z = maps.mean(axis=(1, 2), dtype=np.float64)
    mahalanobis = detectors.create("mahalanobis").fit(Features({"z": maps}))
    np.testing.assert_allclose(
        detector.image_scores(level_of(images)), mahalanobis.image_scores(Features({"z": maps}))
    )
    np.testing.assert_allclose(detector.mean_["learnt"], z.mean(axis=0))


def test_the_map_sums_to_the_distance(images):
    image_scores, score_map = made().fit(level_of(images)).score(level_of(images))
    np.testing.assert_allclose(score_map.sum(axis=(1, 2)), image_scores, rtol=1e-4)


def test_the_map_can_be_grad_cam_of_that_distance(images):
    detector = made(map="gradcam").fit(level_of(images))
    network, body = detector._learnt()
    mean, scale, factor = (
        torch.from_numpy(np.asarray(part["learnt"]))
        for part in (detector.mean_, detector.scale_, detector.factor_)
    )

    def distance(z):
        centred = z.double() - mean
        weighted = (centred @ factor.T) @ factor
        inverse = scale * centred - weighted if float(scale) > 0 else weighted
        return (centred * inverse).sum(dim=1).sqrt()

    lower = body.lower(torch.from_numpy(images)).numpy()
    heat = grad_cam(lower, network["upper"], lambda maps: maps.mean(dim=(1, 2)), distance)
    np.testing.assert_allclose(
        detector.score_map(level_of(images)), heat, rtol=1e-3, atol=1e-4 * heat.max()
    )


def test_copies_are_told_better_after_learning(images):
    curve = made(epochs=30, validation=0.0, batch_size=9).fit(level_of(images)).training_curve()
    losses = curve[curve["measure"] == "loss"]["value"].to_numpy()
    assert losses[-1] < 0.6 * losses[0]


def test_everything_can_learn_in_steps_on_copies_that_are_always_new(images):
    detector = made(frozen=None, copies=None, steps=2, batch_size=4, validation=0.0)
    scores = detector.fit(level_of(images)).image_scores(level_of(images))
    assert np.isfinite(scores).all()
    assert any(name.startswith("upper.layers.block1") for name in detector.weights_)


def test_an_unknown_variant_or_map_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="3-way"):
        made(variant="3way")
    with pytest.raises(UnknownNameError, match="gradcam"):
        made(map="grad-cam")
