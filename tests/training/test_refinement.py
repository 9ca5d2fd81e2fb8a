"""The network that refines maps adds to them, and learns from drawn defects."""

import numpy as np
import pytest
import torch

from anomalylab.errors import ParameterError
from anomalylab.training import TrainingPlan
from anomalylab.training.refinement import (
    Examples,
    RefinementNet,
    refined_maps,
    refinement_loss,
    train_refinement,
)


def test_the_loss_of_three_by_three_pixels_by_hand():
    refined = torch.tensor([[[[1.0, 0, 0], [0, 2, 0], [0, 0, 0]]]])
    truth = torch.tensor([[[[1.0, 0, 0], [0, 0, 0], [0, 0, 1]]]])
    # D = [[0 0 0] [0 2 0] [0 0 -1]]: squares 4 + 1 = 5
    # down:  [[0 2 0] [0 -2 -1] [0 0 0]]: 4 + 4 + 1 = 9
    # right: [[0 0 0] [2 -2 0] [0 -1 0]]: 4 + 4 + 1 = 9
    assert refinement_loss(refined, truth).item() == pytest.approx((5 / 2 + (9 + 9) / 4) / 9)


def test_a_network_that_adds_nothing_leaves_maps_as_they_are(rng):
    network = RefinementNet(4)
    network.low.fill_(3.0)
    network.span.fill_(2.5)
    images = rng.integers(256, size=(3, 16, 24, 3), dtype=np.uint8)
    maps = rng.normal(size=(3, 16, 24)).astype(np.float32)
    for blend in (0.0, 0.1, 1.0):
        refined = refined_maps(network, images, maps, blend=blend)
        np.testing.assert_allclose(refined, maps, atol=1e-5)


def test_the_network_is_small():
    for width in (8, 16):
        assert sum(p.numel() for p in RefinementNet(width).parameters()) <= 1_000_000


def drawn(rng, n_images=24, side=16):
    """Grey images, every other with a bright square that the map of 4 x 4 cells sees dimly."""
    images = rng.integers(90, 110, size=(n_images, side, side, 3), dtype=np.uint8)
    masks = np.zeros((n_images, side, side), bool)
    maps = rng.uniform(1, 1.5, (n_images, 4, 4)).astype(np.float32)
    for i in range(0, n_images, 2):
        top, left = rng.integers(1, side - 6, 2)
        masks[i, top : top + 5, left : left + 5] = True
        images[i][masks[i]] = 230
        maps[i, (top + 2) // 4, (left + 2) // 4] += 1
    return Examples(images, maps, masks, np.repeat(np.arange(n_images // 2), 2))


PLAN = TrainingPlan(epochs=30, batch_size=8, learning_rate=0.02, validation=0.25)


@pytest.fixture(scope="module")
def trained():
    examples = drawn(np.random.default_rng(0))
    network, history = train_refinement(examples, width=4, plan=PLAN, key={})
    return examples, network, history


def test_it_learns_to_turn_maps_into_masks(trained):
    _, network, history = trained
    held_out = history[history["part"] == "validation"].pivot(
        index="epoch", columns="measure", values="value"
    )
    assert held_out["loss"].min() < held_out["before"].iloc[0] / 3
    new = drawn(np.random.default_rng(1))
    before = refined_maps(network, new.images, new.maps, blend=0.0)
    after = refined_maps(network, new.images, new.maps, blend=1.0)
    truth = new.masks * float(network.span) + float(network.low)
    assert np.square(after - truth).mean() < np.square(before - truth).mean() / 3
    mixed = refined_maps(network, new.images, new.maps, blend=0.25)
    np.testing.assert_allclose(mixed, 0.25 * after + 0.75 * before, rtol=1e-4, atol=1e-4)


def test_maps_are_scaled_by_what_lies_beside_and_within_defects(trained):
    examples, network, _ = trained
    assert 1 < float(network.low) < 1.5
    assert float(network.low + network.span) > 1.5
    shifted = examples._replace(maps=examples.maps * 10 + 7)
    other, _ = train_refinement(shifted, width=4, plan=TrainingPlan(epochs=1, batch_size=8), key={})
    assert float(other.low) == pytest.approx(float(network.low) * 10 + 7, rel=1e-4)
    assert float(other.span) == pytest.approx(float(network.span) * 10, rel=1e-4)


def test_where_defects_do_not_score_higher_maps_are_scaled_by_their_deviation(rng):
    examples = drawn(rng, 8)
    blind = examples._replace(maps=rng.uniform(1, 1.5, (8, 4, 4)).astype(np.float32))
    blind.maps[:, 0, 0] = 9
    plan = TrainingPlan(epochs=1, batch_size=8)
    network, history = train_refinement(blind, width=4, plan=plan, key={})
    assert 0.3 < float(network.span) < 9
    assert history["value"].max() < 10


def test_what_cannot_be_learnt_from_is_refused(rng):
    examples = drawn(rng, 4)
    with pytest.raises(ParameterError, match="no example has a defect"):
        train_refinement(examples._replace(masks=np.zeros_like(examples.masks)), plan=PLAN, key={})
    with pytest.raises(ParameterError, match="multiples of 8, not 12 x 16"):
        train_refinement(
            Examples(
                examples.images[:, :12], examples.maps, examples.masks[:, :12], examples.groups
            ),
            plan=PLAN,
            key={},
        )
