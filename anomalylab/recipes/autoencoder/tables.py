"""From trained networks to the tables of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from anomalylab.metrics.over_levels import thresholds
from anomalylab.recipes.autoencoder import values
from anomalylab.recipes.autoencoder.judged import Judged, Material
from anomalylab.recipes.autoencoder.shown import pictures
from anomalylab.recipes.autoencoder.tau import Tau, chosen_taus
from anomalylab.recipes.autoencoder.trained import Trained
from anomalylab.schema import Table
from anomalylab.schema import autoencoder as schema
from anomalylab.training.splits import split

TABLES: tuple[Table, ...] = (
    schema.TRAININGS,
    schema.COURSE,
    schema.F1_COURSE,
    schema.TAU_CURVE,
    schema.TAUS,
    schema.VALUES,
    schema.GOOD_RESIDUALS,
    schema.MAXIMA,
    schema.PICTURES,
)

LAST_PART = 0.2
"""Share of the epochs at the end in which a loss that has flattened no longer falls."""


@dataclass
class Tables:
    """Collects the rows of trainings.

    Parameters
    ----------
    quantile : float
        Of the highest residuals of good images held out.
    """

    quantile: float
    parts: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    highest: float = 1.0
    taus: list[Tau] = field(default_factory=list)

    def add(self, judged: Judged, material: Material, *, is_main: bool) -> None:
        """Add what came of a training."""
        trained = judged.trained
        steps = thresholds(judged.highest)
        taus = chosen_taus(judged, material, steps, self.quantile)
        training = training_row(trained, material, is_main=is_main)
        self._put("autoencoder_trainings", trained, pd.DataFrame([training]))
        self._put("autoencoder_course", trained, trained.history)
        self._put("autoencoder_values", trained, values.values_of(judged, material, steps, taus))
        self._put("autoencoder_good_residuals", trained, values.good_residuals(judged, material))
        self._put("autoencoder_maxima", trained, values.maxima(judged, material))
        if is_main:
            self.highest, self.taus = judged.highest, taus
            self.put("autoencoder_tau_curve", values.tau_curves(judged, material, steps))
            self.put("autoencoder_taus", pd.DataFrame(taus, columns=list(schema.TAUS.columns)))
            self.put("autoencoder_pictures", pictures(judged, material, steps))

    def put(self, name: str, rows: pd.DataFrame) -> None:
        """Add rows to a table."""
        self.parts.setdefault(name, []).append(rows)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Return all tables; those without rows have their columns."""
        return {table.name: _joined(table, self.parts.get(table.name, [])) for table in TABLES}

    def _put(self, name: str, trained: Trained, rows: pd.DataFrame) -> None:
        architecture, latent = trained.key
        self.put(name, rows.assign(architecture=architecture, latent=latent))


def training_row(trained: Trained, material: Material, *, is_main: bool) -> dict[str, object]:
    """Return the row of TRAININGS of a training, without its key."""
    detector, history = trained.detector, trained.history
    losses = _losses(history)
    n_epochs = int(history["epoch"].max())
    held_out = material.good.held_out(detector)
    n_rows = max(detector.n_images, len(material.good.images))
    groups = np.resize(material.good.groups, n_rows)
    learnt = split(groups, detector.validation, detector.seed)[0]
    return {
        "is_main": is_main,
        "n_train": len(material.good.images) - len(held_out),
        "n_held_out": len(held_out),
        "n_parameters": sum(one.numel() for one in trained.network.parameters()),
        "steps": n_epochs * max(1, -(-(len(learnt) - 1) // detector.batch_size)),
        "epochs": n_epochs,
        "best_epoch": int(losses.index.to_numpy()[losses.to_numpy().argmin()])
        if len(held_out)
        else n_epochs,
        "last_loss": float(losses.iloc[-1]),
        "fall": fall_at_the_end(losses),
        "seconds": trained.seconds,
    }


def fall_at_the_end(losses: pd.Series) -> float:
    """Return the share by which a loss fell over the last fifth of its epochs; NaN of few.

    Examples
    --------
    >>> fall_at_the_end(pd.Series([9.0, 5.0, 3.0, 2.0, 1.5, 1.25, 1.1, 1.0, 0.9, 0.72]))
    0.28
    """
    if len(losses) < 1 / LAST_PART:
        return float("nan")
    before = float(losses.iloc[-1 - round(LAST_PART * len(losses))])
    return round((before - float(losses.iloc[-1])) / before, 12)


def _losses(history: pd.DataFrame) -> pd.Series:
    """Return the loss after each epoch, of images held out where there are any."""
    losses = history[history["measure"] == "loss"]
    held_out = losses[losses["part"] == "validation"]
    return (held_out if len(held_out) else losses).set_index("epoch")["value"]


def _joined(table: Table, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=list(table.columns))
    return pd.concat(filled, ignore_index=True)[list(table.columns)]
