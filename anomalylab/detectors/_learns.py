"""What detectors have in common that train a network, on images or on their features."""

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from anomalylab.detectors._base import Detector
from anomalylab.detectors._refits import dealt
from anomalylab.features import Features

CURVE = ("epoch", "part", "measure", "value")
"""Columns of a training curve."""


class Learns(Detector):
    """Trains a network when it is fitted; images are left out in few folds, each a training.

    Attributes
    ----------
    weights_ : dict of ndarray
        Weights of what learns.
    history_ : list of [int, str, str, float]
        Rows of :meth:`training_curve`.
    device_ : str
        Where it was trained.
    """

    n_folds: ClassVar[int] = 3
    learns_by_group: ClassVar[bool] = True

    resembles: ClassVar[tuple[str, ...]] = ()
    """Defects of ``synthesise`` that look like those it is trained on, if it is on any."""

    weights_: dict[str, np.ndarray]
    history_: list[list[Any]]
    device_: str
    seed: int

    def leaves_out(self, n_groups: int) -> str:
        """Return ``"folds"``: each refit is a training."""
        return "folds"

    def folds(self, features: Features) -> list[np.ndarray]:
        """Return which training images each fold leaves out, bool of shape (n_images,)."""
        return dealt(features.group_numbers, self.n_folds)

    def training_curve(self) -> pd.DataFrame:
        """Return how the training went, one row an epoch, part of the images and measure.

        Returns
        -------
        curve : DataFrame
            Columns ``epoch``, counted from 1, ``part``, ``"train"`` or ``"validation"``,
            ``measure``, as ``"loss"``, and ``value``; no row where nothing had to be trained.
        """
        self._check_fitted()
        return pd.DataFrame(self.history_, columns=list(CURVE))

    def began_from(self) -> tuple[str, str]:
        """Return what learning began from, in words, and its digest; empty if nothing is known."""
        self._check_fitted()
        return f"random numbers of seed {self.seed}", ""
