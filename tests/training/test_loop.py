"""The training loop: seeds, what is kept, stops, and going on after a kill."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from anomalylab.errors import TrainingStopped
from anomalylab.training import TrainingPlan, watching
from anomalylab.training.loop import train

N_ROWS = 24


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


def points():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_ROWS, 3)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy((x[:, 0] > 0).astype(np.int64))


def net(seed=0):
    """Two layers with all that draws or counts: batch normalisation and dropout."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2)
        )


def loss_with(modules, seen=None):
    x, y = points()

    def loss_of(rows, rng, is_training):
        if seen is not None:
            seen.append((rows.copy(), is_training))
        noise = torch.from_numpy(rng.normal(0, 0.01, (len(rows), 3)).astype(np.float32))
        logits = modules(x[rows] + noise)
        right = (logits.argmax(1) == y[rows]).float().mean()
        return nn.functional.cross_entropy(logits, y[rows]), {"accuracy": float(right)}

    return loss_of


PLAN = TrainingPlan(epochs=3, batch_size=5, learning_rate=0.05, seed=1)


def trained(plan=PLAN, loss=loss_with, key=None, **options):
    modules = net()
    history = train(
        modules, loss(modules), groups=np.arange(N_ROWS) // 2, plan=plan, key=key or {}, **options
    )
    return modules, history


def same(one, other):
    a, b = one.state_dict(), other.state_dict()
    return all(torch.equal(a[name], b[name]) for name in a)


def test_history_has_a_row_for_each_epoch_part_and_measure():
    modules, history = trained()
    assert list(history.columns) == ["epoch", "part", "measure", "value"]
    assert len(history) == 3 * 2 * 2
    assert sorted(set(history["part"])) == ["train", "validation"]
    assert not modules.training
    assert np.isfinite(history["value"]).all()


def test_the_loss_of_something_that_can_be_learned_falls():
    _, history = trained(TrainingPlan(epochs=30, batch_size=8, learning_rate=0.05))
    loss = history[(history.part == "train") & (history.measure == "loss")].value.to_numpy()
    assert loss[-1] < loss[0] / 3


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path):
    one, other = trained(checkpoint=tmp_path / "1")[0], trained(checkpoint=tmp_path / "2")[0]
    third = trained(TrainingPlan(epochs=3, batch_size=5, learning_rate=0.05, seed=2))[0]
    assert same(one, other)
    assert not same(one, third)


def test_the_global_generators_are_left_as_they_were():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    trained()
    assert torch.equal(torch.rand(3), expected)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path, optimizer):
    plan = TrainingPlan(epochs=3, batch_size=5, optimizer=optimizer, learning_rate=0.02)
    whole, expected = trained(plan, checkpoint=tmp_path / "whole")
    for _ in range(20):
        try:
            with watching(StopAfter(2)):
                resumed, history = trained(plan)
            break
        except TrainingStopped:
            pass
    assert same(whole, resumed)
    pd.testing.assert_frame_equal(history, expected)


class StopAfter:
    def __init__(self, n_steps):
        self.n_left, self.histories = n_steps, []

    def told(self, history):
        self.histories.append(history)

    def wants_to_stop(self):
        self.n_left -= 1
        return self.n_left < 0


def test_who_looks_on_is_told_after_each_epoch():
    listener = StopAfter(1000)
    with watching(listener):
        _, history = trained()
    assert [int(told["epoch"].max()) for told in listener.histories] == [1, 2, 3]
    pd.testing.assert_frame_equal(listener.histories[-1], history)


def test_a_finished_training_is_found_again_and_another_key_is_not():
    seen = []
    first, history = trained(loss=lambda m: loss_with(m, seen))
    n_calls = len(seen)
    again, found = trained(loss=lambda m: loss_with(m, seen))
    assert len(seen) == n_calls
    assert same(first, again)
    pd.testing.assert_frame_equal(found, history)
    trained(loss=lambda m: loss_with(m, seen), key={"images": "others"})
    assert len(seen) == 2 * n_calls


def test_rows_of_a_group_are_trained_on_or_held_out_together():
    seen = []
    trained(loss=lambda m: loss_with(m, seen))
    of_part = {
        part: np.concatenate([r for r, is_training in seen if is_training is part])
        for part in (True, False)
    }
    assert not set(of_part[True] // 2) & set(of_part[False] // 2)
    assert set(of_part[True]) | set(of_part[False]) == set(range(N_ROWS))
    assert len(of_part[True]) == 3 * len(set(of_part[True]))
