"""A training of a moment, and the process that is killed in the middle of it.

``python trainings.py FOLDER STEP`` trains with the checkpoint in a folder and kills itself, by the
signal that cannot be caught, when it is asked for the loss of that step.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from anomalylab.training import TrainingPlan, course
from anomalylab.training.loop import train

N_ROWS = 24

PLAN = TrainingPlan(epochs=3, batch_size=5, learning_rate=0.05, seed=1, device="cpu")
"""Four steps an epoch."""


def net(seed=0, width=8):
    """Two layers with all that draws or counts: batch normalisation and dropout."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(3, width),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(width, 2),
        )


def points():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_ROWS, 3)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy((x[:, 0] > 0).astype(np.int64))


def loss_with(modules, watch=lambda rows, is_training: None):
    """Cross entropy of points with some noise; ``watch`` sees every call."""
    x, y = points()

    def loss_of(rows, rng, is_training):
        watch(rows, is_training)
        noise = torch.from_numpy(rng.normal(0, 0.01, (len(rows), 3)).astype(np.float32))
        logits = modules(x[rows] + noise)
        right = (logits.argmax(1) == y[rows]).float().mean()
        return nn.functional.cross_entropy(logits, y[rows]), {"accuracy": float(right)}

    return loss_of


def trained(plan=PLAN, *, watch=lambda rows, is_training: None, key=None, modules=None, **options):
    """Return modules and history of a training in which two rows make a group."""
    modules = modules or net()
    groups = np.arange(N_ROWS) // 2
    loss_of = loss_with(modules, watch)
    return modules, train(modules, loss_of, groups=groups, plan=plan, key=key or {}, **options)


def same(one, other):
    """Whether two networks have the same weights to the last bit."""
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def main(folder, kill_at):
    torch.set_num_threads(1)
    course.WRITE_AFTER = 0.0
    n_left = [kill_at]

    def watch(rows, is_training):
        n_left[0] -= is_training
        if n_left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    trained(watch=watch, checkpoint=Path(folder))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
