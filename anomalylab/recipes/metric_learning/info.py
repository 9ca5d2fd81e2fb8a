"""What ``run.json`` holds of a run of metric learning."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class MetricLearningInfo:
    """The part of a run of metric learning.

    Parameters
    ----------
    experiment : {"twins", "classes", "one-defect"}
        What networks were trained to tell apart.
    losses : list of str
    categories : list of str
        Those that were judged.
    left_out : dict
        Category -> why it was not.
    seeds : list of int
    with_published : bool
        Whether each training was repeated with the errors of the published code.
    preset : str
    parameters : dict
        Of the detector ``metric_learning``, but for loss and seed.
    chosen : list of str
        Parameters that were given rather than taken from the preset.
    body : str
        The network in words, its weights among them.
    body_digest : str
    size : tuple of int
        Height and width that images were resized to.
    distance : {"cosine", "euclidean"}
    defects : dict
        Category -> type of defect that was trained on, in ``one-defect``.
    held_out : dict
        Category -> good images that were taken from training to be judged.
    n_trials, n_failed : int
    """

    experiment: str
    losses: list[str]
    categories: list[str]
    left_out: dict[str, str] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)
    with_published: bool = False
    preset: str = "cpu"
    parameters: dict[str, Any] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    body: str = ""
    body_digest: str = ""
    size: tuple[int, int] = (224, 224)
    distance: str = "cosine"
    defects: dict[str, str] = field(default_factory=dict)
    held_out: dict[str, int] = field(default_factory=dict)
    n_trials: int = 0
    n_failed: int = 0
