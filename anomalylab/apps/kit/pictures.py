"""The pictures of a run: thumbnails, maps in colour, and where two images matched."""

import io
from functools import cache, lru_cache, partial

import numpy as np
import pandas as pd
from PIL import Image

from anomalylab.pictures.encode import data_url
from anomalylab.pictures.map_colours import composite
from anomalylab.runs.displayed import displayed_map, map_bytes
from anomalylab.runs.folder import Run

N_KEPT = 1024
"""Coloured thumbnails kept in memory, about 6 kB each."""


class Pictures:
    """Pictures of one run, drawn when asked for and kept.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run):
        self.run = run
        thumbnails = run.table("thumbnails")
        names, contours = thumbnails["sample_id"], thumbnails["contour"]
        self._files: dict[str, bytes] = dict(zip(names, thumbnails["image"], strict=True))
        self._contours: dict[str, str] = dict(
            zip(names[contours.notna()], contours.dropna(), strict=True)
        )
        self._cells = cache(partial(map_bytes, run))
        self.url = lru_cache(maxsize=N_KEPT)(self._url)

    def __contains__(self, sample_id: object) -> bool:
        return sample_id in self._files

    def image(self, sample_id: str) -> np.ndarray:
        """Return the thumbnail as uint8 of shape (height, width, 3)."""
        picture = Image.open(io.BytesIO(self._files[sample_id]))
        return np.asarray(picture.convert("RGB"))

    def contour(self, sample_id: str) -> str | None:
        """Return the outline of the true defect as in THUMBNAILS, if known."""
        return self._contours.get(sample_id)

    def map(self, detector: str, row: int, size: tuple[int, int]) -> np.ndarray:
        """Return the anomaly map of query ``row`` at a size of (height, width)."""
        return displayed_map(self.run, detector, row, size)

    def cell_bounds(self, detector: str, cell: tuple, size: tuple[int, int]) -> tuple | None:
        """Return a cell as (left, bottom, right, top) in pixels counted from the lower left."""
        if any(pd.isna(place) for place in cell):
            return None
        n_rows, n_cols = self.run.score_maps(detector).shape[1:]
        height, width = size
        (row, col), (high, wide) = cell, (height / n_rows, width / n_cols)
        return col * wide, height - (row + 1) * high, (col + 1) * wide, height - row * high

    def _url(self, detector: str, sample_id: str, row: int, with_map: bool) -> str:
        """Return a thumbnail as a data URL, with its map and the truth drawn in if asked for."""
        cells = self._cells(detector)[row] if with_map else None
        thumbnail = self._files[sample_id]
        return data_url(composite(thumbnail, cells, self.contour(sample_id), self.run.map_ramp))
