"""How the training of a detector went, as ``run.json`` tells it."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class TrainingInfo:
    """How the network of a trained detector was trained; the table ``training`` has its curve.

    Parameters
    ----------
    device : str
    weights : str
        What it began from, in words; says so where these are random.
    weights_digest : str
    epochs : int
        That were done.
    best_epoch : int
        Whose weights were kept, from 1.
    n_trainings : int
        With those for training images that are left out in folds.
    """

    device: str
    weights: str
    weights_digest: str
    epochs: int
    best_epoch: int
    n_trainings: int


def best_epoch(curve: pd.DataFrame) -> int:
    """Return the epoch of the lowest loss on images held out, or on all where none were.

    Parameters
    ----------
    curve : DataFrame
        Columns epoch, part, measure and value, as of the table ``training``.
    """
    losses = curve[curve["measure"] == "loss"]
    held_out = losses[losses["part"] == "validation"]
    losses = held_out if len(held_out) else losses
    return int(losses["epoch"].iloc[int(losses["value"].argmin())])
