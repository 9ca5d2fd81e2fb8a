"""What can be said of a ranking without labels: whether it repeats, and whether others agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from anomalylab.datasets.pollute import n_of_share
from anomalylab.detectors import Pool
from anomalylab.errors import ParameterError
from anomalylab.refine._parts import groups_of
from anomalylab.refine._ranking import kept, ranking

N_CHANCE = 400
"""Sets of random rankings that a repeat is held against."""

_LEVEL = 0.95


@dataclass(frozen=True)
class Repeat:
    """How far a strategy removes the same images when other images are drawn.

    Parameters
    ----------
    jaccard : float
        Mean over pairs of draws: of the images that both draws hold, those removed from both as a
        share of those removed from either.
    chance : float
        Its mean for rankings that know nothing of the images.
    most_by_chance : float
        Their 95 % quantile.
    """

    jaccard: float
    chance: float
    most_by_chance: float

    @property
    def is_chance(self) -> bool:
        """Whether the ranking repeats no better than one that knows nothing of the images."""
        return self.jaccard <= self.most_by_chance

    @property
    def words(self) -> str:
        """What this tells and what it does not, in sentences."""
        if self.is_chance:
            return (
                f"This ranking cannot tell: with other images drawn it removes others "
                f"(agreement {self.jaccard:.2f}, by chance {self.chance:.2f} and up to "
                f"{self.most_by_chance:.2f}). What it removes is as good as drawn by lot."
            )
        return (
            f"With other images drawn the ranking removes the same ones more often than by chance "
            f"(agreement {self.jaccard:.2f}, by chance {self.chance:.2f}, at most 1). That it "
            "repeats does not mean that it finds defects: odd but good images repeat, too. Look at "
            "what it removes."
        )


def repeats(
    name: str,
    pool: Pool,
    train: np.ndarray,
    *,
    reject: float,
    seed: int = 0,
    draws: int = 8,
    share: float = 0.7,
    **params: object,
) -> Repeat:
    """Rank several draws of the training images, and compare what is removed of each.

    Without labels nothing can say that a ranking is right. It can be said that it is worthless:
    where it does not even repeat. A ranking that repeats may still follow something else than
    defects, as a pose, and what stays unseen is measured by planted defects alone.

    Parameters
    ----------
    name, pool, train, **params
        As of :func:`anomalylab.refine.ranking`.
    reject : float in (0, 1)
        Share that is removed.
    seed : int
        Draws images, and what the strategy draws, anew for each draw.
    draws : int
        At least 2.
    share : float in (0, 1)
        Of groups, in each draw.

    Returns
    -------
    repeat : Repeat

    Raises
    ------
    ParameterError
        As :func:`anomalylab.refine.ranking`, or if nothing would be removed or there are fewer than
        2 draws.
    """
    train = np.asarray(train)
    if draws < 2 or not 0 < reject < 1:
        raise ParameterError(f"give 2 draws or more and a share to reject, not {draws}, {reject}")
    rng = np.random.default_rng(seed)
    drawn = _draws(groups_of(pool, train), share, draws, rng)
    if any(n_of_share(reject, len(places)) == 0 for places in drawn):
        raise ParameterError(f"rejecting {reject:g} of {len(drawn[0])} images removes none")
    rankings = [
        ranking(name, pool, train[places], seed=seed + i, reject=reject, **params)
        for i, places in enumerate(drawn)
    ]
    found = _mean_agreement(drawn, rankings, len(train), reject)
    by_chance = [
        _mean_agreement(drawn, [rng.random(len(places)) for places in drawn], len(train), reject)
        for _ in range(N_CHANCE)
    ]
    return Repeat(found, float(np.mean(by_chance)), float(np.quantile(by_chance, _LEVEL)))


def agreement(rankings: Mapping[str, np.ndarray], reject: float) -> pd.DataFrame:
    """Compare what several rankings of the same images remove.

    Parameters
    ----------
    rankings : mapping
        Name -> suspicion of shape (n_train,).
    reject : float in (0, 1)

    Returns
    -------
    table : DataFrame
        One row a pair: ``one``, ``other``, ``jaccard`` of what they remove, and ``chance``, what
        two draws by lot would have, ``reject / (2 - reject)``.

    Examples
    --------
    >>> one, other = np.array([4.0, 3, 2, 1]), np.array([4.0, 1, 3, 2])
    >>> agreement({"one": one, "other": other}, 0.5)[["jaccard", "chance"]].round(2).values.tolist()
    [[0.33, 0.33]]
    """
    removed = {name: ~kept(suspicion, reject) for name, suspicion in rankings.items()}
    chance = reject / (2 - reject)
    rows = [
        (one, other, _jaccard(removed[one], removed[other]), chance)
        for one, other in combinations(removed, 2)
    ]
    return pd.DataFrame(rows, columns=["one", "other", "jaccard", "chance"])


def _draws(
    groups: np.ndarray, share: float, draws: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Draw places, groups whole."""
    different = np.unique(groups)
    n_drawn = n_of_share(share, len(different))
    return [
        np.flatnonzero(np.isin(groups, rng.choice(different, n_drawn, replace=False)))
        for _ in range(draws)
    ]


def _mean_agreement(
    drawn: list[np.ndarray], rankings: list[np.ndarray], n_images: int, reject: float
) -> float:
    """Return the mean agreement over pairs of draws, on the images that both hold."""
    is_drawn = np.zeros((len(drawn), n_images), bool)
    is_removed = is_drawn.copy()
    for row, (places, suspicion) in enumerate(zip(drawn, rankings, strict=True)):
        is_drawn[row, places] = True
        is_removed[row, places[~kept(suspicion, reject)]] = True
    found = []
    for one, other in combinations(range(len(drawn)), 2):
        common = is_drawn[one] & is_drawn[other]
        if common.any():
            found.append(_jaccard(is_removed[one, common], is_removed[other, common]))
    return float(np.mean(found)) if found else 0.0


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    n_either = int((one | other).sum())
    return int((one & other).sum()) / n_either if n_either else 1.0
