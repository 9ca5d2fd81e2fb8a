"""The most anomalous images with their maps, as a notebook cell shows them."""

from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.images.read import read_image
from anomalylab.pictures.encode import data_url
from anomalylab.pictures.gallery import still
from anomalylab.pictures.map_colours import composite, to_bytes
from anomalylab.pictures.map_ramp import ramp_for
from anomalylab.pictures.thumbnails import thumbnail


class Gallery:
    """Images in falling order of their score, each under its anomaly map.

    Parameters
    ----------
    samples : DataFrame
        Rows of :data:`anomalylab.schema.SAMPLES`.
    root : path
        Folder that image paths are relative to.
    scores : ndarray of shape (n_images,)
    score_maps : ndarray of shape (n_images, n_rows, n_cols)
        What :meth:`anomalylab.detectors.Detector.score` returns.
    map_threshold : float, optional
        Where the colours are anchored: transparent below half of it. The 95 % quantile of the
        maxima of all maps if not given, which shows where to look and judges nothing.
    n_shown : int

    Raises
    ------
    ParameterError
        If the numbers of samples, scores and maps differ.
    """

    def __init__(
        self,
        samples: pd.DataFrame,
        root: Path | str,
        scores: np.ndarray,
        score_maps: np.ndarray,
        *,
        map_threshold: float | None = None,
        n_shown: int = 12,
    ):
        if not len(samples) == len(scores) == len(score_maps):
            raise ParameterError(
                f"there are {len(samples)} samples, {len(scores)} scores and {len(score_maps)} "
                "maps; give one score and one map a sample"
            )
        if map_threshold is None:
            map_threshold = float(np.quantile(score_maps.max(axis=(1, 2)), 0.95))
        self.samples, self.root, self.scores = samples, Path(root), np.asarray(scores)
        self.cells = to_bytes(score_maps, map_threshold)
        self.order = np.argsort(-self.scores, kind="stable")[:n_shown]

    def _repr_html_(self) -> str:
        shown = self.samples.iloc[self.order]
        names = shown["sample_id"]
        items = (
            {"id": name, "title": name, "score": f"{score:.3g}", "name": name}
            for name, score in zip(names, self.scores[self.order], strict=True)
        )
        files = [self._thumbnail(path) for path in shown["image_path"]]
        ramp = ramp_for(files)
        pictures = (
            data_url(composite(file, cells, None, ramp))
            for file, cells in zip(files, self.cells[self.order], strict=True)
        )
        return still(items, dict(zip(names, pictures, strict=True)), side=160)

    def _thumbnail(self, path: str) -> bytes:
        return thumbnail(read_image(self.root / path))[0]
