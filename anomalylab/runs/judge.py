"""Fit a detector and score images, each as if it were not in the training set."""

from dataclasses import dataclass

import numpy as np

from anomalylab.detectors import Detector
from anomalylab.features import Features
from anomalylab.localise import map_max


@dataclass(frozen=True)
class DetectorScores:
    """Scores of one fitted detector, rows in the order of ``training`` and ``query``."""

    training_scores: np.ndarray
    training_map_max: np.ndarray
    query_scores: np.ndarray
    query_map_max: np.ndarray
    query_maps: np.ndarray
    spare_scores: np.ndarray


def judge(
    detector: Detector,
    features: Features,
    *,
    training: np.ndarray,
    query: np.ndarray,
    spare: np.ndarray,
    network_size: tuple[int, int],
    smoothing: float,
) -> DetectorScores:
    """Fit on the rows of ``training`` and score those rows and the rows of ``query``.

    Training rows are left out as the detector usually does, also where they are queries.

    Parameters
    ----------
    detector : Detector
        Unfitted; fitted when this returns.
    features : Features
        Levels of all images.
    training, query : int ndarray
        Row numbers; they may overlap.
    spare : int ndarray
        Further rows to score: training images known to be anomalous.
    network_size : tuple of int
        Height and width of the resized images.
    smoothing : float
        Of anomaly maps, in pixels of the resized images.
    """
    detector.fit(features.subset(training))
    training_scores, training_maps = detector.training_scores()
    place = {row: i for i, row in enumerate(training)}
    is_new = np.array([row not in place for row in query])
    query_scores = np.empty(len(query))
    query_maps = np.empty((len(query), *training_maps.shape[1:]), np.float32)
    known = [place[row] for row in query[~is_new]]
    query_scores[~is_new], query_maps[~is_new] = training_scores[known], training_maps[known]
    if is_new.any():
        scores, maps = detector.score(features.subset(query[is_new]))
        query_scores[is_new], query_maps[is_new] = scores, maps
    return DetectorScores(
        training_scores=training_scores,
        training_map_max=map_max(training_maps, network_size, smoothing=smoothing),
        query_scores=query_scores,
        query_map_max=map_max(query_maps, network_size, smoothing=smoothing),
        query_maps=query_maps,
        spare_scores=(detector.image_scores(features.subset(spare)) if len(spare) else np.empty(0)),
    )
