"""Bodies: networks cut into a frozen and a learning part."""

import numpy as np
import pytest
import torch
from torch import nn

from anomalylab import extractors
from anomalylab.errors import ParameterError, UnknownNameError

CUTS = [
    ("tiny", {"size": 32}),
    ("tiny", {"size": 32, "frozen": None}),
    ("lite0", {"size": 64}),
    ("lite0", {"size": 64, "frozen": "block6"}),
    ("resnet18", {"size": 64, "frozen": "layer2", "weights": "random"}),
    ("timm:convnext_atto", {"size": 64, "frozen": "stages.1", "weights": "random"}),
    ("dinov2_vits14", {"size": 56, "frozen": "block9", "weights": "random"}),
]


def some_images(size, n_images=2):
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.integers(0, 256, (n_images, size, size, 3), dtype=np.uint8))


@pytest.mark.parametrize(("name", "options"), CUTS)
def test_the_two_parts_have_the_shapes_they_tell(name, options):
    body = extractors.body(name, **options)
    maps = body.lower(some_images(options["size"]))
    last = body.upper(maps)
    assert maps.dtype == torch.float32
    assert tuple(maps.shape[1:]) == body.shape
    assert last.shape[-1] == body.n_channels
    assert last.ndim == 4
    assert not any(parameter.requires_grad for parameter in body.lower.parameters())
    assert all(parameter.requires_grad for parameter in body.upper.parameters())


@pytest.mark.parametrize(
    ("name", "level", "size", "options"),
    [
        ("lite0", "block7", 64, {}),
        ("resnet18", "layer4", 64, {"weights": "random", "frozen": "layer2"}),
        ("dinov2_vits14", "block12", 56, {"weights": "random", "frozen": "block3"}),
        ("dinov2_vits14", "block12", 56, {"weights": "random", "frozen": None}),
    ],
)
def test_both_parts_together_are_the_network(name, level, size, options):
    body = extractors.body(name, size=size, **options)
    images = some_images(size)
    with torch.inference_mode():
        found = body.upper.eval()(body.lower(images)).numpy()
    given = {key: value for key, value in options.items() if key == "weights"}
    whole = extractors.create(name, levels=[level], size=size, engine="torch", **given)
    expected = whole(images.numpy())[level]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_tokens_of_no_cell_stand_above_the_cells():
    body = extractors.body("dinov2_vits14", size=56, frozen="block1", weights="random")
    assert body.shape == (5, 4, 384)  # 4 x 4 cells, and the class token in a row of its own
    maps = body.lower(some_images(56))
    assert not maps[:, 0, 1:].any()
    last = body.upper(maps)
    assert last.shape == (2, 4, 4, 384)
    moved = maps.clone()
    moved[:, 0, 0] = -moved[:, 0, 0]
    assert not torch.equal(body.upper(moved), last)  # and the cells look at it
    moved = maps.clone()
    moved[:, 0, 1:] = 1.0
    assert torch.equal(body.upper(moved), last)  # but not at what fills the row up


def test_batch_normalisations_keep_to_the_statistics_that_came_with_the_weights():
    body = extractors.body("lite0", size=64, frozen="block6")
    head = nn.Sequential(body.upper, nn.BatchNorm2d(2)).train()
    maps = body.lower(some_images(64, 3))
    one, all_three = head[0](maps[:1]), head[0](maps)
    torch.testing.assert_close(one, all_three[:1], rtol=1e-4, atol=1e-4)
    assert head[1].training
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in body.upper.modules())


def test_random_batch_normalisations_learn_their_statistics():
    body = extractors.body("tiny", size=32)
    before = [buffer.clone() for buffer in body.upper.buffers()]
    body.upper.train()(body.lower(some_images(32, 3)))
    assert any(not torch.equal(a, b) for a, b in zip(before, body.upper.buffers(), strict=True))


def test_the_lower_part_never_trains():
    body = extractors.body("tiny", size=32)
    nn.ModuleList([body.lower, body.upper]).train()
    assert not any(layer.training for layer in body.lower.modules())
    assert all(layer.training for layer in body.upper.modules())


def test_random_weights_are_told_and_the_same_every_time():
    one, other = (extractors.body("tiny", size=32) for _ in range(2))
    assert one.is_random
    assert "RANDOM" in one.description
    assert one.digest == other.digest
    for a, b in zip(one.upper.parameters(), other.upper.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not extractors.body("lite0", size=64).is_random


def test_the_digest_tells_size_cut_and_weights_apart():
    bodies = [
        extractors.body("lite0", size=64),
        extractors.body("lite0", size=96),
        extractors.body("lite0", size=64, frozen="block5"),
        extractors.body("lite0", size=64, weights="random"),
        extractors.body("tiny", size=64),
    ]
    assert len({body.digest for body in bodies}) == len(bodies)


def test_building_a_body_leaves_the_generator_of_torch_as_it_was():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    extractors.body("tiny", size=32)
    assert torch.equal(torch.rand(2), expected)


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("lite0", {"frozen": "block7"}, ParameterError, "nothing of lite0 would learn"),
        ("tiny", {"frozen": "block5"}, ParameterError, "nothing of tiny would learn"),
        ("lite0", {"frozen": "blok4"}, UnknownNameError, "did you mean 'block4'"),
        ("tiny", {"frozen": "layer1"}, UnknownNameError, "level of tiny"),
        ("tiny", {"size": 8}, ParameterError, "16 pixels"),
        ("lite0", {"size": 8}, ParameterError, "16 to"),
        ("pixels", {}, ParameterError, "no network that could learn"),
        ("litte0", {}, UnknownNameError, "did you mean 'lite0'"),
        (
            "timm:swin_tiny_patch4_window7_224",
            {"weights": "random", "frozen": "layers.1"},
            ParameterError,
            "do not simply follow one another",
        ),
    ],
)
def test_what_cannot_be_cut_is_refused(name, options, error, words):
    with pytest.raises(error, match=words):
        extractors.body(name, **options)
