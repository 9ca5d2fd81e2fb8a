"""How far embeddings lie from the nearest normal one, and where they lie in a plane."""

import numpy as np

from anomalylab.compute.grouped_search import GroupedSearch
from anomalylab.compute.nearest import AllPairs

COSINE, EUCLIDEAN = "cosine", "euclidean"


def nearest_normal(
    queries: np.ndarray,
    normal: np.ndarray,
    *,
    distance: str = COSINE,
    groups: np.ndarray | None = None,
    own_groups: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find ``min_j d(z, z_j)`` over normal images: one minus the cosine, or the length.

    Parameters
    ----------
    queries : float32 ndarray of shape (n_queries, n_dims)
    normal : float32 ndarray of shape (n_normal, n_dims)
    distance : {"cosine", "euclidean"}
    groups, own_groups : int ndarray, optional
        Of normal images and of queries; those of the query's own group are passed over.

    Returns
    -------
    distance : float64 ndarray of shape (n_queries,)
        NaN where a query's group holds all normal images.
    row : int ndarray of shape (n_queries,)
        Of the nearest normal image; of equals the first.

    Examples
    --------
    >>> normal = np.array([[2.0, 0], [0, 1]], np.float32)
    >>> nearest_normal(np.array([[3.0, 0], [-1, 0]], np.float32), normal)
    (array([0., 1.]), array([0, 1]))
    """
    if distance == COSINE:
        queries, normal = _directions(queries), _directions(normal)
    if groups is None or own_groups is None:
        squared, rows = AllPairs(normal).search(queries, 1)
        return _length(squared[:, 0], distance), rows[:, 0]
    found = np.full(len(queries), np.nan)
    nearest = np.zeros(len(queries), int)
    has_others = np.array([(groups != own).any() for own in own_groups], bool)
    if has_others.any():
        search = GroupedSearch(lambda bank, rising: AllPairs(bank, groups=rising), normal, groups)
        squared, rows = search.search(queries[has_others], 1, exclude_groups=own_groups[has_others])
        found[has_others], nearest[has_others] = _length(squared[:, 0], distance), rows[:, 0]
    return found, nearest


def plane(embeddings: np.ndarray, distance: str) -> np.ndarray:
    """Lay embeddings out in two dimensions: their first two principal components.

    Parameters
    ----------
    embeddings : float32 ndarray of shape (n_images, n_dims)
    distance : {"cosine", "euclidean"}
        With ``cosine`` all have length one.

    Returns
    -------
    places : float64 ndarray of shape (n_images, 2)
        The largest entry of each component is positive.
    """
    points = (_directions(embeddings) if distance == COSINE else embeddings).astype(np.float64)
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    places = np.zeros((len(points), 2))
    places[:, : len(axes)] = centred @ axes.T
    return places


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length one; zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def _length(squared: np.ndarray, distance: str) -> np.ndarray:
    """Return distances; of vectors of length one ``|a - b|^2 / 2`` is one minus their cosine."""
    return squared / 2 if distance == COSINE else np.sqrt(squared)
