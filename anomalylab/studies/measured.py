"""What is measured of one training set: scores of images, metrics, decisions at thresholds."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from anomalylab import metrics
from anomalylab.detectors import Pool, RefitPool
from anomalylab.localise import AnomalyMaps
from anomalylab.metrics import UndefinedMetric
from anomalylab.studies.material import CategoryFiles
from anomalylab.verdicts.decision import label_free_thresholds, rates_at

PLACE_METRICS = ("pixel_auroc", "au_pro", "au_iou")

IN_MEMORY = 2**28
"""Bytes of anomaly maps up to which they are made once, not whenever they are read."""


@dataclass(frozen=True)
class TrainingSet:
    """One training set of one category, and what is judged by a detector fitted on it.

    Parameters
    ----------
    members : int ndarray of shape (n_members,)
        Images that were there before any was removed.
    is_kept : bool ndarray of shape (n_members,)
        Those that the detector is fitted on.
    validation : int ndarray of shape (n_validation,)
        Images that are judged; with some protocols they may be members, too.
    keep_cells : bool ndarray of shape (n_kept, n_rows, n_cols), optional
        Cells of the kept images that a memory of cells keeps, if not all.
    """

    members: np.ndarray
    is_kept: np.ndarray
    validation: np.ndarray
    keep_cells: np.ndarray | None = None

    @property
    def kept(self) -> np.ndarray:
        """Images that the detector is fitted on."""
        return np.asarray(self.members[self.is_kept])

    @property
    def removed(self) -> np.ndarray:
        """Images that left."""
        return np.asarray(self.members[~self.is_kept])

    def arrays(self) -> list[np.ndarray]:
        """Return all that tells it from others."""
        cells = np.empty(0, bool) if self.keep_cells is None else self.keep_cells
        return [self.members, self.is_kept, self.validation, np.packbits(cells)]


@dataclass(frozen=True)
class Places:
    """How anomaly maps are compared with masks.

    Parameters
    ----------
    smoothing, max_fpr : float
        As of :class:`anomalylab.runs.request.DetectRequest`.
    network_size : tuple of int
        Size that maps are smoothed at.
    """

    smoothing: float
    max_fpr: float
    network_size: tuple[int, int]


def measure(
    pool: Pool, chosen: TrainingSet, files: CategoryFiles, places: Places | None
) -> dict[str, np.ndarray]:
    """Fit on what is kept, score all, measure.

    Parameters
    ----------
    pool : Pool
        Of the detector.
    chosen : TrainingSet
    files : CategoryFiles
    places : Places, optional
        Maps are not compared with masks if not given.

    Returns
    -------
    measured : dict
        ``scores`` (n_members + n_validation,), those of kept members with their groups left out;
        ``thresholds`` (2,) for 1 % and 5 % of false alarms, NaN where there is none; ``names`` and
        ``values`` of metrics, NaN where one is not defined.
    """
    of_members, scores, maps = _scored(pool, chosen, with_maps=places is not None)
    labels = files.labels[chosen.validation]
    thresholds = label_free_thresholds(of_members[chosen.is_kept])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetric)
        values = {
            "auroc": metrics.auroc(labels, scores),
            "ap": metrics.average_precision(labels, scores),
            **(_placed(maps, chosen.validation, files, places) if places is not None else {}),
            **rates_at(thresholds, scores, labels),
        }
    return {
        "scores": np.concatenate([of_members, scores]).astype(float),
        "thresholds": np.array([thresholds["1"], thresholds["5"]]),
        "names": np.array(list(values)),
        "values": np.array(list(values.values()), float),
    }


def _scored(
    pool: Pool, chosen: TrainingSet, *, with_maps: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores of members and of what is judged, and the maps of the latter if wanted."""
    members, validation, cells = chosen.members, chosen.validation, chosen.keep_cells
    kept = members[chosen.is_kept]
    if type(pool) is RefitPool and cells is None:
        return _refitted(pool, chosen)
    if not with_maps and not np.isin(validation, members).any():  # one question instead of two
        asked = np.concatenate([members, validation])
        scores = pool.image_scores(kept, asked, leave_out="group", keep_cells=cells)
        return scores[: len(members)], scores[len(members) :], np.empty(0)
    of_members = pool.image_scores(kept, members, leave_out="group", keep_cells=cells)
    if not with_maps:
        return of_members, pool.image_scores(kept, validation, keep_cells=cells), np.empty(0)
    return of_members, *pool.score(kept, validation, keep_cells=cells)


def _refitted(pool: RefitPool, chosen: TrainingSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score by one fit, which leaves out as it does in a run, where a pool would take many."""
    kept, removed = chosen.members[chosen.is_kept], chosen.members[~chosen.is_kept]
    training = pool.features.subset(kept)
    pool.detector.check_training(training)
    fitted = pool.detector.unfitted().fit(training)
    of_members = np.empty(len(chosen.members))
    of_members[chosen.is_kept] = fitted.training_scores()[0]
    if len(removed):
        of_members[~chosen.is_kept] = fitted.image_scores(pool.features.subset(removed))
    return of_members, *fitted.score(pool.features.subset(chosen.validation))


def _placed(
    maps: np.ndarray, rows: np.ndarray, files: CategoryFiles, places: Places
) -> Mapping[str, float]:
    """Compare anomaly maps with masks; NaN where no mask marks a defect."""
    known = files.truths.known(rows)
    masks, sizes = files.truths.masks(rows[known]), files.truths.sizes(rows[known])
    if not any(mask.any() for mask in masks):
        return dict.fromkeys(PLACE_METRICS, math.nan)
    made = AnomalyMaps(
        maps[known], sizes, smoothing=places.smoothing, network_size=places.network_size
    )
    n_bytes = 4 * sum(height * width for height, width in sizes)
    of_images = list(made) if n_bytes <= IN_MEMORY else made
    values, _ = metrics.localisation(masks, of_images, max_fpr=places.max_fpr)
    return {name: values[name] for name in PLACE_METRICS}
