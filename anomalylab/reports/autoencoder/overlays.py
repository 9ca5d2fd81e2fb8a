"""What three thresholds call, laid over the images: for print, and where no script runs."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from anomalylab.metrics.over_levels import N_LEVELS
from anomalylab.number_words import percent, plural
from anomalylab.pictures.colours import rgb
from anomalylab.pictures.encode import data_url, webp
from anomalylab.reports.autoencoder.opened import Found
from anomalylab.reports.autoencoder.words import short
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import rows_of

STYLES = ("autoencoder/page.css",)

FACTORS = (0.5, 1.0, 2.0)
"""Of the threshold to use: half of it, itself, and twice as much."""

OPACITY = 0.75
QUALITY = 85
SIDE = 256
"""Pixels that small pictures are enlarged to at least, so that the outline is thin."""

OUTLINE, RIM = 2, 1
"""Pixels of the white outline, which is seen at half the size, too, and of its dark rim."""


def overlays(found: Found, taus: Sequence[float] = ()) -> Fragment:
    """Show what thresholds call, amber over the images, with the true defect outlined.

    Parameters
    ----------
    found : Found
    taus : sequence of float
        In the unit of the residual; half of the chosen one, itself and twice as much if none is
        given.

    Returns
    -------
    Fragment
        Nothing to show if the run holds no pictures.
    """
    chosen = list(taus) or usual_taus(found)
    shots = [_shot(found, row, chosen) for row in rows_of(found.tables.pictures)]
    return Fragment(render("autoencoder/overlays", shots=shots), (), STYLES)


def usual_taus(found: Found) -> list[float]:
    """Return half of the threshold to use, itself, and twice as much, none beyond the highest."""
    return [min(factor * found.tau, found.about.highest) for factor in FACTORS]


def stills(found: Found, most: int) -> list[dict[str, Any]]:
    """Return at most so many images with overlays: the highest residual of each type."""
    rows = rows_of(found.tables.pictures)
    scores = [decoded(row["residual"]).max(initial=0) for row in rows]
    first: dict[str, int] = {}
    for i in np.argsort(scores, kind="stable")[::-1]:
        first.setdefault(str(rows[i]["defect_type"]), int(i))
    taus = usual_taus(found)
    return [_shot(found, rows[i], taus) for i in sorted(list(first.values())[:most])]


def level_of(found: Found, tau: float) -> int:
    """Return the level of the pictures whose threshold is nearest to one."""
    step = found.about.highest / (N_LEVELS - 1)
    return int(np.clip(round(tau / step), 0, N_LEVELS - 1))


def overlay(picture: bytes, levels: np.ndarray, truth: np.ndarray | None, level: int) -> bytes:
    """Lay the pixels above a level over an image, and outline the true defect in white.

    Parameters
    ----------
    picture : bytes
        An image file.
    levels : uint8 ndarray of shape (height, width)
    truth : bool ndarray of shape (height, width), optional
    level : int

    Returns
    -------
    bytes
        A WebP file, enlarged by a whole number where the image is small.
    """
    pixels = decoded(picture).astype(np.float64)
    is_called = levels > level
    amber = np.array(rgb("amber"))
    pixels[is_called] = (1 - OPACITY) * pixels[is_called] + OPACITY * amber
    times = max(1, -(-SIDE // max(levels.shape)))
    large = pixels.round().astype(np.uint8).repeat(times, 0).repeat(times, 1)
    if truth is not None:
        is_defect = truth.repeat(times, 0).repeat(times, 1)
        large[_around(is_defect, OUTLINE + RIM)] = 0
        large[_around(is_defect, OUTLINE)] = 255
    return webp(large, QUALITY)


def decoded(picture: bytes) -> np.ndarray:
    """Return the pixels of an image file."""
    return np.asarray(Image.open(io.BytesIO(picture)))


def truth_of(row: dict[str, Any]) -> np.ndarray | None:
    """Return which pixels of a row of PICTURES are defective; None where it is not known."""
    return None if row["truth"] is None else decoded(row["truth"]) > 0


def counted_words(levels: np.ndarray, truth: np.ndarray | None, level: int) -> str:
    """Say what a level calls of an image; the script of the page says the same.

    Examples
    --------
    >>> levels, truth = np.array([[9, 9, 1, 1]]), np.array([[True, False, True, False]])
    >>> counted_words(levels, truth, 4)
    '2 of 4 pixels called; 50\u202f% of the defect found; 50\u202f% of what is called is defect'
    >>> counted_words(levels, None, 4)
    '2 of 4 pixels called'
    """
    is_called = levels > level
    n_called = int(is_called.sum())
    told = [f"{n_called} of {plural(levels.size, 'pixel')} called"]
    if truth is not None and truth.any():
        found = int((is_called & truth).sum())
        told.append(f"{percent(found / int(truth.sum()))} of the defect found")
        if n_called:
            told.append(f"{percent(found / n_called)} of what is called is defect")
    elif truth is not None:
        told.append("nothing in this image is defective")
    return "; ".join(told)


def _shot(found: Found, row: dict[str, Any], taus: Sequence[float]) -> dict[str, Any]:
    levels, truth = decoded(row["residual"]), truth_of(row)
    drawn = []
    for tau in taus:
        level = level_of(found, tau)
        picture = data_url(overlay(row["input"], levels, truth, level))
        words = counted_words(levels, truth, level)
        drawn.append({"src": picture, "tau": short(tau), "words": words})
    return {
        "id": row["sample_id"],
        "type": row["defect_type"] or "not known",
        "input": data_url(row["input"]),
        "output": data_url(row["output"]),
        "drawn": drawn,
    }


def _around(mask: np.ndarray, width: int) -> np.ndarray:
    """Return the pixels around a region, so many wide."""
    grown = mask
    for _ in range(width):
        padded = np.pad(grown, 1)
        up, down = padded[:-2, 1:-1], padded[2:, 1:-1]
        left, right = padded[1:-1, :-2], padded[1:-1, 2:]
        grown = grown | up | down | left | right
    return np.asarray(grown & ~mask)
