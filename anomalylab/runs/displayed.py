"""What pages and live views show of a run of detectors, made the same way for both."""

import numpy as np
import pandas as pd

from anomalylab.localise import anomaly_map, anomaly_maps, peaks
from anomalylab.pictures.map_colours import to_bytes
from anomalylab.runs.folder import Run
from anomalylab.verdicts.bulk import Bulk
from anomalylab.verdicts.unlabelled import verdict

SHOWN_OTHERWISE = frozenset(
    [
        "sample_id",
        "category",
        "split",
        "label",
        "image_path",
        "mask_path",
        "width",
        "height",
        "content_hash",
        "group",
    ]
)
"""Columns of SAMPLES that are shown in a way of their own, or not at all."""


def further_columns(samples: pd.DataFrame) -> list[str]:
    """Return the columns that travelled along with the images and tell some of them apart."""
    further = samples.drop(columns=SHOWN_OTHERWISE & set(samples))
    return [str(name) for name in further if len(further[name].unique()) > 1]


def bulk_behind(run: Run, detector: str) -> Bulk | None:
    """Return the bulk that a threshold of a run comes from, fitted again to the same scores.

    These are the scores of the training images, each left out, or of all where roles are unknown.
    None if no threshold comes from a bulk.
    """
    if "bulk" not in set(run.thresholds(detector)["method"]):
        return None
    scores = run.scores(detector, role="training")
    if scores.empty:
        scores = run.scores(detector)
        is_training = scores["sample_id"].isin(run.info.training_ids)
        scores = scores[is_training] if is_training.any() else scores
    return verdict(scores["score"].to_numpy(float)).bulk


def map_bytes(run: Run, detector: str) -> np.ndarray:
    """Return the displayed maps of the queries, uint8 of shape (n_queries, n_rows, n_cols).

    Their colours are those of :func:`anomalylab.pictures.map_colours.colours` for the ramp
    :attr:`anomalylab.runs.folder.Run.map_ramp`.
    """
    score_maps = run.score_maps(detector)
    maps = anomaly_maps(score_maps, score_maps.shape[1:], **run.info.part.display)
    return to_bytes(maps, run.threshold(detector, kind="map"))


def displayed_map(run: Run, detector: str, row: int, size: tuple[int, int]) -> np.ndarray:
    """Return the anomaly map of query ``row`` at a size of (height, width)."""
    return anomaly_map(run.score_maps(detector)[row], size, **run.detect.display)


def places(run: Run, detector: str) -> np.ndarray:
    """Return where the map of each query is highest, in pixels of the image: int (n_queries, 2).

    First x, then y, from 0 at the upper left; to a pixel of the network's input.
    """
    sizes = run.queries[["height", "width"]].to_numpy(int)
    return peaks(run.score_maps(detector), sizes, **run.info.part.display)[:, ::-1]
