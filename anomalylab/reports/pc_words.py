"""How the methods on PC space are called, what they do, and their colours."""

from anomalylab.palette import OKABE_ITO
from anomalylab.reports.words import metric_words

METHODS = {
    "odds": (
        "Odds of the histogram",
        "logistic regression on the counts of windows; learns from image labels",
    ),
    "forest": ("Random forest", "on the same counts; learns from image labels"),
    "residual": ("Residual", "what the components leave of the strangest window; no labels needed"),
    "mahalanobis": (
        "Mahalanobis distance",
        "of the strangest window, in PC space; no labels needed",
    ),
    "outside": (
        "Share outside",
        "of windows outside the ellipse of the normal ones; no labels needed",
    ),
}

SUPERVISED = ("odds", "forest")

COLOURS = dict(zip(METHODS, (*(OKABE_ITO[i] for i in (0, 2, 3, 1, 4)),), strict=True))

PUBLISHED_ON = "published, on KolektorSDD2"

PUBLISHED = {
    ("odds", "train_ap"): 0.86,
    ("odds", "train_auroc"): 0.94,
    ("odds", "ap"): 0.83,
    ("odds", "auroc"): 0.93,
    ("forest", "ap"): 0.85,
}
"""Reported in 2022 for this embedding on KolektorSDD2, whose images are others than a stand-in's."""

PAPER = (
    ("image labels only", 0.73),
    ("image labels and 16 masks", 0.83),
)
"""Average precision of the network of Bozic et al. (2021), Computers in Industry 129."""


def method_name(method: str) -> str:
    """Return a method's name for readers."""
    return METHODS.get(method, (method, ""))[0]


def method_colour(method: str) -> str:
    """Return the colour that a method has in every picture."""
    return COLOURS.get(method, OKABE_ITO[5])


def split_metric(metric: str) -> tuple[bool, str]:
    """Return whether a metric is of the training images, and its name without that.

    Examples
    --------
    >>> split_metric("train_ap"), split_metric("auroc")
    ((True, 'ap'), (False, 'auroc'))
    """
    return metric.startswith("train_"), metric.removeprefix("train_")


def metric_title(metric: str) -> str:
    """Return a metric's name, without the split."""
    return metric_words(split_metric(metric)[1])[0]
