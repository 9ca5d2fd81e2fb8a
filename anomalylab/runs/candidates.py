"""The detectors that a request asks for, or leaves to be chosen from."""

from collections.abc import Mapping
from dataclasses import fields

from anomalylab import detectors
from anomalylab.detectors import Detector, TrainedDetector
from anomalylab.runs.refined import followed
from anomalylab.runs.request import DetectorChoice, DetectRequest

CANDIDATES = (
    "padim_all_levels",
    "mahalanobis",
    "patchcore",
    "patchcore:levels=all",
    "padim:covariance=ridge",
    "knn",
)
"""Settings that are compared; of those that planted defects cannot tell apart the first is taken.

Mean image AUROC over four sources that none was tuned on: .955, .901 and .894 for the first three,
.862 for the fifth with another covariance. The fourth was not averaged there; the sixth came last
on most of them."""

TRAINED = ("cutpaste", "metric_learning")
"""Settings that are compared, too, where a person has time: each trains a network four times."""


def candidates_of(request: DetectRequest) -> dict[str, Detector]:
    """Return the detectors of a request, or all that are to be compared: label -> unfitted."""
    choices = request.detectors
    if request.is_auto:
        names = CANDIDATES + (TRAINED if request.thorough else ())
        choices = tuple(DetectorChoice.parse(text) for text in names)
    return {
        choice.label: followed(_create(choice, request.seed), request.refine, request.seed)
        for choice in choices
    }


def without_trained(candidates: Mapping[str, Detector]) -> dict[str, Detector]:
    """Return those that train no network: others see images at a size of their own, whatever."""
    return {label: one for label, one in candidates.items() if not isinstance(one, TrainedDetector)}


def _create(choice: DetectorChoice, seed: int) -> Detector:
    cls = detectors.registry.get(choice.name)
    has_seed = any(field.name == "seed" for field in fields(cls))  # type: ignore[arg-type]
    params = {**({"seed": seed} if has_seed else {}), **choice.params}
    detector: Detector = detectors.create(choice.name, preset=choice.preset, **params)
    return detector
