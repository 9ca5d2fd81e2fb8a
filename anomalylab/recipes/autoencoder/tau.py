"""Thresholds on residuals: chosen without labels, and by looking at the answers."""

from typing import NamedTuple

import numpy as np

from anomalylab.metrics.over_levels import best_level, count, levels_of, rates_over_levels
from anomalylab.number_words import percent, plural
from anomalylab.recipes.autoencoder.judged import ALL, Judged, Material

LEFT_OUT, PLANTED, ORACLE = "left_out_good", "planted", "f1_oracle"


class Tau(NamedTuple):
    """A threshold, and where it is from.

    Parameters
    ----------
    method : {"left_out_good", "planted", "f1_oracle"}
    tau : float
        What is called exceeds it, strictly.
    level : int
        Of the pictures: one of 255 exceeds nothing.
    uses_labels : bool
        Whether test images with their masks decided it.
    note : str
    """

    method: str
    tau: float
    level: int
    uses_labels: bool
    note: str


def chosen_taus(
    judged: Judged, material: Material, steps: np.ndarray, quantile: float
) -> list[Tau]:
    """Choose thresholds in all ways that the images allow.

    Each is the nearest threshold of a level at or above what was found, so that a page which holds
    levels alone calls the same pixels.

    Parameters
    ----------
    judged : Judged
    material : Material
    steps : ndarray of shape (255,)
        Thresholds of the levels.
    quantile : float
        Of the highest residuals of good images that were held out.
    """
    found = []
    n_held, held = len(judged.held_out), f"{material.known_as} image"
    if n_held:
        value = np.quantile(judged.held_out.max(axis=(1, 2)), quantile, method="higher")
        level = int(np.searchsorted(steps, value, side="left"))
        of = "" if quantile == 1 else f"{percent(quantile)} of "
        words = f"nothing exceeds it in {of}{plural(n_held, held)}"
        found.append(_tau(LEFT_OUT, steps, level, words))
    if len(judged.planted):
        rates = rates_over_levels(count(judged.plants.masks, levels_of(judged.planted, steps)))
        words = f"best F1 on defects planted in {plural(len(judged.planted), held)} held out"
        found.append(_tau(PLANTED, steps, best_level(rates), words))
    rows = material.rows_of(ALL)
    if material.masks[rows].any():
        levels = levels_of(judged.test[rows], steps)
        rates = rates_over_levels(count(material.masks[rows], levels))
        words = "best F1 on the test images themselves, which nobody has in use"
        found.append(_tau(ORACLE, steps, best_level(rates), words))
    return found


def _tau(method: str, steps: np.ndarray, level: int, note: str) -> Tau:
    level = min(level, len(steps))
    value = float(steps[level]) if level < len(steps) else float(steps[-1] + steps[1])
    return Tau(method, value, level, method == ORACLE, note)
