"""The training loop: seeds, what is kept, stops, and what cannot be trained."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from trainings import N_ROWS, PLAN, loss_with, net, same, trained

from anomalylab import progress
from anomalylab.errors import ParameterError, TrainingError, TrainingStopped, UnknownNameError
from anomalylab.training import TrainingPlan, course, split, watching
from anomalylab.training.loop import train


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALYLAB_CACHE", str(tmp_path / "cache"))


def losses(history, part="train"):
    return history[(history.part == part) & (history.measure == "loss")].value.to_numpy()


def one_weight(values):
    """A weight, and a loss that is the next of some values times it."""
    module = nn.Linear(1, 1, bias=False)
    nn.init.ones_(module.weight)
    left = list(values)
    return module, lambda rows, rng, is_training: (
        module.weight.sum() * 0 + left.pop(0) if is_training else module.weight.sum() * 0,
        {},
    )


def test_history_has_a_row_for_each_epoch_part_and_measure():
    modules, history = trained()
    assert list(history.columns) == ["epoch", "part", "measure", "value"]
    assert len(history) == 3 * 2 * 2
    assert sorted(set(history["part"])) == ["train", "validation"]
    assert not modules.training
    assert np.isfinite(history["value"]).all()


def test_the_loss_of_an_epoch_is_the_mean_over_rows():
    module, loss_of = one_weight([1.0, 4.0])
    plan = TrainingPlan(epochs=1, batch_size=3, validation=0.0)
    history = train(module, loss_of, groups=np.arange(5), plan=plan, key={})
    assert losses(history).tolist() == [(3 * 1.0 + 2 * 4.0) / 5]


def test_one_batch_is_learned_by_heart():
    _, history = trained(TrainingPlan(epochs=60, batch_size=N_ROWS, learning_rate=0.05))
    assert losses(history)[-1] < losses(history)[0] / 4


def test_steps_of_plain_descent_by_hand():
    module = nn.Linear(1, 1, bias=False)
    nn.init.ones_(module.weight)
    plan = TrainingPlan(
        epochs=2,
        batch_size=4,
        learning_rate=0.5,
        optimizer="sgd",
        schedule="constant",
        validation=0.0,
    )
    loss_of = lambda rows, rng, is_training: (module.weight.sum() ** 2 / 2, {})  # noqa: E731
    train(module, loss_of, groups=np.arange(4), plan=plan, key={})
    # gradient w: 1 - 0.5 * 1 = 0.5; then momentum 0.9 * 1 + 0.5 = 1.4: 0.5 - 0.5 * 1.4
    assert module.weight.item() == pytest.approx(-0.2)


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


def test_rows_of_a_group_are_trained_on_or_held_out_together():
    rows_of = {True: [], False: []}
    trained(watch=lambda rows, is_training: rows_of[is_training].extend(rows.tolist()))
    learned, held_out = set(rows_of[True]), set(rows_of[False])
    assert not {row // 2 for row in learned} & {row // 2 for row in held_out}
    assert learned | held_out == set(range(N_ROWS))
    assert len(rows_of[True]) == PLAN.epochs * len(learned)


def test_the_weights_of_the_best_epoch_are_kept(tmp_path):
    module = nn.Linear(1, 1, bias=False)
    nn.init.constant_(module.weight, 2.0)
    plan = TrainingPlan(
        epochs=6,
        batch_size=8,
        learning_rate=1.0,
        optimizer="sgd",
        schedule="constant",
        validation=0.5,
        patience=2,
    )
    at_end = []

    def loss_of(rows, rng, is_training):  # falls for ever; held out it is best near 1
        weight = module.weight.sum()
        if not is_training:
            at_end.append(weight.item())
        return (weight, {}) if is_training else ((weight - 1).abs(), {})

    history = train(module, loss_of, groups=np.arange(8), plan=plan, key={})
    held_out = losses(history, "validation")
    assert at_end[:2] == [pytest.approx(1.0), pytest.approx(-0.9)]
    assert len(held_out) == 3  # the best was the first, and two more were waited for
    assert module.weight.item() == pytest.approx(1.0)


def test_without_rows_held_out_the_last_weights_are_kept(caplog):
    plan = TrainingPlan(epochs=2, batch_size=5, learning_rate=0.05)
    modules = net()
    history = train(modules, loss_with(modules), groups=np.zeros(N_ROWS, int), plan=plan, key={})
    assert set(history["part"]) == {"train"}
    assert "one group" in caplog.text


def test_a_training_that_was_stopped_holds_the_best_weights_so_far():
    modules = net()
    with (
        watching(StopAfter(6)),
        pytest.raises(TrainingStopped, match="epoch 2 of 3, before step 3"),
    ):
        trained(modules=modules)
    assert not modules.training
    assert not same(modules, net())


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path, optimizer):
    plan = TrainingPlan(epochs=3, batch_size=5, optimizer=optimizer, learning_rate=0.02)
    whole, expected = trained(plan, checkpoint=tmp_path / "whole")
    n_stops = 0
    while True:
        try:
            with watching(StopAfter(2)):
                resumed, history = trained(plan)
            break
        except TrainingStopped:
            n_stops += 1
    assert n_stops == 5
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


def test_who_looks_on_is_told_after_each_epoch_and_nobody_afterwards():
    listener = StopAfter(1000)
    with watching(listener):
        _, history = trained()
    trained(key={"other": True})
    assert [int(told["epoch"].max()) for told in listener.histories] == [1, 2, 3]
    pd.testing.assert_frame_equal(listener.histories[-1], history)


def test_a_loss_that_is_no_number_stops_with_epoch_and_step(tmp_path):
    calls = []

    def broken(modules):
        whole = loss_with(modules)

        def loss_of(rows, rng, is_training):
            calls.append(is_training)
            loss, measures = whole(rows, rng, is_training)
            return loss * (float("nan") if sum(calls) == 7 else 1), measures

        return loss_of

    modules = net()
    groups = np.arange(N_ROWS) // 2
    with pytest.raises(
        TrainingError, match=r"nan in epoch 2, step 3 of 4; .* epoch 1 are"
    ) as found:
        train(modules, broken(modules), groups=groups, plan=PLAN, key={}, checkpoint=tmp_path)
    assert (found.value.epoch, found.value.step) == (2, 3)
    whole, _ = trained(checkpoint=tmp_path / "whole")
    again, _ = trained(checkpoint=tmp_path)  # the last good checkpoint is there, and leads on
    assert same(whole, again)


def test_a_held_out_loss_that_is_no_number_stops_too():
    module = nn.Linear(1, 1)
    loss_of = lambda rows, rng, is_training: (  # noqa: E731
        module.weight.square().sum() * (1 if is_training else float("inf")),
        {},
    )
    with pytest.raises(TrainingError, match="loss of the rows held out is inf in epoch 1"):
        train(module, loss_of, groups=np.arange(8), plan=PLAN, key={})


def test_a_last_batch_of_one_row_joins_the_one_before():
    n_rows = []
    modules = net()
    loss_of = loss_with(modules, lambda rows, is_training: n_rows.append(len(rows)))
    plan = TrainingPlan(epochs=1, batch_size=4, validation=0.0)
    train(modules, loss_of, groups=np.arange(9), plan=plan, key={})
    assert n_rows == [4, 5]


def test_a_single_row_can_be_trained_on_in_spite_of_batch_normalisation():
    modules = net()
    plan = TrainingPlan(epochs=2, batch_size=4)
    history = train(modules, loss_with(modules), groups=np.zeros(1), plan=plan, key={})
    assert len(losses(history)) == 2


def test_parameters_that_need_no_gradient_stay_as_they_are():
    modules = net()
    modules[0].requires_grad_(False)
    trained(modules=modules)
    assert torch.equal(modules[0].weight, net()[0].weight)
    assert not torch.equal(modules[4].weight, net()[4].weight)


def test_nothing_to_train_is_refused():
    with pytest.raises(ParameterError, match="nothing to train"):
        trained(modules=net().requires_grad_(False))


def test_a_device_that_is_not_there_is_refused_with_what_there_is():
    missing = "cuda" if not torch.cuda.is_available() else "mps"
    with pytest.raises(ParameterError, match=f"no device {missing} here; this machine has .*cpu"):
        trained(TrainingPlan(device=missing))
    with pytest.raises(ParameterError, match="'gpu' is no device"):
        trained(TrainingPlan(device="gpu"))


def test_short_numbers_are_used_where_the_device_is_made_for_them(monkeypatch):
    from anomalylab.training import loop

    kinds = []

    def loss_of(modules):
        x = torch.ones(N_ROWS, 3)

        def of(rows, rng, is_training):
            out = modules(x[rows])
            kinds.append(out.dtype)
            return out.float().square().mean(), {}

        return of

    monkeypatch.setattr(loop, "half_precision", lambda device: torch.bfloat16)
    for is_mixed in (True, False):
        modules = net()
        plan = TrainingPlan(epochs=1, batch_size=24, mixed_precision=is_mixed, validation=0.0)
        train(modules, loss_of(modules), groups=np.arange(N_ROWS), plan=plan, key={})
        assert modules[0].weight.dtype == torch.float32
    assert kinds == [torch.bfloat16, torch.float32]


def test_progress_counts_all_steps_and_says_how_long_it_will_take():
    lines, loops = [], []
    with progress.stage("fit") as stage:

        def watch(rows, is_training):
            lines.append(stage.line())
            loops.append(stage.loops[0])

        trained(watch=watch)
    assert "training: 0 of 12 (0%)" in lines[0]
    assert "left" in lines[2]
    assert loops[0].done == loops[0].total == 12


def test_progress_is_whole_when_training_ends_early():
    module, loss_of = one_weight([1.0] * 100)
    plan = TrainingPlan(epochs=50, batch_size=8, validation=0.5, patience=1)
    loops = []

    def watched(rows, rng, is_training):
        loops.append(stage.loops[0])
        return loss_of(rows, rng, is_training)

    with progress.stage("fit") as stage:
        history = train(module, watched, groups=np.arange(8), plan=plan, key={})
    assert history["epoch"].max() == 2
    assert loops[0].done == loops[0].total == 50


def test_a_checkpoint_is_written_after_a_while_within_an_epoch(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "WRITE_AFTER", -1.0)
    written = []

    def watch(rows, is_training):
        if is_training:
            written.append(len(list(tmp_path.glob("*.safetensors"))))

    trained(watch=watch, checkpoint=tmp_path)
    assert written[:3] == [0, 1, 1]


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"epochs": 0}, ParameterError, "epochs must be at least 1, not 0"),
        ({"batch_size": 0}, ParameterError, "batch_size"),
        ({"learning_rate": 0.0}, ParameterError, "learning_rate"),
        ({"learning_rate": float("nan")}, ParameterError, "learning_rate"),
        ({"weight_decay": -1.0}, ParameterError, "weight_decay"),
        ({"validation": 1.0}, ParameterError, "validation"),
        ({"seed": -1}, ParameterError, "seed"),
        ({"patience": 0}, ParameterError, "patience"),
        ({"patience": 2, "validation": 0.0}, ParameterError, "validation share above 0"),
        ({"optimizer": "adm"}, UnknownNameError, "did you mean 'adam'"),
        ({"schedule": "cosin"}, UnknownNameError, "did you mean 'cosine'"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(wrong, error, words):
    with pytest.raises(error, match=words):
        TrainingPlan(**wrong)


def test_groups_are_held_out_whole_by_a_seed():
    groups = np.repeat(np.arange(10), 3)
    training, validation = split(groups, 0.2, seed=0)
    assert len(set(groups[validation])) == 2
    assert not set(groups[training]) & set(groups[validation])
    assert sorted([*training, *validation]) == list(range(30))
    others = {tuple(split(groups, 0.2, seed)[1]) for seed in range(5)}
    assert len(others) > 1
    assert len(split(np.array([0, 1]), 0.01, seed=0)[1]) == 1
    assert len(split(np.array([0, 1]), 0.99, seed=0)[0]) == 1
    with pytest.raises(ParameterError, match="rows"):
        split(np.array([]), 0.1, seed=0)
