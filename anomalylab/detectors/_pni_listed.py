"""What PNI allows all cells of some images to be compared with, and the rows that matter."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anomalylab.compute.blas import one_blas_thread
from anomalylab.detectors._allowed import USES
from anomalylab.detectors._pni_cells import Cells
from anomalylab.errors import ParameterError
from anomalylab.features import Features

AT_ONCE = 64
"""Cells that are compared with the whole memory at a time."""


class ListedCells(NamedTuple):
    """Cells without the margin, image by image and row by row; ``n`` of them.

    Parameters
    ----------
    image, row, col : int64 ndarray of shape (n,)
        Where each cell lies in the map.
    scores : float64 ndarray of shape (n, 4)
        With ``both``, ``position``, ``neighbourhood`` and ``none`` in use.
    is_fallback : bool ndarray of shape (n,)
        Whether nothing is allowed.
    counts : int64 ndarray of shape (n, 3)
        Rows of the memory that are allowed, that position and that neighbours alone would allow.
    rows : int64 ndarray of shape (n, n_nearest + 4)
        The nearest allowed rows of the memory; the nearest that is not allowed; the nearest with
        position, with neighbours, and with nothing in use. -1 where there is none.
    distances : float64 ndarray of shape (n, n_nearest + 4)
        To each.
    of_position, of_neighbours : float32 ndarray of shape (n, n_nearest + 4)
        ``p(kind | place)`` and ``p(kind | neighbours)`` of the kind of each.
    """

    image: np.ndarray
    row: np.ndarray
    col: np.ndarray
    scores: np.ndarray
    is_fallback: np.ndarray
    counts: np.ndarray
    rows: np.ndarray
    distances: np.ndarray
    of_position: np.ndarray
    of_neighbours: np.ndarray


def listed_cells(pni: Cells, features: Features, n_nearest: int) -> ListedCells:
    """List what matters to each cell; see :meth:`PNI.listed`."""
    if pni.use != "both":
        raise ParameterError(f"pni was fitted with use={pni.use!r}; fit it with 'both' to explain")
    parts = [
        part
        for image in range(len(features))
        for part in _of_image(pni, pni.embed(features.subset([image])), image, n_nearest)
    ]
    return ListedCells(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_image(pni: Cells, cells: np.ndarray, image: int, n_nearest: int) -> Iterator[ListedCells]:
    inside = pni.inner(cells)
    queries = inside.reshape(-1, inside.shape[3])
    position, beside = pni.shares(cells)
    row, col = (np.ravel(axis) + pni.border for axis in np.indices(inside.shape[1:3]))
    for start in range(0, len(queries), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        places = np.full(len(queries[part]), image), row[part], col[part]
        found = _of_block(pni, queries[part], position[part], beside[part], n_nearest)
        yield ListedCells(*places, *found)


def _of_block(
    pni: Cells, queries: np.ndarray, position: np.ndarray, beside: np.ndarray, n_nearest: int
) -> tuple[np.ndarray, ...]:
    rules = pni.rules()
    kind = pni.kind_ if pni.position_over == "dist" else np.arange(len(pni.bank_))
    scores, nearest, is_fallback = _by_use(pni, queries, position, beside)
    both = np.logical_or.reduce(rules.allowed(position, beside))
    permissions = (both, position > rules.tau, beside > rules.tau)
    counts = np.stack([one[:, kind].sum(axis=1) for one in permissions], axis=1)
    near = _nearest(pni.bank_, queries, both[:, kind], n_nearest)
    rows = np.concatenate([near, nearest[:, 1:]], axis=1)
    is_there, safe = rows >= 0, np.maximum(rows, 0)
    exact = np.stack([_distances(pni.bank_, *pair) for pair in zip(queries, safe, strict=True)])
    of_kind = kind[safe]
    return (
        scores,
        is_fallback,
        counts.astype(np.int64),
        rows,
        np.where(is_there, exact, np.nan),
        np.take_along_axis(position, of_kind, axis=1),
        np.take_along_axis(beside, of_kind, axis=1),
    )


def _by_use(
    pni: Cells, queries: np.ndarray, position: np.ndarray, beside: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores and nearest rows by what is in use, and where nothing is allowed."""
    rules, scores, nearest = pni.rules(), [], []
    is_fallback = np.zeros(len(queries), bool)
    for use in USES:
        alone = replace(rules, use=use)
        distances, found = alone.distances(pni.prepared(), queries, alone.allowed(position, beside))
        closest = np.argmin([one.squared for one in found], axis=0)
        scores.append(distances)
        nearest.append(np.choose(closest, [one.rows for one in found]))
        if use == "both":
            is_fallback = np.logical_and.reduce([one.is_fallback for one in found])
    return np.stack(scores, axis=1), np.stack(nearest, axis=1), is_fallback


def _nearest(
    bank: np.ndarray, queries: np.ndarray, allowed: np.ndarray, n_nearest: int
) -> np.ndarray:
    """Return the nearest allowed rows, and the nearest that is not; -1 where there is none."""
    with one_blas_thread():
        squared = np.square(bank).sum(axis=1) - 2 * queries @ bank.T
    rows = np.full((len(queries), n_nearest + 1), -1, np.int64)
    for number, (one, may) in enumerate(zip(squared, allowed, strict=True)):
        for column, which, n in ((0, may, n_nearest), (n_nearest, ~may, 1)):
            own = np.flatnonzero(which)
            some = own[np.argsort(one[own], kind="stable")[:n]]
            rows[number, column : column + len(some)] = some
    return rows


def _distances(bank: np.ndarray, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(bank[rows].astype(np.float64) - query, axis=1))
