"""Near copies by pixels: frames of a video, one part photographed again, a crop moved, saved anew.

Each image is a small grey picture. What one of a pair leaves unexplained of the other, after it was
moved, made brighter and given more contrast so as to fit best, is their *residual*. A pair is a
near copy if its residual is no more than about that of the image beside itself moved by two
pixels, and far below what the nearest different images of the folder leave. So bottles under one
camera, which are all alike, are no copies, and a bottle photographed twice is.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from anomalylab.compute.blas import one_blas_thread
from anomalylab.progress import counted

SIDE = 64
"""Rows and columns of a small picture."""

MOST_OF_OWN = 1.5
"""Residual of a near copy, in residuals of an image beside itself moved."""

MOST_OF_USUAL = 0.5
"""Residual of a near copy, in the usual residual between an image and the one most like it.

Chosen on all sources of ``tests/benchmarks/bench_near_copies.py`` together and not confirmed with
each left out: 22 pairs of solar cells, different ones with the same marks of print, count as copies
(33 at 2.5 in place of 1.5), and at 1.25, which leaves 12, copies of boards are missed."""

MOST = 0.2
"""Residual of a near copy, at most: a fiftieth part of the variance and less is unexplained."""

LEAST_OWN = 0.02
"""Residual of an image beside itself, at least: noise and the tables of JPEG leave as much."""

_SURE = 1.2  # of the own residual: copies that are set aside before the usual residual is taken
_N_NEAREST = 12
_N_OTHERS = 4  # images at fixed distances in the list, compared so that someone differs
_MARGIN = 3  # pixels at the border that moving may bring in
_BLUR = 0.7
_COARSE_BLUR = 1.5  # before pictures are halved, so that a move by a pixel is fitted well
_LEAST_CONTRAST = 0.5  # grey levels; flatter pictures show nothing to compare
_MOVES = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


class Pairs(NamedTuple):
    """Near copies: ``first < second`` are rows, ``residual`` is 0 for the same small picture."""

    first: np.ndarray
    second: np.ndarray
    residual: np.ndarray


def near_copies(pictures: np.ndarray, own: np.ndarray) -> Pairs:
    """Find the pairs of near copies.

    Only each picture's nearest ones at half the size, and a few others, are compared, so that many
    copies of one image need not all be found beside each other, see :func:`linked`.

    Parameters
    ----------
    pictures : float ndarray of shape (n_images, SIDE, SIDE)
        Grey levels, 0 to 255.
    own : float ndarray of shape (n_images,)
        :func:`residual` of each image beside itself moved by two pixels, see
        :func:`anomalylab.pictures.small_grey.small_grey`.

    Returns
    -------
    pairs : Pairs
    """
    return chosen(compared(pictures), own)


@one_blas_thread()
def compared(pictures: np.ndarray) -> Pairs:
    """Return the residuals of all pairs that may be near copies, and of some that are not."""
    if len(pictures) < 2:
        return Pairs(np.empty(0, int), np.empty(0, int), np.empty(0))
    first, second = _candidates(pictures)
    return Pairs(first, second, _residuals(pictures, first, second))


def chosen(pairs: Pairs, own: np.ndarray) -> Pairs:
    """Return those of the compared pairs that are near copies."""
    first, second, residuals = pairs
    limit = np.maximum(np.maximum(own[first], own[second]), LEAST_OWN)
    is_sure = residuals <= np.minimum(_SURE * limit, MOST)
    usual = _usual(pairs, linked(len(own), first[is_sure], second[is_sure]))
    is_copy = residuals <= np.minimum(MOST_OF_OWN * limit, min(MOST_OF_USUAL * usual, MOST))
    return Pairs(first[is_copy], second[is_copy], residuals[is_copy])


def linked(n_images: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Number images so that those joined by pairs, however many lie between, share a number.

    Parameters
    ----------
    n_images : int
    first, second : int ndarray of shape (n_pairs,)

    Returns
    -------
    numbers : int ndarray of shape (n_images,)
        Counted from 0 in the order of first rows.
    """
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(n_images, n_images))
    numbers: np.ndarray = connected_components(graph, directed=False)[1]
    return numbers


def residual(one: np.ndarray, other: np.ndarray) -> float:
    """Return what either of two small pictures leaves unexplained of the other, 0 to 1.

    ``|b - fit| / |b - mean b|``, where ``fit`` is the least-squares combination of the other
    picture a, its first and second derivatives and a constant, the best over moves of ``a`` by one
    pixel; the larger of both directions.

    Parameters
    ----------
    one, other : float ndarray of shape (SIDE, SIDE)
    """
    pair = np.stack([one, other])
    return float(_residuals(pair, np.array([0]), np.array([1]))[0])


def _candidates(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs to compare, first < second, each once.

    They are each picture's nearest ones by the residuals of pictures half as large, and some at
    fixed distances.
    """
    n_images, side = len(pictures), SIDE // 2
    smooth = ndimage.gaussian_filter(pictures.astype(np.float32), (0, _COARSE_BLUR, _COARSE_BLUR))
    halves = smooth.reshape(n_images, side, 2, side, 2).mean(axis=(2, 4))
    n_near, rows = min(_N_NEAREST, n_images - 1), np.arange(n_images)
    values = halves[:, 1:-1, 1:-1].reshape(n_images, -1)
    values -= values.mean(axis=1, keepdims=True)
    squares = (values**2).sum(axis=1)
    least = _LEAST_CONTRAST**2 * values.shape[1]
    nearest = np.empty((n_images, n_near), int)
    for row, half in enumerate(counted(halves, loop="looking for pairs")):
        explained = ((values @ _basis(half, 1).astype(np.float32)) ** 2).sum(axis=1)
        left = (squares - explained) / np.maximum(squares, least)
        left[row] = np.inf
        nearest[row] = np.argpartition(left, n_near - 1)[:n_near]
    pairs = [np.stack([np.repeat(rows, n_near), nearest.ravel()])]
    for step in {n_images * k // (_N_OTHERS + 1) for k in range(1, _N_OTHERS + 1)} - {0}:
        pairs.append(np.stack([rows, (rows + step) % n_images]))
    first, second = np.unique(np.sort(np.concatenate(pairs, axis=1), axis=0), axis=1)
    return first, second


def _residuals(pictures: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the residual of each pair, the larger of both directions."""
    smooth = ndimage.gaussian_filter(pictures.astype(np.float32), (0, _BLUR, _BLUR))
    found = np.zeros(len(first))
    of, by = np.concatenate([second, first]), np.concatenate([first, second])
    order = np.argsort(by, kind="stable")
    starts = np.flatnonzero(np.diff(by[order], prepend=-1))
    for rows in counted(np.split(order, starts[1:]), loop="comparing pairs"):
        left = _unexplained(smooth[of[rows]], _basis(smooth[by[rows[0]]], _MARGIN))
        np.maximum.at(found, rows % len(first), left)
    return found


def _basis(picture: np.ndarray, margin: int) -> np.ndarray:
    """Return an orthonormal basis of what a picture becomes when it is moved a little and lit."""
    down, right = np.gradient(picture)
    down_down, down_right = np.gradient(down)
    right_right = np.gradient(right, axis=1)
    parts = (np.ones_like(picture), picture, down, right, down_down, down_right, right_right)
    inner = slice(margin, -margin)
    columns = np.stack([part[inner, inner].ravel() for part in parts], axis=1)
    basis: np.ndarray = np.linalg.qr(columns.astype(np.float64))[0]
    return basis


def _unexplained(pictures: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Return what a basis leaves of each picture, the least over moves, 1 of a flat one."""
    moved = []
    for down, right in _MOVES:
        rows = slice(_MARGIN + down, SIDE - _MARGIN + down)
        cols = slice(_MARGIN + right, SIDE - _MARGIN + right)
        moved.append(pictures[:, rows, cols].reshape(len(pictures), -1))
    values = np.stack(moved).astype(np.float64)
    values -= values.mean(axis=2, keepdims=True)
    size = np.linalg.norm(values, axis=2)
    left = size**2 - np.linalg.norm(values @ basis, axis=2) ** 2
    least = _LEAST_CONTRAST * np.sqrt(values.shape[2])
    shares = np.where(size < least, 1, np.sqrt(left.clip(0)) / np.maximum(size, least))
    return np.asarray(shares.min(axis=0))


def _usual(pairs: Pairs, groups: np.ndarray) -> float:
    """Return the median over images of the least residual outside of the image's own group."""
    least = np.full(len(groups), np.inf)
    is_outside = groups[pairs.first] != groups[pairs.second]
    for rows in (pairs.first[is_outside], pairs.second[is_outside]):
        np.minimum.at(least, rows, pairs.residual[is_outside])
    known = least[np.isfinite(least)]
    return float(np.median(known)) if len(known) else np.inf
