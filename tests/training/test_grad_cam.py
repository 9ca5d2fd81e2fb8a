"""Heat by hand, by finite formulas, and what it must not depend on."""

import numpy as np
import pytest
import torch
from torch import nn

from anomalylab.errors import ParameterError, UnknownNameError
from anomalylab.training.grad_cam import (
    BATCH,
    channel_means,
    class_logit,
    distance_to,
    distance_to_nearest,
    grad_cam,
    heat_in_mask,
)


class Head(nn.Module):
    """Mean over cells, then a linear layer: weights by hand."""

    def __init__(self, weights):
        super().__init__()
        self.linear = nn.Linear(weights.shape[1], weights.shape[0])
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(weights))

    def forward(self, maps):
        return self.linear(maps.mean(dim=(1, 2)))


class Tokens(nn.Module):
    """A small transformer: cells become tokens, and come back as cells without the class token."""

    def __init__(self, n_channels):
        super().__init__()
        self.start = nn.Parameter(torch.randn(1, 1, n_channels))
        layer = nn.TransformerEncoderLayer(n_channels, 2, 16, dropout=0.5, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)

    def forward(self, cells):
        n, rows, cols, channels = cells.shape
        tokens = torch.cat(
            [self.start.expand(n, -1, -1), cells.reshape(n, rows * cols, channels)], dim=1
        )
        return self.layers(tokens)[:, 1:].reshape(n, rows, cols, channels)


class Convolutions(nn.Module):
    """A convolution with a normalisation that looks at the batch while it learns."""

    def __init__(self, n_channels):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(n_channels, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU()
        )

    def forward(self, cells):
        return self.layers(cells.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


UPPERS = {"convolutions": (Convolutions, 6), "tokens": (Tokens, 4)}


@pytest.fixture(params=UPPERS)
def network(request):
    """An upper part, and a head whose outputs are an embedding, in training mode."""
    build, n_channels = UPPERS[request.param]
    upper = build(4)
    head = nn.Sequential(Head(drawn(8, n_channels)), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    return upper.train(), head.train()


def test_a_linear_head_by_hand():
    maps = np.array([[[[1, 2], [3, -1]], [[0, 1], [-2, 4]]]], np.float32)  # 2 x 2 cells, 2 channels
    heat = grad_cam(
        maps, nn.Identity(), Head(np.array([[1, 0], [2, -1]], np.float32)), class_logit(1)
    )
    # A channel weighs w_c / 4: 2/4 and -1/4.
    by_hand = np.array([[[0.5 - 0.5, 1.5 + 0.25], [-0.25, -1 - 1]]])
    np.testing.assert_allclose(heat, np.maximum(by_hand, 0), rtol=1e-6)
    assert heat.dtype == np.float32


def test_heat_before_the_cut_sums_to_the_logit():
    maps = np.abs(drawn(3, 4, 5, 6))
    head = Head(np.abs(drawn(2, 6, seed=1)))
    heat = grad_cam(maps, nn.Identity(), head, class_logit(0))
    logits = head(torch.from_numpy(maps))[:, 0] - head.linear.bias[0]
    np.testing.assert_allclose(heat.sum(axis=(1, 2)), logits.detach(), rtol=1e-5)


def test_compared_with_another_image_by_hand():
    maps = np.array([[[[1, 2], [3, -1]]]], np.float32)  # 1 x 2 cells, 2 channels
    reference = np.array([[2.0, 1.0]], np.float32)
    heat = grad_cam(
        maps,
        nn.Identity(),
        Head(np.array([[2, -4]], np.float32)),
        class_logit(0),
        reference=reference,
    )
    # A channel weighs 2/2 and -4/2; cells differ by (-1, 1) and (1, -2).
    np.testing.assert_allclose(heat, [[[0, 1 + 4]]], rtol=1e-6)


def test_heat_shares_out_the_difference_to_what_is_compared():
    """Before the cut: two heads of opposite signs give the positive and the negative part."""
    maps, others = drawn(4, 3, 5, 6), drawn(4, 2, 2, 6, seed=5)
    weights = drawn(1, 6, seed=1)
    reference = channel_means(others, nn.Identity())
    parts = [
        grad_cam(maps, nn.Identity(), Head(sign * weights), class_logit(0), reference=reference)
        for sign in (1, -1)
    ]
    apart = (maps.mean(axis=(1, 2)) - others.mean(axis=(1, 2))) @ weights[0]
    np.testing.assert_allclose((parts[0] - parts[1]).sum(axis=(1, 2)), apart, rtol=1e-3, atol=1e-5)


def test_an_image_compared_with_itself_in_one_cell_has_no_heat(network):
    lower = drawn(3, 1, 1, 4)
    means = channel_means(lower, network[0])
    heat = grad_cam(lower, *network, class_logit(0), reference=means)
    np.testing.assert_allclose(heat, 0, atol=1e-5)
    one = grad_cam(lower, *network, class_logit(0), reference=means[0])
    assert one.shape == (3, 1, 1)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_the_distance_by_its_closed_form(distance):
    maps, normal = drawn(5, 3, 3, 4), drawn(7, 4, seed=1)
    heat = grad_cam(
        maps, nn.Identity(), lambda m: m.mean(dim=(1, 2)), distance_to_nearest(normal, distance)
    )
    for image, own in zip(maps.astype(float), heat, strict=True):
        z = image.mean(axis=(0, 1))
        if distance == "euclidean":
            near = min(normal.astype(float), key=lambda other: np.linalg.norm(z - other))
            gradient = (z - near) / np.linalg.norm(z - near)
        else:
            unit = z / np.linalg.norm(z)
            others = normal / np.linalg.norm(normal, axis=1, keepdims=True)
            near = max(others.astype(float), key=lambda other: unit @ other)
            gradient = -(near - (unit @ near) * unit) / np.linalg.norm(z)
        np.testing.assert_allclose(own, np.maximum(image @ gradient / 9, 0), atol=2e-6)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_the_nearest_is_that_of_an_image_of_its_own(distance, network):
    lower, normal = drawn(BATCH + 2, 3, 3, 4), drawn(5, 3, seed=3)
    upper, head = (part.eval() for part in network)
    with torch.no_grad():
        embedded = head(upper(torch.from_numpy(lower))).numpy()
    apart = np.linalg.norm(embedded[:, None] - normal, axis=2)
    if distance == "cosine":
        units = [part / np.linalg.norm(part, axis=1, keepdims=True) for part in (embedded, normal)]
        apart = 1 - units[0] @ units[1].T
    own = normal[apart.argmin(axis=1)]
    np.testing.assert_allclose(
        grad_cam(lower, upper, head, distance_to(own, distance)),
        grad_cam(lower, upper, head, distance_to_nearest(normal, distance)),
        rtol=1e-3,
        atol=1e-6,
    )


def test_heat_equals_autograd_through_the_whole_network(network):
    upper, head = network
    lower = drawn(4, 5, 6, 4)
    heat = grad_cam(lower, upper, head, class_logit(1))
    maps = upper.eval()(torch.from_numpy(lower))
    maps.retain_grad()
    head.eval()(maps)[:, 1].sum().backward()
    weighted = (maps.grad.mean(dim=(1, 2), keepdim=True) * maps).sum(dim=3)
    np.testing.assert_allclose(heat, weighted.clamp(min=0).detach(), rtol=1e-4, atol=1e-6)
    assert heat.shape == (4, 5, 6)
    assert heat.max() > 0


def test_no_image_changes_the_heat_of_another(network):
    lower = drawn(BATCH + 3, 3, 4, 4)
    target = distance_to_nearest(drawn(4, 3, seed=2))
    together = grad_cam(lower, *network, target)
    alone = np.concatenate([grad_cam(image[None], *network, target) for image in lower])
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-6)


def test_modes_and_weights_stay_as_they_were(network):
    upper, head = network
    head[1].eval()
    before = [m.training for part in network for m in part.modules()]
    state = {k: v.clone() for k, v in upper.state_dict().items()}
    grad_cam(drawn(2, 3, 3, 4), upper, head, class_logit(0))
    assert [m.training for part in network for m in part.modules()] == before
    assert all(torch.equal(state[k], v) for k, v in upper.state_dict().items())
    assert all(p.grad is None for part in network for p in part.parameters())


@pytest.mark.parametrize(
    "target", [lambda z: 0 * z[:, 0], lambda z: torch.zeros(len(z))], ids=["times 0", "constant"]
)
def test_without_a_gradient_there_is_no_heat(target):
    heat = grad_cam(drawn(2, 3, 3, 4), nn.Identity(), Head(drawn(2, 4)), target)
    np.testing.assert_array_equal(heat, 0)


def test_an_image_that_is_its_own_nearest_has_no_heat():
    maps = np.abs(drawn(2, 3, 3, 4))
    normal = maps.mean(axis=(1, 2))
    target = distance_to_nearest(normal, "euclidean")
    heat = grad_cam(maps, nn.Identity(), lambda m: m.mean(dim=(1, 2)), target)
    assert np.isfinite(heat).all()


def test_gradients_switched_off_outside_change_nothing():
    maps, head = drawn(2, 3, 3, 4), Head(drawn(2, 4))
    with torch.no_grad():
        inside = grad_cam(maps, nn.Identity(), head, class_logit(0))
    np.testing.assert_array_equal(inside, grad_cam(maps, nn.Identity(), head, class_logit(0)))


def test_bad_input_is_refused():
    head = Head(drawn(2, 4))
    with pytest.raises(ParameterError, match="at least one image"):
        grad_cam(drawn(0, 3, 3, 4), nn.Identity(), head, class_logit(0))
    with pytest.raises(ParameterError, match="one number for each of 2"):
        grad_cam(drawn(2, 3, 3, 4), nn.Identity(), head, lambda z: z)
    with pytest.raises(ParameterError, match="n_rows, n_cols"):
        grad_cam(drawn(2, 3, 4), nn.Identity(), head, class_logit(0))
    with pytest.raises(ParameterError, match="not finite"):
        grad_cam(drawn(2, 3, 3, 4) * np.inf, nn.Identity(), head, class_logit(0))
    with pytest.raises(ParameterError, match="each of 4 channels"):
        grad_cam(drawn(2, 3, 3, 4), nn.Identity(), head, class_logit(0), reference=drawn(3, 4))
    with pytest.raises(ParameterError, match="at least one row"):
        distance_to_nearest(drawn(0, 4))
    with pytest.raises(UnknownNameError, match="cosine"):
        distance_to_nearest(drawn(2, 4), "cosin")


def test_heat_in_a_mask_by_hand():
    # Two cells over four pixels: bilinear with aligned centres gives 0, 1/4, 3/4, 1.
    heat = np.array([[0.0, 1.0]])
    assert heat_in_mask(heat, np.array([[False, False, True, True]])) == pytest.approx(1.75 / 2)
    assert heat_in_mask(heat, np.array([[True, False, False, False]])) == 0
    even = np.ones((7, 7))
    mask = np.random.default_rng(0).random((30, 50)) < 0.2
    assert heat_in_mask(even, mask) == pytest.approx(mask.mean())
    assert heat_in_mask(even, np.zeros((4, 4), bool)) == 0
    assert np.isnan(heat_in_mask(np.zeros((2, 2)), np.ones((4, 4), bool)))
    with pytest.raises(ParameterError, match="negative"):
        heat_in_mask(-even, mask)
