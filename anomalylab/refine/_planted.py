"""Whether a ranking would take out defects that were painted into the very images that it ranks."""

from dataclasses import dataclass
from math import comb

import numpy as np

from anomalylab.datasets.pollute import n_of_share
from anomalylab.detectors import Pool
from anomalylab.errors import ParameterError
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
    rounds: int = 1,
    seed: int = 0,
    **params: object,
) -> PlantedRemoved:
    """Put painted copies in the place of training images, rank all, and see whether they leave.

    It needs no label. Real defects among the images compete for the same places, so that no more
    than half of what is rejected should be painted in one round. Several rounds, each with its part
    of the copies, tell more.

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
    rounds : int
        Rankings that the copies are dealt over.

    Returns
    -------
    found : PlantedRemoved
        The chance is that of a sum of hypergeometric numbers, one a round.

    Raises
    ------
    ParameterError
        As :func:`anomalylab.refine.ranking`, or if the rows do not fit together, nothing would be
        removed, or there are more rounds than copies.
    """
    train, sources, planted = np.asarray(train), np.asarray(sources), np.asarray(planted)
    _check_fit(train, sources, planted, rounds)
    n_removed = n_of_share(reject, len(train))
    if not n_removed:
        raise ParameterError(f"rejecting {reject:g} of {len(train)} images removes none")
    n_found, chances = 0, np.ones(1)
    for part in np.array_split(np.arange(len(sources)), rounds):
        copy_of = dict(zip(sources[part].tolist(), planted[part].tolist(), strict=True))
        ranked = np.array([copy_of.get(row, row) for row in train.tolist()])
        suspicion = ranking(name, pool, ranked, seed=seed, reject=reject, **params)
        n_found += int(np.isin(ranked[~kept(suspicion, reject)], planted[part]).sum())
        chances = np.convolve(chances, _hypergeometric(len(train), len(part), n_removed))
    return PlantedRemoved(
        len(sources), n_found, n_removed / len(train), float(chances[n_found:].sum())
    )


def _check_fit(train: np.ndarray, sources: np.ndarray, planted: np.ndarray, rounds: int) -> None:
    """Refuse copies that do not fit the images that they are to replace."""
    is_known = np.isin(sources, train)
    if not len(sources) or sources.shape != planted.shape or not is_known.all():
        raise ParameterError(
            f"each of {len(planted)} painted images takes the place of a training image, and "
            f"{int(is_known.sum())} of {len(sources)} sources are training images"
        )
    if np.isin(planted, train).any():
        raise ParameterError("painted images must not be among the training images already")
    if not 1 <= rounds <= len(sources):
        raise ParameterError(f"{len(sources)} copies are dealt over 1 to as many rounds: {rounds}")


def _hypergeometric(n_images: int, n_planted: int, n_removed: int) -> np.ndarray:
    """Return the chances that 0, 1, ... of the planted are among the removed."""
    ways = [
        comb(n_planted, found) * comb(n_images - n_planted, n_removed - found)
        if found <= n_removed
        else 0
        for found in range(n_planted + 1)
    ]
    return np.array([one / comb(n_images, n_removed) for one in ways])
