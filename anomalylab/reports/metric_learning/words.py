"""What the page of metric learning calls things."""

from collections.abc import Iterable

from anomalylab.pictures.palette import loss_colours
from anomalylab.reports.metric_learning.opened import Trial, Trials

LOSSES = {
    "conventional": ("Conventional", "softmax and cross-entropy, as any classifier"),
    "l2_constrained": ("L2-constrained", "the same with all embeddings brought to one length"),
    "arcface": ("ArcFace", "classes must lie apart by a margin in the angle"),
    "cosface": ("CosFace", "classes must lie apart by a margin in the cosine of the angle"),
    "sphereface": ("SphereFace", "the angle to the own class counts several times"),
    "center": ("Center loss", "each embedding is drawn to the centre of its class"),
}
"""Loss -> its name for readers, and what it asks of embeddings."""

EXPERIMENTS = {
    "twins": (
        "Normal images against copies with a drawn defect",
        "The networks have seen no real defect: they were trained to tell normal images from "
        "copies on which a defect is drawn, their twins.",
    ),
    "classes": (
        "Products against each other",
        "The networks have seen no defect at all: they were trained to tell the products apart by "
        "their normal images.",
    ),
    "one-defect": (
        "Normal images against one type of defect",
        "The networks were trained on real defects of one type. The test images hold that type "
        "too, so look at the values without it.",
    ),
}
"""Experiment -> what it is called, and what its networks have seen."""

METRICS = {
    "auroc": "AUROC",
    "ap": "average precision",
    "tpr_at_best": "defects found at the best threshold",
    "tnr_at_best": "good images passed at the best threshold",
    "planted_auroc": "AUROC of planted defects",
}

_UNTRAINED = "_untrained"

OF = {
    "logit": "What speaks for a defect",
    "distance": "What sets it apart from normal",
}
"""What heat is of, in words."""

GOOD = "good"


def loss_name(loss: str) -> str:
    """Return the name of a loss for readers.

    Examples
    --------
    >>> loss_name("l2_constrained"), loss_name("my_own")
    ('L2-constrained', 'my own')
    """
    return LOSSES[loss][0] if loss in LOSSES else loss.replace("_", " ")


def metric_name(metric: str) -> str:
    """Return the name of a metric for readers.

    Examples
    --------
    >>> metric_name("auroc_untrained")
    'AUROC, without the type that was trained on'
    """
    name = METRICS.get(metric.removesuffix(_UNTRAINED), metric.replace("_", " "))
    return f"{name}, without the type that was trained on" if metric.endswith(_UNTRAINED) else name


def short_name(trial: Trial, found: Trials) -> str:
    """Name a trial beside others of its category: its loss, and what else differs."""
    parts = [loss_name(trial.loss)]
    parts += ["as published"] if trial.is_as_published else []
    parts += [trial.experiment] if len(found.experiments) > 1 else []
    parts += [f"seed {trial.seed}"] if len(found.seeds) > 1 else []
    return ", ".join(parts)


def colours_of(losses: Iterable[str]) -> dict[str, str]:
    """Return a colour for each loss, the same on every page."""
    return loss_colours(losses)
