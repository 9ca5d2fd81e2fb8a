"""The convolution without a centre is the network on concatenated neighbours."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from anomalylab.training import TrainingPlan, neighbourhood
from anomalylab.training.neighbourhood import (
    Neighbourhood,
    NeighbourhoodNet,
    shares_of_kinds,
    train_neighbourhood,
)

SHAPE = Neighbourhood(reach=2, n_layers=3, width=16, dropout=0.0)
OFF_BY_ONE = Neighbourhood(reach=2, n_layers=3, width=16, dropout=0.0, is_off_by_one=True)


def maps_of(rng, n_images=2, side=6, n_channels=3):
    maps = torch.from_numpy(rng.normal(size=(n_images, n_channels, side, side)))
    return maps.float().requires_grad_()


def concatenated(maps, reach, left_out):
    """All neighbours of each cell one after another: (n, rows, cols, n_neighbours, channels)."""
    n_images, n_channels, n_rows, n_cols = maps.shape
    around = [(y, x) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)]
    del around[left_out]
    rows = torch.zeros(n_images, n_rows, n_cols, len(around), n_channels)
    for row, col in np.ndindex(n_rows, n_cols):
        for place, (y, x) in enumerate(around):
            if 0 <= row + y < n_rows and 0 <= col + x < n_cols:
                rows[:, row, col, place] = maps[:, :, row + y, col + x]
    return rows


@pytest.mark.parametrize(("shape", "left_out"), [(SHAPE, 12), (OFF_BY_ONE, 13)])
def test_it_equals_the_network_on_concatenated_neighbours(rng, shape, left_out):
    network, maps = NeighbourhoodNet(3, 5, shape, seed=1).train(), maps_of(rng)
    weight = network.first.weight.flatten(2)  # (width, channels, taps)
    weight = torch.cat([weight[:, :, :left_out], weight[:, :, left_out + 1 :]], 2)
    rows = (
        concatenated(maps, 2, left_out).flatten(3).flatten(0, 2)
    )  # (cells, neighbours * channels)
    values = functional.linear(rows, weight.transpose(1, 2).flatten(1), network.first.bias)
    for norm, last in ((network.rest[0], network.rest[3]), (network.rest[4], network.rest[7])):
        mean, variance = values.mean(0), values.var(0, unbiased=False)
        values = (values - mean) / (variance + norm.eps).sqrt() * norm.weight + norm.bias
        values = functional.linear(values.relu(), last.weight[:, :, 0, 0], last.bias)
    logits = network(maps).permute(0, 2, 3, 1).flatten(0, 2)
    torch.testing.assert_close(logits, values, rtol=1e-4, atol=1e-5)


def influence(shape, maps, row, col):
    """The absolute derivative of the logits of one cell by all cells of its image."""
    network = NeighbourhoodNet(3, 5, shape, seed=1).eval()
    (gradient,) = torch.autograd.grad(network(maps)[0, :, row, col].square().sum(), maps)
    return gradient[0].abs().sum(0)


def test_a_cell_has_no_influence_on_what_its_neighbours_say_of_it(rng):
    by_cell = influence(SHAPE, maps_of(rng), 3, 2)
    assert by_cell[3, 2] == 0
    assert (by_cell[1:6, 0:5] > 0).sum() == 24
    assert by_cell.count_nonzero() == 24


def test_in_the_published_code_it_has_and_its_right_neighbour_has_none(rng):
    by_cell = influence(OFF_BY_ONE, maps_of(rng), 3, 2)
    assert by_cell[3, 2] > 0
    assert by_cell[3, 3] == 0


def learnable(rng, n_images=8):
    """Stripes whose two kinds take turns: a cell is of the kind that its left neighbour is not."""
    turns = (np.arange(6) + rng.integers(2, size=(n_images, 6, 1))) % 2
    noise = rng.normal(0, 0.1, (n_images, 6, 6, 2))
    return (np.eye(2)[turns] + noise).astype(np.float32), turns


PLAN = TrainingPlan(epochs=8, batch_size=4, learning_rate=0.02, validation=0.25)


def learnt(maps, kinds, **options):
    options = {"n_kinds": 2, "shape": SHAPE, "plan": PLAN, "key": {"test": 1}, **options}
    return train_neighbourhood(maps, kinds, np.arange(len(maps)), **options)


def test_it_learns_what_neighbours_tell_and_gives_shares(rng):
    maps, kinds = learnable(rng)
    network, history = learnt(maps, kinds)
    assert set(history["measure"]) == {"loss", "accuracy"}
    shares = shares_of_kinds(network, maps)
    assert (shares.argmax(3) == kinds).mean() > 0.95
    np.testing.assert_allclose(shares.sum(axis=3), 1, rtol=1e-5)
    softer = shares_of_kinds(network, maps, temperature=3.0)
    np.testing.assert_allclose(
        np.log(softer[..., 1] / softer[..., 0]) * 3,
        np.log(shares[..., 1] / shares[..., 0]),
        rtol=1e-3,
        atol=1e-3,
    )
    alone = shares_of_kinds(network, maps[[2]])
    np.testing.assert_array_equal(alone[0], shares[2])


def test_images_are_held_out_whole_and_groups_together(rng, monkeypatch):
    maps, kinds = learnable(rng)
    seen = {}

    def spy(network, loss_of, *, groups, plan, key):
        seen["groups"] = groups
        _, measures = loss_of(np.array([1, 5]), rng, False)
        seen["accuracy"] = measures["accuracy"]

    monkeypatch.setattr(neighbourhood, "train", spy)
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    train_neighbourhood(maps, kinds, groups, n_kinds=2, shape=SHAPE, plan=PLAN, key={})
    np.testing.assert_array_equal(seen["groups"], groups)
    assert 0 <= seen["accuracy"] <= 1


def test_a_margin_is_seen_and_not_asked_for(rng):
    maps, kinds = learnable(rng)
    wrong = kinds.copy()
    wrong[:, :, [0, 5]] = 0
    wrong[:, [0, 5]] = 0
    one, _ = learnt(maps, kinds, margin=1)
    other, _ = learnt(maps, wrong, margin=1)
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)


def test_a_training_is_found_again_and_not_taken_for_one_of_other_maps(rng, monkeypatch):
    maps, kinds = learnable(rng)
    first, history = learnt(maps, kinds)
    calls = []
    monkeypatch.setattr(
        NeighbourhoodNet, "forward", lambda self, maps: calls.append(maps) or torch.zeros(0)
    )
    again, found = learnt(maps, kinds)
    assert not calls
    assert found.equals(history)
    torch.testing.assert_close(again.first.weight, first.first.weight, rtol=0, atol=0)
    with pytest.raises((IndexError, RuntimeError)):  # trains anew, which the spy cannot
        learnt(maps[::-1].copy(), kinds)
    assert calls


def test_no_list_of_neighbours_is_made():
    network = NeighbourhoodNet(32, 4, Neighbourhood(reach=4, n_layers=3, width=16)).eval()
    maps = torch.randn(1, 32, 24, 24).contiguous(memory_format=torch.channels_last)
    listed = 24 * 24 * 80 * 32 * 4  # bytes of all neighbours of all cells
    with torch.profiler.profile(profile_memory=True) as profile, torch.no_grad():
        network(maps)
    largest = max(event.self_cpu_memory_usage for event in profile.key_averages())
    assert 0 < largest < listed / 10
