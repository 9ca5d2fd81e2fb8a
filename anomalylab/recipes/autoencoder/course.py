"""How well defects are found while a network is trained: looked at, and steering nothing.

What the network was like is kept after the epochs that are looked at. Another residual, background
or test image needs no new training: it is looked at these again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.metrics.over_levels import (
    best_level,
    count,
    levels_of,
    rates_over_levels,
    thresholds,
)
from anomalylab.recipes.autoencoder.judged import ALL, Material
from anomalylab.recipes.autoencoder.trained import Trained, as_it_was, digest_of, key_of
from anomalylab.schema.autoencoder import F1_COURSE
from anomalylab.storage.blocks import BlockStore
from anomalylab.training.autoencoder.network import weights_of

N_LOOKS = 20
"""Epochs, about, after which is looked."""

KIND = "auto-encoder course"
"""What is seen is filed under in the cache, so that a training that goes on keeps it."""

SNAPSHOTS = "auto-encoder snapshots"
"""Weights after the epochs that are looked at are filed under: about 11 MB each at full size."""


class Course:
    """Looks at the best F1 of each type of defect after some epochs.

    Parameters
    ----------
    material : Material
    detector : AutoEncoder
        The detector whose network is trained, unfitted.
    """

    def __init__(self, material: Material, detector: Any):
        self.material, self.detector = material, detector
        self.names = [ALL, *material.defects] if material.defects else []
        self.store, self.snapshots = BlockStore(KIND), BlockStore(SNAPSHOTS)
        key = key_of(detector, material.good)
        self.training = _digest(key)
        facts = {
            "key": key,
            "residual": detector.residual,
            "background": material.cleaning.tolerance,
            "min_area": material.cleaning.min_area,
            "test": digest_of(material.test),
            "masks": digest_of(material.masks),
            "types": material.types.tolist(),
        }
        self.name = _digest(facts)

    def after_epoch(self, trained: Trained, epoch: int) -> None:
        """Look, and keep what was seen and what the network is like."""
        if epoch not in self._epochs():
            return
        self.snapshots.write(f"{self.training}-{epoch}", weights_of(trained.network))
        self._look(trained, epoch)

    def table(self) -> pd.DataFrame:
        """Return what was seen, or can be seen now, after each epoch: rows of F1_COURSE.

        None of a training that is found in the cache and whose network was kept after no epoch.
        """
        rows = []
        for epoch in self._epochs():
            for name, (tau, f1) in zip(self.names, self._seen(epoch), strict=False):
                row = {"epoch": epoch, "defect_type": name, "tau": float(tau), "f1": float(f1)}
                rows.append(row)
        return pd.DataFrame(rows, columns=list(F1_COURSE.columns))

    def _epochs(self) -> Iterator[int]:
        """Yield the epochs after which is looked; none where nothing is known to be defective."""
        last = self.detector.epochs
        every = max(1, last // N_LOOKS)
        if self.names:
            yield from (epoch for epoch in range(1, last + 1) if not epoch % every or epoch == last)

    def _seen(self, epoch: int) -> np.ndarray:
        """Return what was seen after an epoch; looks now if only the network was kept."""
        seen = self.store.read(f"{self.name}-{epoch}")
        if seen is not None:
            return seen["best"]
        weights = self.snapshots.read(f"{self.training}-{epoch}")
        if weights is None:
            return np.empty((0, 2))
        return self._look(as_it_was(self.detector, weights), epoch)

    def _look(self, trained: Trained, epoch: int) -> np.ndarray:
        maps = trained.maps(self.material.test, self.material.cleaning)
        steps = thresholds(max(float(maps.max()), 1e-6))
        best = np.array([self._best(name, maps, steps) for name in self.names])
        self.store.write(f"{self.name}-{epoch}", {"best": best})
        return best

    def _best(self, name: str, maps: np.ndarray, steps: np.ndarray) -> tuple[float, float]:
        rows = self.material.rows_of(name)
        pixels = count(self.material.masks[rows], levels_of(maps[rows], steps))
        rates = rates_over_levels(pixels)
        level = best_level(rates)
        tau = steps[min(level, len(steps) - 1)]
        return float(tau), float(rates["f1"].fillna(0.0)[level])


def _digest(facts: Mapping[str, Any]) -> str:
    text = json.dumps(facts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
