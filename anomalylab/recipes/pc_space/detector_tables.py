"""What each detector adds to the tables of a run: scores, thresholds, metrics, curves, maps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.pipeline import Pipeline

from anomalylab.compute.window_statistics import STATISTICS
from anomalylab.pc_space.info import GRID
from anomalylab.recipes.pc_space import odds
from anomalylab.recipes.pc_space.decide_by_labels import decide_by_labels
from anomalylab.recipes.pc_space.image_blocks import Images
from anomalylab.recipes.pc_space.tables import training_metrics
from anomalylab.runs import roles
from anomalylab.runs.decide import Decision, decide
from anomalylab.runs.judge import DetectorScores
from anomalylab.runs.measure import image_metrics, pixel_metrics

MAX_FPR = 0.3
"""False-positive rate up to which AU-PRO and AU-IoU integrate."""

BY_LABELS = "on training images that were left out"


@dataclass(frozen=True)
class Outcome:
    """What one detector adds; ``maps`` of the queries are missing if it has none of its own."""

    decision: Decision
    scores: pd.DataFrame
    metrics: pd.DataFrame
    curves: pd.DataFrame
    maps: np.ndarray | None = None


@dataclass(frozen=True)
class DescribedImages:
    """Images and what was seen of them; rows belong together.

    Parameters
    ----------
    images : Images
    described : dict
        See :func:`anomalylab.recipes.pc_space.projections.project_all`.
    folds : int ndarray of shape (n_images,)
        Fold of each training image; -1 for others.
    seed : int
    """

    images: Images
    described: dict[str, np.ndarray]
    folds: np.ndarray
    seed: int

    @property
    def samples(self) -> pd.DataFrame:
        """Rows of SAMPLES."""
        return self.images.samples

    @property
    def query(self) -> np.ndarray:
        """Rows of the images to judge."""
        return roles.query_rows(self.samples)

    @property
    def labelled(self) -> np.ndarray:
        """Rows of training images with labels."""
        return odds.labelled_rows(self.samples)


def unsupervised(material: DescribedImages) -> dict[str, Outcome]:
    """Judge images by the scores that need no labels."""
    return {
        name: _unsupervised(name, material.described["scores"][:, number], material)
        for number, name in enumerate(STATISTICS)
    }


def _unsupervised(name: str, scores: np.ndarray, material: DescribedImages) -> Outcome:
    samples, query = material.samples, material.query
    training, spare = roles.training_rows(samples), roles.spare_rows(samples)
    maps = material.described[name]
    map_max = maps.max(axis=(1, 2))
    judged = DetectorScores(
        training_scores=scores[training],
        training_map_max=map_max[training],
        query_scores=scores[query],
        query_map_max=map_max[query],
        query_maps=maps[query],
        spare_scores=scores[spare],
    )
    decision = decide(name, judged, samples, training, query)
    of_spare = pd.DataFrame(
        {
            "detector": name,
            "sample_id": samples["sample_id"].to_numpy()[spare],
            "role": "training",
            "score": scores[spare],
            "map_max": map_max[spare],
        }
    )
    table = decision.scores
    table = pd.concat([table, of_spare], ignore_index=True) if len(spare) else table
    labels = samples["label"].iloc[query]
    measured = image_metrics(name, labels, scores[query], decision.threshold, seed=material.seed)
    return _with_pixels(name, decision, table, measured, maps, material)


def supervised(
    material: DescribedImages, judged: Mapping[str, odds.ClassifierScores], maps: np.ndarray
) -> dict[str, Outcome]:
    """Put what classifiers found into tables.

    Parameters
    ----------
    material : DescribedImages
    judged : mapping
        ``odds`` and ``forest`` -> their scores, see :func:`learn`.
    maps : float32 ndarray of shape (n_images, *GRID)
        Log odds; the forest has no maps.
    """
    return {
        name: _supervised(name, found, maps if name == "odds" else None, material)
        for name, found in judged.items()
    }


def learn(
    material: DescribedImages, features: np.ndarray, C: float
) -> tuple[dict[str, odds.ClassifierScores], Pipeline]:
    """Fit both classifiers and score images.

    Parameters
    ----------
    material : DescribedImages
    features : ndarray of shape (n_images, n_features)
    C : float
        Inverse strength of the penalty of the logistic regression.

    Returns
    -------
    judged : dict
        ``odds`` and ``forest`` -> their scores.
    fitted : Pipeline
        The one of the odds.
    """
    rows, fitted = material.labelled, odds.odds_classifier(C)
    labels = material.samples["label"].iloc[rows].to_numpy(int)

    def judge(model: ClassifierMixin) -> odds.ClassifierScores:
        queries = features[material.query]
        return odds.judge(model, features[rows], labels, material.folds[rows], queries)

    forest = odds.forest_classifier(material.seed)
    return {"odds": judge(fitted), "forest": judge(forest)}, fitted


def _supervised(
    name: str, judged: odds.ClassifierScores, maps: np.ndarray | None, material: DescribedImages
) -> Outcome:
    training = material.samples.iloc[material.labelled]
    queries = material.samples.iloc[material.query]
    map_max = None
    if maps is not None:
        maxima = maps.max(axis=(1, 2))
        map_max = maxima[material.labelled], maxima[material.query]
    decision = decide_by_labels(name, judged, training, queries, map_max)
    of_test = image_metrics(
        name,
        queries["label"],
        judged.query,
        decision.threshold,
        seed=material.seed,
        chosen=BY_LABELS,
    )
    labels = training["label"].to_numpy(int)
    of_training = training_metrics(name, labels, judged, seed=material.seed)
    both = [join(pair) for pair in zip(of_test, of_training, strict=True)]
    return _with_pixels(name, decision, decision.scores, (both[0], both[1]), maps, material)


def _with_pixels(
    name: str,
    decision: Decision,
    scores: pd.DataFrame,
    of_images: tuple[pd.DataFrame, pd.DataFrame],
    maps: np.ndarray | None,
    material: DescribedImages,
) -> Outcome:
    if maps is None:
        return Outcome(decision, scores, *of_images)
    queries = material.samples.iloc[material.query].reset_index(drop=True)
    of_queries = maps[material.query]
    of_pixels = pixel_metrics(
        name,
        queries,
        material.images.masks,
        of_queries,
        network_size=GRID,
        smoothing=0.0,
        max_fpr=MAX_FPR,
    )
    metrics, curves = (join(pair) for pair in zip(of_images, of_pixels, strict=True))
    return Outcome(decision, scores, metrics, curves, of_queries)


def join(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of one kind below one another, leaving out empty ones."""
    tables = list(tables)
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
