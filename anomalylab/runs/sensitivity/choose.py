"""The detector that ranks planted defects best: chosen on one half of them, stated on the other."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.detectors import Detector
from anomalylab.runs.sensitivity.measure import (
    PlantedImages,
    PlantedScores,
    planted_table,
    score_planted,
)
from anomalylab.runs.sensitivity.plan import EFFORTS, Wish, dealt_in_turn
from anomalylab.runs.sensitivity.write import Beneath, bases, planted_in
from anomalylab.runs.timing import Timings
from anomalylab.schema.planted import CHOICE
from anomalylab.verdicts.choice import chosen, rankings

MAX_TRAINING = 250
"""Training images that settings are compared on, so that the cost does not grow with a folder."""

N_SHOWN = 2
"""The chosen setting, and the second best beside it."""


class Choice(NamedTuple):
    """What was chosen, and all that is known of planted images that the choice did not see."""

    table: pd.DataFrame
    """Rows of CHOICE in the order in which settings would be taken."""

    deciding: np.ndarray
    """Rows of the images whose defects decided."""

    planted: PlantedImages
    scored: dict[str, PlantedScores]


def choose(
    beneath: Beneath, candidates: Mapping[str, Detector], timings: Timings, *, seed: int
) -> Choice:
    """Plant defects in copies of training images, and compare settings by how they rank these.

    Defects in every second image decide; those in the others state what the choice is worth. Of
    larger folders, :data:`MAX_TRAINING` images are drawn to compare on.

    Parameters
    ----------
    beneath : Beneath
    candidates : mapping
        Label -> detector, the preferred first.
    timings : Timings
    seed : int

    Raises
    ------
    DatasetError
        If there are too few images to set any aside.
    """
    training = np.sort(np.random.default_rng(seed).permutation(beneath.training)[:MAX_TRAINING])
    rows = bases(beneath, training, seed=seed)
    wish = Wish(per_cell=2 * EFFORTS["quick"])
    planted = planted_in(beneath, rows, wish, timings, seed=seed)
    scored = {}
    for label, detector in candidates.items():
        with timings.step(f"choose: {label}", len(planted.painted)):
            scored[label] = score_planted(detector, beneath.features, training, planted)
    deciding = dealt_in_turn(rows, seed)[::2]
    decides = np.isin(planted.rows, deciding)
    first = _rankings(beneath, planted, scored, np.flatnonzero(decides), seed)
    others = np.flatnonzero(~decides)
    stated = _rankings(beneath, planted, scored, others, seed).set_index("detector")
    order = chosen(first, list(candidates))
    table = first.set_index("detector").loc[order].reset_index()
    for column, of_stated in (("stated", "figure"), ("stated_low", "low"), ("stated_high", "high")):
        table[column] = table["detector"].map(stated[of_stated])
    return Choice(
        table[list(CHOICE.columns)],
        deciding,
        planted.subset(others),
        {label: scores.subset(others) for label, scores in scored.items()},
    )


def _rankings(
    beneath: Beneath,
    planted: PlantedImages,
    scored: Mapping[str, PlantedScores],
    places: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    ids, some = beneath.samples["sample_id"].to_numpy(), planted.subset(places)
    tables = [
        planted_table(label, some, ids, scores.subset(places), np.inf)
        for label, scores in scored.items()
    ]
    return rankings(pd.concat(tables, ignore_index=True), seed=seed)
