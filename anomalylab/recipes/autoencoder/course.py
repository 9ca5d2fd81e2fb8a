"""How well defects are found while a network is trained: looked at, and steering nothing."""

import hashlib
import json

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
from anomalylab.recipes.autoencoder.trained import Trained, digest_of, key_of
from anomalylab.schema.autoencoder import F1_COURSE
from anomalylab.storage.blocks import BlockStore

N_LOOKS = 20
"""Epochs, about, after which is looked."""

KIND = "auto-encoder course"
"""What is seen is filed under in the cache, so that a training that goes on keeps it."""


class Course:
    """Looks at the best F1 of each type of defect after some epochs.

    Parameters
    ----------
    material : Material
    detector : AutoEncoder
        The detector whose network is trained.
    """

    def __init__(self, material: Material, detector: object):
        self.material, self.detector = material, detector
        self.names = [ALL, *material.defects] if material.defects else []
        self.store = BlockStore(KIND)
        facts = {
            "key": key_of(detector, material.good),
            "residual": getattr(detector, "residual", ""),
            "background": material.cleaning.tolerance,
            "min_area": material.cleaning.min_area,
            "test": digest_of(material.test),
            "masks": digest_of(material.masks),
            "types": material.types.tolist(),
        }
        text = json.dumps(facts, sort_keys=True)
        self.name = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def after_epoch(self, trained: Trained, epoch: int) -> None:
        """Look, and keep what was seen."""
        n_epochs = trained.detector.epochs
        every = max(1, n_epochs // N_LOOKS)
        if not self.names or (epoch % every and epoch != n_epochs):
            return
        maps = trained.maps(self.material.test, self.material.cleaning)
        steps = thresholds(max(float(maps.max()), 1e-6))
        best = [self._best(name, maps, steps) for name in self.names]
        self.store.write(f"{self.name}-{epoch}", {"best": np.array(best)})

    def table(self, n_epochs: int) -> pd.DataFrame:
        """Return what was seen after epochs up to ``n_epochs``, rows of F1_COURSE."""
        rows = []
        for epoch in range(1, n_epochs + 1):
            seen = self.store.read(f"{self.name}-{epoch}") if self.names else None
            for name, (tau, f1) in zip(self.names, seen["best"] if seen else (), strict=False):
                row = {"epoch": epoch, "defect_type": name, "tau": float(tau), "f1": float(f1)}
                rows.append(row)
        return pd.DataFrame(rows, columns=list(F1_COURSE.columns))

    def _best(self, name: str, maps: np.ndarray, steps: np.ndarray) -> tuple[float, float]:
        rows = self.material.rows_of(name)
        pixels = count(self.material.masks[rows], levels_of(maps[rows], steps))
        rates = rates_over_levels(pixels)
        level = best_level(rates)
        tau = steps[min(level, len(steps) - 1)]
        return float(tau), float(rates["f1"].fillna(0.0)[level])
