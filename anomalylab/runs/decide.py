"""From scores to thresholds, chances and a verdict, for one detector of a run."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from anomalylab.compute.poisson import chance_of_at_least
from anomalylab.metrics import Confusion, auroc, auroc_interval, confusion
from anomalylab.number_words import few_digits, percent, plural
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.judge import DetectorScores
from anomalylab.runs.offered import offered
from anomalylab.verdicts import thresholds, unlabelled
from anomalylab.verdicts.bulk import Bulk
from anomalylab.verdicts.thresholds import Threshold


@dataclass(frozen=True)
class Decision:
    """Tables and words of one detector.

    Parameters
    ----------
    threshold : float
        On image scores, chosen without labels.
    thresholds : DataFrame
        Rows of THRESHOLDS.
    scores : DataFrame
        Rows of SCORES.
    verdict : VerdictInfo
    """

    threshold: float
    thresholds: pd.DataFrame
    scores: pd.DataFrame
    verdict: VerdictInfo


def decide(
    detector: str,
    judged: DetectorScores,
    samples: pd.DataFrame,
    training: np.ndarray,
    query: np.ndarray,
    *,
    max_false_alarms: float | None = None,
) -> Decision:
    """Choose thresholds on the training images, left out one by one, and say what follows.

    Parameters
    ----------
    detector : str
        Its label in the run.
    judged : DetectorScores
    samples : DataFrame
        Rows of SAMPLES of all images.
    training, query : int ndarray
        Rows of ``samples`` that the scores of ``judged`` belong to.
    max_false_alarms : float in (0, 1), optional
        Rate of false alarms of the threshold that views start from.

    Raises
    ------
    ParameterError
        If so few training images cannot promise that rate.
    """
    of_training = unlabelled.verdict(judged.training_scores)
    queries = samples.iloc[query]
    chosen = offered(
        judged.training_scores,
        of_training,
        spare=judged.spare_scores,
        max_false_alarms=max_false_alarms,
    )
    default = chosen[0]
    labels = queries["label"]
    if labels.nunique() == 2:
        known = labels.notna().to_numpy()
        truth, scores = labels[known].to_numpy(int), judged.query_scores[known]
        chosen.append(thresholds.from_f1(truth, scores, is_oracle=True))
        words = measured(truth, scores, default)
    elif np.isin(query, training).all():
        words = _of_verdict(of_training, judged.query_scores, default)
    else:
        words = beyond_training(judged.query_scores, default, of_training)
    if not np.isin(query, training).all():
        words = replace(words, training=f"Training images: {of_training.sentence}")
    on_maps = [
        thresholds.same_quantile(judged.training_scores, threshold, judged.training_map_max)
        for threshold in chosen
        if not threshold.method.startswith("oracle")
    ]
    tables = [
        thresholds.threshold_table(detector, "image", chosen, default=default.method),
        thresholds.threshold_table(detector, "map", on_maps, default=default.method),
    ]
    ids = samples["sample_id"].to_numpy()
    return Decision(
        default.value,
        pd.concat(tables, ignore_index=True),
        _scores(detector, judged, ids[training], ids[query], of_training.bulk),
        words,
    )


def measured(truth: np.ndarray, scores: np.ndarray, threshold: Threshold) -> VerdictInfo:
    """Say what a threshold chosen without labels makes of labelled images."""
    counts = confusion(truth, scores, threshold.value)
    n_good = int((truth == 0).sum())
    sentence = found_sentence(counts, "images")
    reason = (
        "The threshold was chosen on the training images, without labels. Whatever the threshold, "
        f"a defective image scores above a good one in {auroc_words(truth, scores)}."
    )
    n_suspects = counts.true_positives + counts.false_positives
    return _words("measured", sentence, reason, n_suspects, _chance(threshold) * n_good)


def found_sentence(counts: Confusion, images: str) -> str:
    """Say what is found among images and what is called by mistake; ``images`` is their name."""
    n_found, n_false, n_missed, n_passed = counts
    return (
        f"{n_found} of {n_found + n_missed} defective {images} {'is' if n_found == 1 else 'are'} "
        f"found, with {plural(n_false, 'false alarm')} among {n_false + n_passed} good ones."
    )


def auroc_words(truth: np.ndarray, scores: np.ndarray) -> str:
    """Write the share of pairs of a defective and a good image that scores set right."""
    share = auroc(truth, scores)
    low, high = auroc_interval(truth, scores)
    return (
        f"{percent(share, 3)} of pairs (AUROC; {percent(low, 3)} to {percent(high, 3)} with "
        "95 % confidence)"
    )


def beyond_training(
    scores: np.ndarray, threshold: Threshold, of_training: unlabelled.Verdict
) -> VerdictInfo:
    """Say how many new images lie beyond the training images, and how many would by chance."""
    n_beyond, n_images = int((scores >= threshold.value).sum()), len(scores)
    expected = _chance(threshold) * n_images
    if of_training.kind == "undecidable":
        return _of_verdict(of_training, scores, threshold)
    of_count = _chance_of_count(threshold, n_beyond, n_images)
    of_farthest = 1.0
    if of_training.bulk is not None:
        of_farthest = n_images * of_training.bulk.p_value(scores.max()[None])[0]
    is_chance = min(of_count, of_farthest) > unlabelled.MAX_CHANCE
    lie = "lies" if n_beyond == 1 else "lie"
    sentence = (
        f"{n_beyond} of {n_images} images {lie} beyond the training images; "
        f"about {expected:.2g} would by chance."
    )
    reason = (
        "That is no more than chance explains."
        if is_chance
        else "That is more than chance explains: these images are unlike the training images, "
        "because of defects or because what is photographed has changed."
    )
    return _words("clean" if is_chance else "suspects", sentence, reason, n_beyond, expected)


def beyond_good(scores: np.ndarray, threshold: Threshold) -> VerdictInfo:
    """Say how many new images lie beyond good ones, and how many would by chance."""
    n_beyond, n_images = int((scores >= threshold.value).sum()), len(scores)
    expected = _chance(threshold) * n_images
    is_chance = _chance_of_count(threshold, n_beyond, n_images) > unlabelled.MAX_CHANCE
    lie = "lies" if n_beyond == 1 else "lie"
    sentence = (
        f"{n_beyond} of {n_images} images {lie} beyond the {threshold.n_images} good new ones; "
        f"about {expected:.2g} would by chance."
    )
    reason = (
        "That is no more than chance explains."
        if is_chance
        else "That is more than chance explains: these images are unlike the good new ones."
    )
    return _words("clean" if is_chance else "suspects", sentence, reason, n_beyond, expected)


def _chance(threshold: Threshold) -> float:
    return threshold.expected_false / threshold.n_images


def _chance_of_count(threshold: Threshold, n_beyond: int, n_images: int) -> float:
    """Return the chance that so many of some good images or more lie beyond a threshold."""
    if threshold.method.startswith("conformal"):
        return thresholds.chance_of_so_many(threshold, n_beyond, n_images)
    return chance_of_at_least(n_beyond, _chance(threshold) * n_images)


def _of_verdict(found: unlabelled.Verdict, scores: np.ndarray, threshold: Threshold) -> VerdictInfo:
    """Keep a verdict; where another threshold is shown, count what lies beyond that."""
    n_suspects, expected, of_threshold = found.n_suspects, found.expected_by_chance, ""
    if threshold.method != "bulk":
        n_suspects = int((scores >= threshold.value).sum())
        expected = _chance(threshold) * len(scores)
        if found.kind != "undecidable":
            of_threshold = _of_another(threshold, n_suspects, expected)
    words = _words(found.kind, found.sentence, found.reason, n_suspects, expected)
    return replace(words, training=of_threshold)


def _of_another(threshold: Threshold, n_beyond: int, expected: float) -> str:
    reach = "reaches" if n_beyond == 1 else "reach"
    return (
        f"The threshold shown is another ({thresholds.method_words(threshold.method)}): "
        f"{plural(n_beyond, 'image')} {reach} it, about {few_digits(expected)} would if all were "
        "good."
    )


def _words(kind: str, sentence: str, reason: str, n_suspects: int, expected: float) -> VerdictInfo:
    return VerdictInfo(
        kind=kind,
        sentence=sentence,
        reason=reason,
        n_suspects=n_suspects,
        expected_by_chance=expected,
    )


def _scores(
    detector: str,
    judged: DetectorScores,
    training: np.ndarray,
    query: np.ndarray,
    bulk: Bulk | None,
) -> pd.DataFrame:
    """Return SCORES of the queries, and of the training images that are no queries."""
    is_only_training = ~np.isin(training, query)

    def rows(role: str, ids: np.ndarray, scores: np.ndarray, map_max: np.ndarray) -> pd.DataFrame:
        p_value = np.full(len(scores), np.nan) if bulk is None else bulk.p_value(scores)
        columns = {"sample_id": ids, "role": role, "score": scores, "map_max": map_max}
        return pd.DataFrame({"detector": detector, **columns, "p_value": p_value})

    tables = [rows("query", query, judged.query_scores, judged.query_map_max)]
    if is_only_training.any():
        only = is_only_training
        tables.append(
            rows(
                "training",
                training[only],
                judged.training_scores[only],
                judged.training_map_max[only],
            )
        )
    return pd.concat(tables, ignore_index=True)
