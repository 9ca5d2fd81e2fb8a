"""The pictures of a run: thumbnails, maps in colour, and where two images matched."""

import io
import json
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image

from anomalylab.errors import DatasetError
from anomalylab.images.read import decode_image, hash_of
from anomalylab.pictures.encode import data_url
from anomalylab.pictures.map_colours import composite
from anomalylab.pictures.thumbnails import shrunk
from anomalylab.runs.displayed import displayed_map, map_bytes
from anomalylab.runs.folder import Run
from anomalylab.runs.originals import Originals

N_KEPT = 1024
"""Coloured thumbnails kept in memory, about 6 kB each."""


LARGE = 1024
"""Pixels of the longer side of an image shown large; its pixels travel to the browser unpacked."""

N_LARGE = 4
"""Large images kept in memory, at most 3 MB each."""


class Large(NamedTuple):
    """An image shown large, uint8 (height, width, 3), and what a reader should know of it."""

    pixels: np.ndarray
    note: str


class Pictures:
    """Pictures of one run, drawn when asked for and kept.

    Parameters
    ----------
    run : Run
    data : path, optional
        Folder of the images; where they were when the run was made if not given.
    """

    def __init__(self, run: Run, data: Path | None = None):
        self.run = run
        self._originals = Originals(run, data)
        samples = run.samples[["sample_id", "image_path", "content_hash"]]
        self._listed = samples.set_index("sample_id")
        self.large = lru_cache(maxsize=N_LARGE)(self._large)
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

    def thumbnail(self, sample_id: str) -> np.ndarray:
        """Return the thumbnail as uint8 of shape (height, width, 3)."""
        picture = Image.open(io.BytesIO(self._files[sample_id]))
        return np.asarray(picture.convert("RGB"))

    def _large(self, sample_id: str) -> Large:
        """Return an image from its file, or its thumbnail where that is not there as it was."""
        path, expected = map(str, self._listed.loc[sample_id])
        try:
            content = self._originals.read(path)
            if hash_of(content) != expected:
                raise DatasetError(f"{path} has changed")
            image = decode_image(content, Path(path), intensity=self.run.info.intensity)
        except DatasetError:
            small = self.thumbnail(sample_id)
            why = "its file is not where it was, or has changed"
            return Large(small, f"Thumbnail of {max(small.shape)} px: {why}.")
        return Large(shrunk(image, LARGE), "")

    def contour(self, sample_id: str, size: tuple[int, int]) -> str | None:
        """Return the outline of the true defect on a picture of ``size``, as JSON, if known."""
        if sample_id not in self._contours:
            return None
        height, width = self.thumbnail(sample_id).shape[:2]
        scale = np.divide(size[::-1], (width, height))
        rings = json.loads(self._contours[sample_id])
        return json.dumps([(np.array(ring) * scale).tolist() for ring in rings])

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
        contour = self._contours.get(sample_id)
        return data_url(composite(thumbnail, cells, contour, self.run.map_ramp))
