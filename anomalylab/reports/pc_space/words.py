"""How the methods on PC space are called, what they do, and their colours."""

from collections.abc import Iterable

METHODS = {
    "odds": (
        "Odds",
        "logistic regression on the counts of windows in the bins; learns from labels of images",
    ),
    "forest": ("Forest", "random forest on the same counts; learns from labels of images"),
    "residual": (
        "Residual",
        "what the components leave of the strangest window of an image; needs no labels",
    ),
    "mahalanobis": (
        "Mahalanobis",
        "distance of the strangest window from the middle of PC space; needs no labels",
    ),
    "outside": (
        "Outside",
        "share of windows outside the 3 σ ellipse of the normal ones; needs no labels",
    ),
}
"""Name and meaning of each method."""

UNITS = {
    "odds": "log odds of being anomalous",
    "forest": "share of trees that say anomalous",
    "residual": "squared distance of the strangest window from PC space, 1 for an average one",
    "mahalanobis": "squared distance of the strangest window from the middle, 1 for an average one",
    "outside": "share of windows outside 3 σ",
}

PUBLISHED_ON = "published, on KolektorSDD2"

PUBLISHED = {
    ("odds", "train_ap"): 0.86,
    ("odds", "train_auroc"): 0.94,
    ("odds", "ap"): 0.83,
    ("odds", "auroc"): 0.93,
    ("forest", "ap"): 0.85,
}
"""Reported in 2022 for this embedding on the images of KolektorSDD2."""

PAPER = (
    ("image labels only", 0.73),
    ("image labels and 16 masks", 0.83),
)
"""Average precision of the network of Bozic et al. (2021), Computers in Industry 129."""


def method_name(method: str) -> str:
    """Return a method's name for readers."""
    return METHODS.get(method, (method, ""))[0]


def method_names(methods: Iterable[str]) -> dict[str, str]:
    """Return the names of several methods for readers, in their order."""
    return {method: method_name(method) for method in methods}
