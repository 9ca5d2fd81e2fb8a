"""Whether a ranking would take out defects that were painted into the very images that it ranks."""

from dataclasses import dataclass

import numpy as np

from anomalylab.detectors import Pool
from anomalylab.errors import ParameterError
from anomalylab.metrics.refinement import first_removed
from anomalylab.refine._ranking import kept, ranking


@dataclass(frozen=True)
class PlantedRemoved:
    """How many painted defects a strategy removes, beside chance.

    Parameters
    ----------
    n_planted, n_removed : int
        Painted images that were ranked, and those of them that would be removed.
    reject : float
        Share of all images that would be removed, which is the chance of each.
    p_value : float
        Of so many or more if images were removed by lot.
    """

    n_planted: int
    n_removed: int
    reject: float
    p_value: float

    @property
    def recall(self) -> float:
        """Share of the painted images that would be removed."""
        return self.n_removed / self.n_planted

    @property
    def is_near_chance(self) -> bool:
        """Whether lots would remove as many more often than once in 20 times."""
        return self.p_value > 0.05

    @property
    def words(self) -> str:
        """What this tells and what it does not, in sentences."""
        by_chance = f"{self.n_planted * self.reject:.1f}"
        found = (
            f"of {self.n_planted} defects painted into these images it would remove "
            f"{self.n_removed}, and lots {by_chance}."
        )
        if self.is_near_chance:
            return (
                f"This ranking cannot tell: {found} What it removes is no evidence of defects like "
                "these."
            )
        return f"This ranking sees painted defects: {found} Real ones may be fainter, or others."


def planted_removed(
    name: str,
    pool: Pool,
    train: np.ndarray,
    *,
    sources: np.ndarray,
    planted: np.ndarray,
    reject: float,
    seed: int = 0,
    **params: object,
) -> PlantedRemoved:
    """Put painted copies in the place of training images, rank all, and see whether they leave.

    It needs no label. Real defects among the images compete for the same places, so paint no more
    than half of what is to be rejected.

    Parameters
    ----------
    name, pool, train, seed, **params
        As of :func:`anomalylab.refine.ranking`.
    sources : int ndarray of shape (n_planted,)
        Rows of ``train`` that defects were painted into; see
        :func:`anomalylab.datasets.pollute.planted.plant_defects`.
    planted : int ndarray of shape (n_planted,)
        Rows of the pool that hold the painted copies, in the same order.
    reject : float in (0, 1)
        Share of all images that would be removed.

    Returns
    -------
    found : PlantedRemoved

    Raises
    ------
    ParameterError
        As :func:`anomalylab.refine.ranking`, or if the rows do not fit together, or nothing would
        be removed.
    """
    train, sources, planted = np.asarray(train), np.asarray(sources), np.asarray(planted)
    if not len(sources) or sources.shape != planted.shape or not np.isin(sources, train).all():
        raise ParameterError(
            f"each of {len(planted)} painted images takes the place of a training image, and "
            f"{int(np.isin(sources, train).sum())} of {len(sources)} sources are training images"
        )
    if np.isin(planted, train).any():
        raise ParameterError("painted images must not be among the training images already")
    copy_of = dict(zip(sources.tolist(), planted.tolist(), strict=True))
    ranked = np.array([copy_of.get(row, row) for row in train.tolist()])
    is_planted = np.isin(ranked, planted)
    suspicion = ranking(name, pool, ranked, seed=seed, reject=reject, **params)
    removed = ~kept(suspicion, reject)
    if not removed.any():
        raise ParameterError(f"rejecting {reject:g} of {len(train)} images removes none")
    first = first_removed(is_planted, suspicion, times=removed.sum() / is_planted.sum())
    return PlantedRemoved(
        int(is_planted.sum()),
        int((is_planted & removed).sum()),
        float(removed.mean()),
        first.p_value,
    )
