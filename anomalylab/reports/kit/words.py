"""The reader's words for the field's names, one line each."""

METRICS = {
    "auroc": (
        "AUROC",
        "chance that a random defective image scores above a random good one; 0.5 is guessing",
    ),
    "ap": ("AP", "average precision over all recalls; guessing gives the share of defects"),
    "ap_trapezoid": ("AP, trapezoid", "the same area, with straight lines between the points"),
    "precision": ("Precision", "share of alarms that are right"),
    "recall": ("Recall", "share of defective images that are found"),
    "specificity": ("Specificity", "share of good images that pass; 1 − false-alarm rate"),
    "f1": ("F1", "harmonic mean of precision and recall"),
    "f1_max_oracle": ("F1-max (oracle)", "best F1 of any threshold, chosen on these very images"),
    "pixel_auroc": ("Pixel AUROC", "as AUROC, with pixels instead of images"),
    "pixel_ap": ("Pixel AP", "as AP, with pixels instead of images"),
    "partial_auroc": ("Partial pixel AUROC", "pixel AUROC over the low false-alarm rates only"),
    "au_pro": ("AU-PRO", "mean share of each defect that is covered, over low false-alarm rates"),
    "au_iou": ("AU-IoU", "mean overlap of found and true defects, over low false-alarm rates"),
}

METRIC_GROUPS = {
    "Images, over all thresholds": ("auroc", "ap", "ap_trapezoid", "f1_max_oracle"),
    "Images, at the threshold of the run": ("recall", "precision", "specificity", "f1"),
    "Places in the images": ("au_pro", "au_iou", "pixel_auroc", "pixel_ap", "partial_auroc"),
}

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
    return METRICS.get(metric, (metric.replace("_", " "), ""))


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
