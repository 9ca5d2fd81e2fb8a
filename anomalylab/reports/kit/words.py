"""The reader's words for the field's names, one line each."""

import posixpath
from collections.abc import Iterable

from anomalylab.metrics.catalogue import CATALOGUE

CURVES = {
    "roc": ("How many defects are found?", "false-alarm rate", "recall"),
    "pr": ("How many alarms are right?", "recall", "precision"),
    "pro": ("How much of each defect is covered?", "false share of good pixels", "share covered"),
    "iou": ("How well do outlines fit?", "false share of good pixels", "overlap (IoU)"),
}

LABELS = {0: "normal", 1: "anomalous"}

KINDS = {"image": "image score", "map": "anomaly map"}


def metric_words(metric: str) -> tuple[str, str]:
    """Return a metric's name for readers and what it means."""
    entry = CATALOGUE.get(metric)
    return (entry.title, entry.meaning) if entry else (metric.replace("_", " "), "")


def short_names(sample_ids: Iterable[str]) -> dict[str, str]:
    """Return names without the folders that all have in common.

    Examples
    --------
    >>> short_names(["bottle/test/good/0.png", "bottle/train/good/1.png"])
    {'bottle/test/good/0.png': 'test/good/0.png', 'bottle/train/good/1.png': 'train/good/1.png'}
    """
    ids = list(sample_ids)
    shared = posixpath.commonpath([posixpath.dirname(i) for i in ids]) if ids else ""
    return {i: i.removeprefix(f"{shared}/") if shared else i for i in ids}
