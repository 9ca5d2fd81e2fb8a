"""From scores of labelled training images to thresholds and a verdict, for one classifier."""

from dataclasses import replace

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.recipes.pc_space.odds import ClassifierScores
from anomalylab.runs.decide import Decision, auroc_words, found_sentence
from anomalylab.runs.info import VerdictInfo
from anomalylab.verdicts import thresholds
from anomalylab.verdicts.thresholds import Threshold

OF_THEIR_OWN = "labelled images of their own"
LEFT_OUT = "training images, each scored by a classifier that has not seen it"


def decide_by_labels(
    detector: str,
    judged: ClassifierScores,
    training: pd.DataFrame,
    queries: pd.DataFrame,
    map_max: tuple[np.ndarray, np.ndarray] | None,
) -> Decision:
    """Choose the threshold of the highest F1 on training images that were left out.

    Parameters
    ----------
    detector : {"odds", "forest"}
    judged : ClassifierScores
    training, queries : DataFrame
        Rows of SAMPLES that the scores belong to; training images have labels.
    map_max : tuple of ndarray, optional
        Maxima of the maps of training images and of queries; None if there are no maps.
    """
    truth = training["label"].to_numpy(int)
    default = thresholds.from_f1(truth, judged.left_out, is_oracle=False)
    default = replace(default, note=default.note.replace(OF_THEIR_OWN, LEFT_OUT))
    known = queries["label"].notna().to_numpy()
    labels, scores = queries["label"][known].to_numpy(int), judged.query[known]
    chosen = [default]
    if len(set(labels)) == 2:
        chosen.append(thresholds.from_f1(labels, scores, is_oracle=True))
        words = measured(labels, scores, default)
    else:
        words = unmeasured(judged.query, default)
    tables = [thresholds.threshold_table(detector, "image", chosen, default=default.method)]
    if map_max is not None:
        on_maps = thresholds.same_quantile(judged.left_out, default, map_max[0])
        tables.append(
            thresholds.threshold_table(detector, "map", [on_maps], default=on_maps.method)
        )
    of_training, of_queries = map_max or (np.nan, np.nan)
    rows = [
        _scores(detector, "query", queries, judged.query, of_queries, np.nan),
        _scores(detector, "training", training, judged.left_out, of_training, judged.in_sample),
    ]
    return Decision(
        default.value,
        pd.concat(tables, ignore_index=True),
        pd.concat(rows, ignore_index=True),
        words,
    )


def measured(truth: np.ndarray, scores: np.ndarray, threshold: Threshold) -> VerdictInfo:
    """Say what the threshold makes of labelled test images."""
    counts = metrics.confusion(truth, scores, threshold.value)
    sentence = found_sentence(counts, "test images")
    reason = (
        "The threshold is the one of the highest F1 on training images, each scored by a "
        "classifier that had not seen it. Whatever the threshold, a defective test image scores "
        f"above a good one in {auroc_words(truth, scores)}."
    )
    return _words(
        "measured",
        sentence,
        reason,
        counts.true_positives + counts.false_positives,
        threshold,
        truth,
    )


def unmeasured(scores: np.ndarray, threshold: Threshold) -> VerdictInfo:
    """Say how many images without known labels the threshold marks."""
    n_beyond = int((scores >= threshold.value).sum())
    are = "is" if n_beyond == 1 else "are"
    sentence = f"{n_beyond} of {len(scores)} images {are} marked as defective."
    reason = (
        "The threshold is the one of the highest F1 on training images, each scored by a "
        "classifier that had not seen it. There are no labels of both kinds to measure it by."
    )
    kind = "suspects" if n_beyond else "clean"
    return _words(kind, sentence, reason, n_beyond, threshold, np.zeros(len(scores)))


def _words(
    kind: str, sentence: str, reason: str, n_suspects: int, threshold: Threshold, truth: np.ndarray
) -> VerdictInfo:
    share = threshold.expected_false / threshold.n_images
    return VerdictInfo(
        kind=kind,
        sentence=sentence,
        reason=reason,
        n_suspects=n_suspects,
        expected_by_chance=share * int((truth == 0).sum()),
    )


def _scores(
    detector: str,
    role: str,
    samples: pd.DataFrame,
    scores: np.ndarray,
    map_max: np.ndarray | float,
    in_sample: np.ndarray | float,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "detector": detector,
            "sample_id": samples["sample_id"].to_numpy(),
            "role": role,
            "score": scores,
            "map_max": map_max,
            "p_value": np.nan,
            "in_sample": in_sample,
        }
    )
