"""Coresets by greedy k-center: few rows that lie close to all others.

The next centre is always the row farthest from those chosen, which covers all rows within twice
the best possible radius [1]_. A row can only come closer to a new centre that lies nearer to the
row's own centre than twice their distance (triangle inequality), so most steps touch few rows;
the outcome is that of the plain algorithm.

References
----------
.. [1] Gonzalez (1985). Clustering to minimize the maximum intercluster distance.
   https://doi.org/10.1016/0304-3975(85)90224-5
"""

import numpy as np
import torch

from anomalylab.compute.neighbours import tensor
from anomalylab.errors import ParameterError
from anomalylab.progress import counted

SELECTION_CHANNELS = 128
"""Channels that rows are projected to while a coreset is chosen, as in PatchCore."""


def coreset_rows(bank: np.ndarray, share: float, *, seed: int) -> np.ndarray:
    """Choose a share of the rows by greedy k-center on a random projection.

    Parameters
    ----------
    bank : float32 ndarray of shape (n_rows, n_channels)
    share : float in (0, 1]
    seed : int
        Of the projection and the first row.

    Returns
    -------
    rows : int64 ndarray of shape (n_chosen,)
        Rising.
    """
    first = int(np.random.default_rng(seed).integers(len(bank)))
    projected = random_projection(bank, SELECTION_CHANNELS, seed=seed)
    n_centres = max(1, round(share * len(bank)))
    return np.sort(k_center(projected, n_centres, first=first))


def random_projection(rows: np.ndarray, n_columns: int, *, seed: int) -> np.ndarray:
    """Project rows on random directions: ``x R`` with ``R_ij ~ N(0, 1 / n_columns)``.

    Squared distances keep their value on average.

    Parameters
    ----------
    rows : float32 ndarray of shape (n_rows, n_channels)
    n_columns : int
        Rows that have no more channels than this are returned as they are.
    seed : int

    Returns
    -------
    projected : float32 ndarray of shape (n_rows, min(n_columns, n_channels))
    """
    if rows.shape[1] <= n_columns:
        return rows
    rng = np.random.default_rng(seed)
    directions = rng.normal(scale=n_columns**-0.5, size=(rows.shape[1], n_columns))
    blocks = tensor(rows).split(65536)  # float64, so that blocks and threads do not show
    matrix = torch.from_numpy(directions)
    return torch.cat([(block.double() @ matrix).float() for block in blocks]).numpy()


def k_center(points: np.ndarray, n_centres: int, *, first: int) -> np.ndarray:
    """Choose rows one by one: ``c_m = argmax_i min_{j < m} |x_i - c_j|``.

    Each is the farthest from those chosen before.

    Parameters
    ----------
    points : float32 ndarray of shape (n_points, n_channels)
    n_centres : int
    first : int
        The row to begin with; it is part of the result.

    Returns
    -------
    centres : int64 ndarray of shape (n_centres,)
        Rows in the order chosen, all different: the first m are the coreset of size m. Of equally
        far rows the first is taken.

    Raises
    ------
    ParameterError
        If there are fewer points than centres.
    """
    if not 1 <= n_centres <= len(points):
        raise ParameterError(f"n_centres must lie from 1 to {len(points)}, not {n_centres}")
    points_ = tensor(points)
    distance = torch.full((len(points),), torch.inf)
    owner = torch.zeros(len(points), dtype=torch.int64)
    chosen = torch.empty(n_centres, points.shape[1])
    centres = np.empty(n_centres, np.int64)
    for step in counted(range(n_centres)):
        centre = first if step == 0 else int(distance.argmax())
        centres[step], chosen[step] = centre, points_[centre]
        apart = _distances(chosen[: step + 1], points_[centre])
        reach = apart.index_select(0, owner) < (2 + 1e-5) * distance
        near = reach.nonzero().squeeze(1)
        there = _distances(points_.index_select(0, near), points_[centre])
        closer = there < distance.index_select(0, near)
        near, there = near[closer], there[closer]
        distance[near], owner[near] = there, step
        distance[centre] = -1  # never again
    return centres


def _distances(points: torch.Tensor, point: torch.Tensor) -> torch.Tensor:
    """Return Euclidean distances by subtraction, each computed alone: (n_points,)."""
    return torch.cdist(points, point[None], compute_mode="donot_use_mm_for_euclid_dist")[:, 0]
