"""What a study found, in sentences: one for each detector, from its tables."""

import pandas as pd

from anomalylab.number_words import percent, readable
from anomalylab.runs.info import VerdictInfo
from anomalylab.studies.cells import NOTHING_REMOVED
from anomalylab.studies.spec import PERFECT


def verdicts(measured: pd.DataFrame, detectors: list[str]) -> dict[str, VerdictInfo]:
    """Say what pollution does to each detector, and which strategy mends most of it.

    Parameters
    ----------
    measured : DataFrame
        STUDY_METRICS.
    detectors : list of str
        Labels of those that were fitted.
    """
    return {label: _verdict(measured[measured["detector"] == label], label) for label in detectors}


def _verdict(measured: pd.DataFrame, label: str) -> VerdictInfo:
    parts = [part for part in (_pollution(measured), _refinement(measured)) if part]
    sentence = (
        f"{label}: {'; '.join(parts)}."
        if parts
        else f"{label}: what was measured stands in the tables."
    )
    return VerdictInfo(kind="measured", sentence=sentence)


def _pollution(measured: pd.DataFrame) -> str:
    """Say what becomes of the ranking and of the decision from the lowest to the highest level."""
    unrefined = measured[measured["strategy"] == NOTHING_REMOVED]
    auroc, recall = (_means(unrefined, name) for name in ("auroc", "recall_at_5"))
    if len(auroc) < 2:
        return ""
    low, high = auroc.index[0], auroc.index[-1]
    words = (
        f"with {percent(high)} of the training images defective instead of {percent(low)}, "
        f"AUROC goes from {readable(auroc[low])} to {readable(auroc[high])}"
    )
    if low in recall and high in recall:
        words += (
            f", and recall at the threshold set without labels for 5 % of false alarms from "
            f"{readable(recall[low])} to {readable(recall[high])}"
        )
    return words


def _refinement(measured: pd.DataFrame) -> str:
    """Name the strategy and share that lead to the highest mean AUROC, beside removing nothing.

    It is chosen on what it is stated for, and said so.
    """
    refined = measured[
        (measured["study"] == "refinement")
        & (measured["metric"] == "auroc")
        & (measured["strategy"] != PERFECT)
    ]
    if refined.empty:
        return ""
    means = refined.groupby(["strategy", "scorer", "reject"], sort=True)["value"].mean().dropna()
    is_before = means.index.get_level_values("reject") == 0
    before, after = means[is_before], means[~is_before]
    if before.empty or after.empty:
        return ""
    if after.max() <= before.max():
        return "nothing that was tried gives a higher AUROC than removing nothing"
    best = int(after.to_numpy().argmax())
    strategy, scorer, reject = (str(value) for value in after.index[best])
    by = f" by {scorer}" if scorer else ""
    return (
        f"of what was tried, removing {percent(float(reject))} with {strategy}{by} gives the "
        f"highest AUROC, {readable(after.max())} beside {readable(before.mean())} without (chosen "
        "on these images)"
    )


def _means(measured: pd.DataFrame, metric: str) -> pd.Series:
    """Return the mean of a metric at each level of pollution, categories weighing the same."""
    rows = measured[measured["metric"] == metric]
    by_category = rows.groupby(["pollution", "category"], sort=True)["value"].mean()
    return by_category.groupby("pollution").mean().dropna()
