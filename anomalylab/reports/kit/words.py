"""The reader's words for the field's names, one line each."""

from anomalylab.metrics.catalogue import CATALOGUE

CURVES = {
    "roc": ("How many defects are found?", "false-alarm rate", "recall"),
    "pr": ("How many alarms are right?", "recall", "precision"),
    "pro": ("How much of each defect is covered?", "false share of good pixels", "share covered"),
    "iou": ("How well do outlines fit?", "false share of good pixels", "overlap (IoU)"),
}

METHODS = {
    "bulk": "fitted bulk",
    "loo_quantile": "quantile of left-out images",
    "conformal": "split-conformal",
    "oracle_f1": "best F1 on these images (oracle)",
    "f1": "best F1",
    "cost": "lowest cost",
    "fpr": "fixed false-alarm rate",
}

LABELS = {0: "normal", 1: "anomalous"}

KINDS = {"image": "image score", "map": "anomaly map"}


def metric_words(metric: str) -> tuple[str, str]:
    """Return a metric's name for readers and what it means."""
    entry = CATALOGUE.get(metric)
    return (entry.title, entry.meaning) if entry else (metric.replace("_", " "), "")


def method_words(method: str) -> str:
    """Return how a threshold was found, in two or three words."""
    return METHODS.get(method, method.replace("_", " "))


def plural(n: int, one: str, many: str = "") -> str:
    """Count things.

    Examples
    --------
    >>> plural(1, "image"), plural(3, "image")
    ('1 image', '3 images')
    """
    return f"{grouped(n)} {one if n == 1 else many or one + 's'}"


def grouped(n: int) -> str:
    """Write a whole number with a narrow space between thousands."""
    return f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
