"""The setting that ranks planted defects best: chosen on one half of them, stated on the other."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.detectors import Detector, Learns
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
    """Both of the offer that was chosen from; of what is shown, with maps."""

    @property
    def shown(self) -> list[str]:
        """Labels of the chosen detector and of the second best at the same size."""
        of_size = self.table["size"] == self.table["size"].iloc[0]
        return [str(label) for label in self.table["detector"][of_size].head(N_SHOWN)]


def choose(offers: Sequence[Offer], timings: Timings, *, seed: int) -> Choice:
    """Plant defects in copies of training images, and compare settings by how they rank these.

    Defects in every second image decide; those in the others state what the choice is worth. Kinds
    of defects that look like those a detector was trained on count for none of them. Of larger
    folders, :data:`MAX_TRAINING` images are drawn to compare on. Of several sizes, the
    settings that would be taken at each are compared, and the first size that is tied is taken.

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
    contests = []
    for offer in offers:
        step = f"choose: plant, {offer.words}"
        planted = planted_in(offer.beneath, rows, wish, timings, seed=seed, step=step)
        contests.append(_Contest(offer, planted, _scored(offer, training, planted, timings)))
    deciding = dealt_in_turn(rows, seed)[::2]
    decides = np.isin(contests[0].planted.rows, deciding)
    counts = _count(contests)
    tables = [contest.table(decides & counts, ~decides & counts, seed) for contest in contests]
    place = _best_size(contests, tables, np.flatnonzero(decides & counts), seed)
    others = np.flatnonzero(~decides)
    taken = contests[place]
    choice = Choice(
        pd.concat([tables[place], *tables[:place], *tables[place + 1 :]], ignore_index=True),
        place,
        deciding,
        taken.planted.subset(others),
        {label: scores.subset(others) for label, scores in taken.scored.items()},
    )
    missing = [label for label in choice.shown if not choice.scored[label].maps.size]
    candidates = {label: taken.offer.candidates[label] for label in missing}
    shown = Offer(taken.offer.beneath, candidates)
    choice.scored.update(_scored(shown, training, choice.planted, timings, with_maps=True))
    return choice


def _scored(
    offer: Offer,
    training: np.ndarray,
    planted: PlantedImages,
    timings: Timings,
    *,
    with_maps: bool = False,
) -> dict[str, PlantedScores]:
    scored, features = {}, offer.beneath.features
    for label, detector in offer.candidates.items():
        step = f"choose: maps of {label}" if with_maps else f"choose: {label}, {offer.words}"
        with timings.step(step, len(planted.painted)):
            scored[label] = score_planted(
                detector, features, training, planted, with_maps=with_maps
            )
    return scored


class _Contest(NamedTuple):
    """What the settings of an offer make of planted images."""

    offer: Offer
    planted: PlantedImages
    scored: dict[str, PlantedScores]

    def table(self, decides: np.ndarray, states: np.ndarray, seed: int) -> pd.DataFrame:
        """Return rows of CHOICE: how settings rank on either half, in the order to be taken."""
        first, stated = (
            _rankings(self.of_places(self.scored, np.flatnonzero(half)), seed)
            for half in (decides, states)
        )
        table = first.set_index("detector").loc[chosen(first, list(self.scored))]
        others = stated.set_index("detector").reindex(table.index)
        for column in ("figure", "low", "high"):
            name = "stated" if column == "figure" else f"stated_{column}"
            table[name] = others[column]
        return table.reset_index().assign(size=self.offer.words)[list(CHOICE.columns)]

    def of_places(self, scored: Mapping[str, PlantedScores], places: np.ndarray) -> pd.DataFrame:
        """Return rows of PLANTED of some planted images, named by setting."""
        ids, some = self.offer.beneath.samples["sample_id"].to_numpy(), self.planted.subset(places)
        tables = [
            planted_table(name, some, ids, scores.subset(places), np.inf)
            for name, scores in scored.items()
        ]
        return pd.concat(tables, ignore_index=True)


def _count(contests: Sequence[_Contest]) -> np.ndarray:
    """Tell which planted defects are of kinds that no detector was trained on the like of."""
    candidates = [one for contest in contests for one in contest.offer.candidates.values()]
    trained = [one for one in candidates if isinstance(one, Learns)]
    taught = {kind for detector in trained for kind in detector.resembles}
    return np.array([one.plant.kind not in taught for one in contests[0].planted.painted])


def _best_size(
    contests: Sequence[_Contest], tables: Sequence[pd.DataFrame], places: np.ndarray, seed: int
) -> int:
    """Return the place of the size to take: the first whose best setting is tied with the best."""
    if len(contests) == 1:
        return 0
    best = []
    for contest, table in zip(contests, tables, strict=True):
        scores = contest.scored[str(table["detector"].iloc[0])]
        best.append(contest.of_places({contest.offer.words: scores}, places))
    names = [contest.offer.words for contest in contests]
    return names.index(chosen(_rankings(pd.concat(best), seed), names)[0])


def _rankings(planted: pd.DataFrame, seed: int) -> pd.DataFrame:
    return rankings(planted.reset_index(drop=True), seed=seed)
