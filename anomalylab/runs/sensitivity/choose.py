"""The setting that ranks planted defects best: chosen on one half of them, stated on the other."""

from collections.abc import Mapping, Sequence
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
"""The chosen setting, and the second best of its size beside it."""


class Offer(NamedTuple):
    """Images at one size, and the detectors that may be chosen there."""

    beneath: Beneath
    candidates: Mapping[str, Detector]
    """Label -> detector, the preferred first."""

    @property
    def words(self) -> str:
        """Its size, as it stands in tables: height x width."""
        return "{} x {}".format(*self.beneath.size)


class Choice(NamedTuple):
    """What was chosen, and all that is known of planted images that the choice did not see."""

    table: pd.DataFrame
    """Rows of CHOICE in the order in which settings would be taken."""

    place: int
    """Of the offer that the chosen setting is of."""

    deciding: np.ndarray
    """Rows of the images whose defects decided."""

    planted: PlantedImages
    scored: dict[str, PlantedScores]
    """Both of the offer that was chosen from."""

    @property
    def shown(self) -> list[str]:
        """Labels of the chosen detector and of the second best at the same size."""
        of_size = self.table["size"] == self.table["size"].iloc[0]
        return [str(label) for label in self.table["detector"][of_size].head(N_SHOWN)]


def choose(offers: Sequence[Offer], timings: Timings, *, seed: int) -> Choice:
    """Plant defects in copies of training images, and compare settings by how they rank these.

    Defects in every second image decide; those in the others state what the choice is worth. Of
    larger folders, :data:`MAX_TRAINING` images are drawn to compare on.

    Parameters
    ----------
    offers : sequence of Offer
        Of the same images, the preferred size first.
    timings : Timings
    seed : int

    Raises
    ------
    DatasetError
        If there are too few images to set any aside.
    """
    beneath = offers[0].beneath
    training = np.sort(np.random.default_rng(seed).permutation(beneath.training)[:MAX_TRAINING])
    rows = bases(beneath, training, seed=seed)
    wish = Wish(per_cell=2 * EFFORTS["quick"])
    planted = [
        planted_in(offer.beneath, rows, wish, timings, seed=seed, step=f"choose: plant, {at}")
        for at, offer in ((offer.words, offer) for offer in offers)
    ]
    scored = [
        _scored(offer, training, images, timings)
        for offer, images in zip(offers, planted, strict=True)
    ]
    settings = {
        f"{label}, {offer.words}": scores
        for offer, of_offer in zip(offers, scored, strict=True)
        for label, scores in of_offer.items()
    }
    names = [
        (offer.words, label)
        for offer, of_offer in zip(offers, scored, strict=True)
        for label in of_offer
    ]
    deciding = dealt_in_turn(rows, seed)[::2]
    decides = np.isin(planted[0].rows, deciding)
    others = np.flatnonzero(~decides)
    ids = beneath.samples["sample_id"].to_numpy()
    first, stated = (
        _rankings(ids, planted[0], settings, places, seed)
        for places in (np.flatnonzero(decides), others)
    )
    table = _table(first, stated, dict(zip(settings, names, strict=True)))
    place = [offer.words for offer in offers].index(table["size"].iloc[0])
    return Choice(
        table,
        place,
        deciding,
        planted[place].subset(others),
        {label: scores.subset(others) for label, scores in scored[place].items()},
    )


def _scored(
    offer: Offer, training: np.ndarray, planted: PlantedImages, timings: Timings
) -> dict[str, PlantedScores]:
    scored = {}
    for label, detector in offer.candidates.items():
        with timings.step(f"choose: {label}, {offer.words}", len(planted.painted)):
            scored[label] = score_planted(detector, offer.beneath.features, training, planted)
    return scored


def _rankings(
    ids: np.ndarray,
    planted: PlantedImages,
    settings: Mapping[str, PlantedScores],
    places: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    some = planted.subset(places)
    tables = [
        planted_table(name, some, ids, scores.subset(places), np.inf)
        for name, scores in settings.items()
    ]
    return rankings(pd.concat(tables, ignore_index=True), seed=seed)


def _table(
    first: pd.DataFrame, stated: pd.DataFrame, names: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    """Return rows of CHOICE: how settings ranked on either half, in the order to be taken."""
    stated = stated.set_index("detector")
    table = first.set_index("detector").loc[chosen(first, list(names))]
    for column, of_stated in (("stated", "figure"), ("stated_low", "low"), ("stated_high", "high")):
        table[column] = stated[of_stated].reindex(table.index)
    sizes, labels = zip(*(names[name] for name in table.index), strict=True)
    table = table.reset_index(drop=True).assign(size=sizes, detector=labels)
    return table[list(CHOICE.columns)]
