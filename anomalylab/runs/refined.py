"""Detectors of a run whose maps are refined by what drawn defects taught."""

from collections.abc import Iterable, Mapping

from anomalylab.datasets.check import Finding
from anomalylab.detectors import Detector, Refined
from anomalylab.extractors import Extractor


def followed(detector: Detector, options: Mapping[str, object] | None, seed: int) -> Detector:
    """Return a detector, followed by a network that refines its maps if options of it are given.

    Parameters
    ----------
    detector : Detector
    options : mapping or None
        Of :class:`~anomalylab.detectors._refined.Refined`; None leaves the detector as it is.
    seed : int
    """
    if options is None:
        return detector
    return Refined.of(detector, **{"seed": seed, **options})


def describe_by(detectors: Iterable[Detector], extractor: Extractor) -> None:
    """Let those that draw defects know what describes images."""
    for detector in detectors:
        if isinstance(detector, Refined):
            detector.described_by(extractor)


def told(chosen: Mapping[str, Detector]) -> list[Finding]:
    """Say what the networks that refine maps have learnt from."""
    return [
        Finding(
            "note",
            "refined",
            f"the maps of {label} are refined by a network that learnt from "
            f"{detector.copies} copies with a drawn defect of each training image of this same "
            f"product; images that are only judged took no part, and {detector.blend:.0%} of what "
            "is shown comes from it",
            "compare with a run without --refine",
        )
        for label, detector in chosen.items()
        if isinstance(detector, Refined)
    ]
