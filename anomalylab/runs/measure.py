"""Metrics and curves of a judged set of images, with a reason for each that has none."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.localise import AnomalyMaps
from anomalylab.metrics.catalogue import IMAGE_METRICS
from anomalylab.progress import counted
from anomalylab.runs.masks import Masks

PIXEL_METRICS = ("pixel_auroc", "pixel_ap", "partial_auroc", "au_pro", "au_iou")
AT_THRESHOLD = ("precision", "recall", "specificity", "f1")


def image_metrics(
    detector: str,
    labels: pd.Series,
    scores: np.ndarray,
    threshold: float,
    *,
    seed: int,
    chosen: str = "without labels",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how well image scores separate the labelled queries.

    Parameters
    ----------
    detector : str
    labels : Series of 0, 1 and missing values
    scores : ndarray of shape (n_query,)
    threshold : float
        The default one, chosen without these labels.
    seed : int
        Of the bootstrap.
    chosen : str
        How the threshold was chosen, for the notes.

    Returns
    -------
    metrics, curves : DataFrame
        Rows of METRICS and of CURVES (``roc`` and ``pr``).
    """
    is_labelled = labels.notna().to_numpy()
    truth, scores = labels[is_labelled].to_numpy(int), scores[is_labelled]
    reason = why_undefined(truth)
    names = [*IMAGE_METRICS, *AT_THRESHOLD, "f1_max_oracle"]
    if reason:
        return _missing(detector, names, reason, len(truth)), _curves(detector, {})
    rows = []
    for name, metric in IMAGE_METRICS.items():
        low, high = metrics.metric_interval(metric, truth, scores, seed=seed)
        rows.append((name, metric(truth, scores), low, high, ""))
    counts = metrics.confusion(truth, scores, threshold)
    rates = metrics.rates(counts)
    note = f"at the threshold {threshold:.4g}, chosen {chosen}"
    rows += [(name, rates[name], *_rate_bounds(name, counts), note) for name in AT_THRESHOLD]
    best, at = metrics.f1_max_oracle(truth, scores)
    oracle = f"threshold {at:.4g} chosen on the labels it is judged by: an upper bound"
    rows.append(("f1_max_oracle", best, np.nan, np.nan, oracle))
    table = pd.DataFrame(rows, columns=["metric", "value", "low", "high", "note"])
    fpr, tpr, _ = metrics.roc_curve(truth, scores)
    recall, precision, _ = metrics.pr_curve(truth, scores)
    curves = {"roc": (fpr, tpr), "pr": (recall, precision)}
    curves = {name: metrics.thin_curve(x, y) for name, (x, y) in curves.items()}
    return (
        table.assign(detector=detector, ceiling=np.nan, n_images=len(truth)),
        _curves(detector, curves),
    )


def pixel_metrics(
    detector: str,
    queries: pd.DataFrame,
    masks: Masks,
    score_maps: np.ndarray,
    *,
    network_size: tuple[int, int],
    smoothing: float,
    max_fpr: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how well anomaly maps find the defects, at the size of the masks.

    Parameters
    ----------
    detector : str
    queries : DataFrame
        Rows of SAMPLES, one a score map. Anomalous images without a mask are left out.
    masks : Masks
    score_maps : ndarray of shape (n_query, n_rows, n_cols)
    network_size, smoothing, max_fpr
        As in :class:`anomalylab.runs.request.DetectRequest`.

    Returns
    -------
    metrics, curves : DataFrame
        Rows of METRICS and of CURVES (``pro`` and ``iou``).
    """
    is_used, reason = _with_truth(queries)
    if not is_used.any() or not queries.loc[is_used, "mask_path"].notna().any():
        return _missing(detector, PIXEL_METRICS, reason, 0), _curves(detector, {})
    used = counted(queries[is_used].itertuples(), int(is_used.sum()), "reading masks")
    truths = [masks.truth(row) for row in used]
    if not any(truth.any() for truth in truths):
        return _missing(detector, PIXEL_METRICS, "no mask marks a defect", 0), _curves(detector, {})
    sizes = [truth.shape for truth in truths]
    maps = AnomalyMaps(score_maps[is_used], sizes, smoothing=smoothing, network_size=network_size)
    values, curves = metrics.localisation(truths, maps, max_fpr=max_fpr)
    note = f"integrated to a false-positive rate of {max_fpr:g}"
    table = pd.DataFrame(
        {
            "detector": detector,
            "metric": PIXEL_METRICS,
            "value": [values[name] for name in PIXEL_METRICS],
            "low": np.nan,
            "high": np.nan,
            "ceiling": [
                values["au_iou_ceiling"] if name == "au_iou" else np.nan for name in PIXEL_METRICS
            ],
            "n_images": len(truths),
            "note": [
                _join(reason, "" if name.startswith("pixel") else note) for name in PIXEL_METRICS
            ],
        }
    )
    return table, _curves(detector, curves)


def why_undefined(truth: np.ndarray) -> str:
    """Say why labels of one class, or none, allow no ranking metric; empty if they do."""
    if not len(truth):
        return "no judged image has a label"
    if truth.all():
        return "all labelled images are anomalous; normal ones are needed too"
    return "" if truth.any() else "all labelled images are normal; anomalous ones are needed too"


def _with_truth(queries: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return which queries have pixel truth, and what is to be said of the others."""
    has_mask = queries["mask_path"].notna().to_numpy()
    is_normal = (queries["label"] == 0).fillna(False).to_numpy(bool)
    without = int(((queries["label"] == 1).fillna(False).to_numpy(bool) & ~has_mask).sum())
    if not has_mask.any():
        return has_mask, "no judged image has a mask"
    reason = f"{without} anomalous images have no mask and are left out" if without else ""
    return has_mask | is_normal, reason


def _rate_bounds(name: str, counts: "metrics.Confusion") -> tuple[float, float]:
    trials = {
        "recall": (counts.true_positives, counts.true_positives + counts.false_negatives),
        "precision": (counts.true_positives, counts.true_positives + counts.false_positives),
        "specificity": (counts.true_negatives, counts.true_negatives + counts.false_positives),
    }
    if name not in trials or not trials[name][1]:
        return np.nan, np.nan
    return metrics.rate_interval(*trials[name])


def _missing(detector: str, names: Iterable[str], reason: str, n_images: int) -> pd.DataFrame:
    gaps = dict.fromkeys(("value", "low", "high", "ceiling"), np.nan)
    return pd.DataFrame(
        {"detector": detector, "metric": list(names), **gaps, "n_images": n_images, "note": reason}
    )


def _curves(detector: str, curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    tables = [
        pd.DataFrame(
            {"detector": detector, "curve": name, "point": np.arange(len(x)), "x": x, "y": y}
        )
        for name, (x, y) in curves.items()
    ]
    empty = pd.DataFrame(
        {
            "detector": pd.Series(dtype=str),
            "curve": pd.Series(dtype=str),
            "point": pd.Series(dtype=int),
            "x": pd.Series(dtype=float),
            "y": pd.Series(dtype=float),
        }
    )
    return pd.concat(tables, ignore_index=True) if tables else empty


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
