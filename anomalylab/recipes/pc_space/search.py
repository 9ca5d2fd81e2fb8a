"""Window, bins, limit, components and C by cross-validation on the training images alone.

For each window size and fold, PC space is made of the normal images of the other folds, and every
labelled training image is projected once. All histograms of the grid of candidates come from one
fine histogram whose borders are theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.threads import in_pieces
from anomalylab.compute.window_space import WindowSpace
from anomalylab.errors import DatasetError
from anomalylab.metrics import average_precision
from anomalylab.pc_space.histogram import edges, pairs
from anomalylab.progress import Advance, counting
from anomalylab.recipes.pc_space import odds, spaces
from anomalylab.recipes.pc_space.image_blocks import Images, by_blocks
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.runs import roles
from anomalylab.storage.blocks import Arrays, BlockStore

WINDOWS = (15, 25, 35)
BINS = (6, 10, 16)
LIMITS_PER_PIXEL = (1.2, 2.4, 4.8)
N_COMPONENTS = (2, 3)
STRENGTHS = (0.01, 0.1, 1.0, 10.0)

Histograms = dict[tuple[int, float], np.ndarray]
"""(bins, limit) -> counts of shape (n_images, n_pairs, bins, bins)."""


@dataclass(frozen=True)
class Nested:
    """A fine histogram that coarser ones are sums of.

    Parameters
    ----------
    grids : sequence of (bins, limit)
        The coarser histograms.
    """

    grids: Sequence[tuple[int, float]]

    @property
    def borders(self) -> np.ndarray:
        """Borders of all coarser bins, from lowest to highest."""
        borders = np.concatenate([edges(*grid) for grid in self.grids])
        return np.unique(borders.round(9))

    def count(self, coordinates: np.ndarray) -> np.ndarray:
        """Count windows of coordinates (..., n_components) in all planes of them.

        Returns
        -------
        counts : uint32 ndarray of shape (n_pairs, n_cells, n_cells)
            The outermost cells hold what lies beyond all borders.
        """
        n_cells, k = len(self.borders) + 1, coordinates.shape[-1]
        axes = [
            np.searchsorted(self.borders, coordinates[..., i].ravel(), "right") for i in range(k)
        ]
        counts = [
            np.bincount(axes[i] * n_cells + axes[j], minlength=n_cells**2) for i, j in pairs(k)
        ]
        return np.stack(counts).astype(np.uint32).reshape(-1, n_cells, n_cells)

    def coarse(self, counts: np.ndarray, bins: int, limit: float, overflow: str) -> np.ndarray:
        """Sum fine counts (..., n_cells, n_cells) to those of one of the grids."""
        borders = self.borders
        middles = (borders[1:] + borders[:-1]) / 2
        middles = np.concatenate([[borders[0] - 1], middles, [borders[-1] + 1]])
        numbers = np.searchsorted(edges(bins, limit), middles, side="right") - 1
        if overflow == "clip":
            numbers = numbers.clip(0, bins - 1)
        members = (numbers[None] == np.arange(bins)[:, None]).astype(np.float64)
        return members @ counts @ members.T


def search(
    request: PCSpaceRequest, images: Images, folds: np.ndarray
) -> tuple[PCSpaceRequest, pd.DataFrame]:
    """Choose parameters without looking at a test image.

    Among the candidates whose mean average precision over the folds left out is within one standard
    error of the best, the one of fewest features is chosen, then of the strongest penalty, then of
    the highest mean [1]_.

    Parameters
    ----------
    request : PCSpaceRequest
        What is not searched stays as it is.
    images : Images
    folds : int ndarray of shape (n_images,)
        Fold of each training image; -1 for others, which are not read.

    Returns
    -------
    chosen : PCSpaceRequest
    table : DataFrame
        SEARCH, one row a candidate.

    Raises
    ------
    DatasetError
        If labels are too few, or no window of the grid fits into every image.

    References
    ----------
    .. [1] Breiman, Friedman, Olshen, Stone (1984). Classification and Regression Trees,
       section 3.4.
    """
    reason = odds.why_impossible(images.samples)
    if reason:
        raise DatasetError(f"a search needs labels to choose by: {reason}")
    smallest = int(images.samples[["height", "width"]].min().min())
    windows = [window for window in WINDOWS if window <= smallest]
    if not windows:
        raise DatasetError(
            f"the smallest image side is {smallest} pixels and the smallest window of the search "
            f"{min(WINDOWS)}; give --window instead of --search"
        )
    tables = [_search_window(request, images, folds, window) for window in windows]
    table = choose(pd.concat(tables, ignore_index=True))
    best = table[table["is_chosen"]].iloc[0]
    chosen = replace(
        request,
        windows=(int(best["window"]),),
        n_components=int(best["n_components"]),
        bins=int(best["bins"]),
        limit=float(best["limit"]),
        C=float(best["C"]),
    )
    return chosen, table


def choose(table: pd.DataFrame) -> pd.DataFrame:
    """Mark the chosen row of SEARCH by the rule of one standard error; see :func:`search`."""
    best = table.iloc[int(table["ap"].to_numpy().argmax())]
    floor = best["ap"] - best["ap_std"] / np.sqrt(best["n_folds"])
    good = table[table["ap"] >= floor]
    order = good.sort_values(
        ["n_features", "C", "ap"], ascending=[True, True, False], kind="stable"
    )
    return table.assign(is_chosen=table.index == order.index[0])


def _search_window(
    request: PCSpaceRequest, images: Images, folds: np.ndarray, window: int
) -> pd.DataFrame:
    training = roles.training_rows(images.samples)
    labelled = odds.labelled_rows(images.samples)
    numbers = np.unique(folds[labelled])
    of_images = spaces.ImageMoments(images, window)
    parts = spaces.moments_by_fold(
        of_images, {int(f): training[folds[training] == f] for f in numbers}
    )
    nested = Nested([(bins, per * window) for bins, per in product(BINS, LIMITS_PER_PIXEL)])
    rows = []
    with counting(len(numbers) * len(labelled), f"windows of {window} px") as advance:
        for fold in numbers:
            others = [part for number, part in parts.items() if number != fold]
            space = spaces.fit(others, max(N_COMPONENTS))
            histograms = _histograms(request, images, labelled, space, nested, advance)
            is_out = folds[labelled] == fold
            rows.append(_scores(request, images.samples.iloc[labelled], is_out, histograms, window))
    return _summary(rows, window)


def _histograms(
    request: PCSpaceRequest,
    images: Images,
    rows: np.ndarray,
    space: WindowSpace,
    nested: Nested,
    advance: Advance,
) -> Histograms:
    """Project images once and return all their histograms."""
    store = BlockStore("window search")

    def work(row: int) -> np.ndarray:
        counts = nested.count(space.coordinates(images.band(row)))
        advance(1)
        return counts

    def compute(block: np.ndarray) -> Arrays:
        return {"fine": np.stack(in_pieces(work, map(int, block)))}

    params = "search", spaces.digest(space), nested.borders.tolist()
    made: dict[tuple[int, float], list[np.ndarray]] = {grid: [] for grid in nested.grids}
    for _, known in by_blocks(images, rows, store, params, compute, advance):
        for grid, parts in made.items():
            parts.append(nested.coarse(known["fine"], *grid, request.overflow))
    return {grid: np.concatenate(parts) for grid, parts in made.items()}


def _scores(
    request: PCSpaceRequest,
    samples: pd.DataFrame,
    is_out: np.ndarray,
    histograms: Histograms,
    window: int,
) -> dict[tuple, float]:
    """Return the average precision of each candidate on the images left out."""
    labels = samples["label"].to_numpy(int)
    n_windows = (samples["height"] - window + 1) * (samples["width"] - window + 1)
    scale = n_windows.to_numpy(float)[:, None] if request.density else 1.0
    scored: dict[tuple, float] = {}
    for ((bins, limit), counts), k in product(histograms.items(), N_COMPONENTS):
        among = [pairs(max(N_COMPONENTS)).index(pair) for pair in pairs(k)]
        features = counts[:, among].reshape(len(labels), -1) / scale

        def score(C: float, features: np.ndarray = features) -> float:
            model = odds.odds_classifier(C).fit(features[~is_out], labels[~is_out])
            return average_precision(labels[is_out], odds.score(model, features[is_out]))

        with one_blas_thread():
            found = in_pieces(score, STRENGTHS)
        scored |= {(bins, limit, k, C): ap for C, ap in zip(STRENGTHS, found, strict=True)}
    return scored


def _summary(scored: Sequence[Mapping[tuple, float]], window: int) -> pd.DataFrame:
    rows = []
    for bins, limit, k, C in scored[0]:
        found = [of_fold[bins, limit, k, C] for of_fold in scored]
        rows.append(
            {
                "window": window,
                "bins": bins,
                "limit": limit,
                "n_components": k,
                "C": C,
                "ap": np.mean(found),
                "ap_std": np.std(found, ddof=1),
                "n_folds": len(found),
                "n_features": len(pairs(k)) * bins**2,
            }
        )
    return pd.DataFrame(rows)
