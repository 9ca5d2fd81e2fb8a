"""Which defects are planted in which images."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from anomalylab import synthesise
from anomalylab.errors import ParameterError
from anomalylab.synthesise.planted import MIN_WIDTH

CONTRASTS = {"faint": 0.3, "clear": 1.0}
"""Word -> how opaque the paint of a defect is."""

EFFORTS = {"quick": 4, "full": 20}
"""Word -> planted images of each kind, width and contrast.

Quick costs about as much as embedding 200 images of 900 x 900; both are numbers and not times, so
that the same images give the same tables.
"""

MIN_IMAGES = 12
"""Images below which none is set aside."""

MAX_BASES = 40
"""Images that defects are planted in."""

_STEPS = (1.0, 2.2, 5.0, 11.0)
_NARROWEST = 0.004
_WIDEST = 0.1
"""Shares of the shorter side of an image that the ladder of widths begins and ends at."""


@dataclass(frozen=True)
class Wish:
    """What a person wants planted; what is not given follows from the images.

    Parameters
    ----------
    kinds : tuple of str
        Names of registered defects; the usual ones by default.
    widths : tuple of int
        In pixels of the images.
    contrasts : tuple of float
        In (0, 1].
    per_cell : int
        Planted images of each kind, width and contrast.
    """

    kinds: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    contrasts: tuple[float, ...] = ()
    per_cell: int = EFFORTS["quick"]

    def __post_init__(self) -> None:
        for kind in self.kinds:
            synthesise.registry.get(kind)
        if any(width < MIN_WIDTH for width in self.widths):
            raise ParameterError(
                f"widths are whole pixels from {MIN_WIDTH}, not {min(self.widths)}"
            )
        if not all(0 < contrast <= 1 for contrast in self.contrasts):
            raise ParameterError(f"contrasts lie in (0, 1], not {list(self.contrasts)}")
        if self.per_cell < 1:
            raise ParameterError(
                f"at least 1 image must be planted of each kind, not {self.per_cell}"
            )


@dataclass(frozen=True)
class Plant:
    """A defect to plant in the image of a row of the samples."""

    row: int
    kind: str
    width: int
    contrast: float
    seed: int


def ladder(samples: pd.DataFrame) -> tuple[int, ...]:
    """Return widths of defects for images of this size, from what is just visible to large.

    They begin at 0.4 % of the shorter side, or three pixels, and end at a tenth of it.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    """
    short = float(samples[["width", "height"]].min(axis=1).median())
    first = max(float(MIN_WIDTH), _NARROWEST * short)
    last = max(first, _WIDEST * short)
    return tuple(sorted({round(min(first * step, last)) for step in _STEPS}))


def plan(bases: np.ndarray, samples: pd.DataFrame, wish: Wish, *, seed: int) -> list[Plant]:
    """Deal defects to images: each image gets about as many, and none two of one cell.

    Parameters
    ----------
    bases : int ndarray
        Rows of ``samples`` that may be planted in.
    samples : DataFrame
        Rows of SAMPLES.
    wish : Wish
    seed : int

    Returns
    -------
    plants : list of Plant
        Those of one image stand together.
    """
    cells = list(
        product(
            wish.kinds or synthesise.usual(),
            wish.widths or ladder(samples),
            wish.contrasts or tuple(CONTRASTS.values()),
        )
    )
    dealt = dealt_in_turn(bases, seed)
    per_cell = min(wish.per_cell, len(dealt))
    plants = []
    for number, (cell, _) in enumerate(product(cells, range(per_cell))):
        kind, width, contrast = cell
        plants.append(Plant(int(dealt[number % len(dealt)]), kind, width, contrast, seed + number))
    return sorted(plants, key=lambda plant: plant.row)


def dealt_in_turn(bases: np.ndarray, seed: int) -> np.ndarray:
    """Return the images in the order in which they get a defect each, again and again.

    Every second one of them has half of the defects of each kind, width and contrast.
    """
    return np.random.default_rng(seed).permutation(np.asarray(bases))


def contrast_words(contrast: float) -> str:
    """Return a contrast as people are told it: ``faint``, ``clear`` or a number."""
    words = {value: word for word, value in CONTRASTS.items()}
    return words.get(contrast, f"contrast {contrast:g}")
