"""A training that ended near guessing is told, one that learnt is not."""

import pandas as pd
import pytest

from anomalylab.recipes.metric_learning.fell_apart import fell_apart
from anomalylab.schema.metric_learning import KEY, METRIC_CURVES, METRIC_TRAININGS


def tables_of(accuracies, *, n_classes=2, status="done", part="validation"):
    """Trainings of seeds 0, 1, ... with these accuracies after each epoch."""
    keys = [("bottle", "twins", "l2_constrained", False, seed) for seed in range(len(accuracies))]
    trainings = [
        {
            **dict(zip(KEY, key, strict=True)),
            "status": status,
            "n_classes": n_classes,
            "epochs": len(values),
            "best_epoch": 2,
        }
        for key, values in zip(keys, accuracies, strict=True)
    ]
    curves = [
        (*key, epoch, part, measure, value)
        for key, values in zip(keys, accuracies, strict=True)
        for epoch, told in reversed(list(enumerate(values, start=1)))
        for measure, value in (("accuracy", told), ("loss", 0.1))
    ]
    return (
        pd.DataFrame(trainings, columns=list(METRIC_TRAININGS.columns)),
        pd.DataFrame(curves, columns=list(METRIC_CURVES.columns)),
    )


def test_a_training_that_ended_near_guessing_is_named_with_what_is_kept():
    (told,) = fell_apart(*tables_of([[0.9, 0.95, 0.5], [0.5, 0.5, 0.98]]))
    assert told.n == 1
    assert told.message.startswith(
        "1 of 2 trainings ended near guessing: L2-constrained softmax on bottle, seed 0 (50% of "
        "images held out told right, guessing 50%; epoch 2 of 3 kept); "
    )


@pytest.mark.parametrize(
    ("accuracy", "n_classes", "is_told"),
    [(0.74, 2, True), (0.76, 2, False), (0.59, 5, True), (0.61, 5, False)],
)
def test_half_way_from_guessing_is_the_bound(accuracy, n_classes, is_told):
    assert bool(fell_apart(*tables_of([[accuracy]], n_classes=n_classes))) == is_told


def test_nothing_is_told_where_nothing_was_held_out_or_the_training_failed():
    assert fell_apart(*tables_of([[0.1]], part="train")) == []
    assert fell_apart(*tables_of([[0.1]], status="failed")) == []


def test_of_many_the_first_are_named():
    (told,) = fell_apart(*tables_of([[0.5]] * 6))
    assert told.n == 6
    assert "seed 3" in told.message
    assert "seed 4" not in told.message
    assert "and 2 more; how" in told.message
