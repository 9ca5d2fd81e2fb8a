"""Which of several settings ranks planted defects best, and which cannot be told from it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError

LEVEL = 0.9
"""Of the intervals."""

N_RESAMPLES = 1000


def rankings(planted: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return how well each setting ranks planted defects above untouched images.

    ``figure``: the share of untouched images below a planted one, ties counting half, averaged
    within each kind, width and contrast and then over these: a mean AUROC. Its interval, and that
    of the difference to the best setting, come from resampling images; all defects that are planted
    in copies of one image go together, and so do the settings.

    Parameters
    ----------
    planted : DataFrame
        Rows of PLANTED of the same plants by several settings.
    seed : int
        Of the resampling.

    Returns
    -------
    table : DataFrame
        Rows of CHOICE, the best first; ``is_tied`` where the difference to the best may be 0.

    Raises
    ------
    ParameterError
        If settings scored different plants.
    """
    names = list(dict.fromkeys(planted["detector"]))
    by_plant = planted.pivot_table("score", "plant", "detector")[names]
    if by_plant.isna().any(axis=None):
        raise ParameterError("the settings to compare must have scored the same planted images")
    one = planted[planted["detector"] == names[0]].set_index("plant").loc[by_plant.index]
    above = np.column_stack([_above(planted[planted["detector"] == name]) for name in names])
    cells = one.groupby(["defect", "width", "contrast"]).ngroup().to_numpy()
    images = pd.factorize(one["sample_id"])[0]
    figures = _mean_of_cells(above, cells, np.ones(len(cells)))
    drawn = _resampled(above, cells, images, seed)
    best = int(figures.argmax())
    behind = drawn[:, [best]] - drawn
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = np.quantile(drawn, tails, axis=0)
    behind_low, behind_high = np.quantile(behind, tails, axis=0)
    table = pd.DataFrame(
        {
            "detector": names,
            "figure": figures,
            "low": low,
            "high": high,
            "behind": figures[best] - figures,
            "behind_low": behind_low,
            "behind_high": behind_high,
            "is_tied": behind_low <= 0,
        }
    )
    return table.sort_values("figure", ascending=False, ignore_index=True)


def chosen(table: pd.DataFrame, preferred: Sequence[str]) -> list[str]:
    """Return settings in the order they should be taken: tied ones by preference, then the others.

    Parameters
    ----------
    table : DataFrame
        From :func:`rankings`.
    preferred : sequence of str
        Settings, that first which is best on average over other sources.
    """
    rank = {name: place for place, name in enumerate(preferred)}
    tied = table["detector"][table["is_tied"]]
    others = table["detector"][~table["is_tied"]]
    return sorted(tied, key=lambda name: rank.get(name, len(rank))) + list(others)


def _above(planted: pd.DataFrame) -> np.ndarray:
    """Return, per plant in rising order, the share of untouched images that it scores above."""
    untouched = np.sort(planted.drop_duplicates("sample_id")["score_before"].to_numpy())
    scores = planted.sort_values("plant")["score"].to_numpy()
    below, up_to = (np.searchsorted(untouched, scores, side=side) for side in ("left", "right"))
    share: np.ndarray = (below + up_to) / (2 * len(untouched))
    return share


def _mean_of_cells(above: np.ndarray, cells: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean over cells of the weighted means within them; empty cells are left out."""
    of_cell = np.zeros((cells.max() + 1, above.shape[1]))
    np.add.at(of_cell, cells, above * weights[:, None])
    total = np.bincount(cells, weights, minlength=len(of_cell))
    mean: np.ndarray = (of_cell[total > 0] / total[total > 0, None]).mean(axis=0)
    return mean


def _resampled(above: np.ndarray, cells: np.ndarray, images: np.ndarray, seed: int) -> np.ndarray:
    rng, n_images = np.random.default_rng(seed), images.max() + 1
    times = rng.multinomial(n_images, np.full(n_images, 1 / n_images), size=N_RESAMPLES)
    return np.stack([_mean_of_cells(above, cells, row[images]) for row in times])
