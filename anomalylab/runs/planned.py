"""What fitting detectors will take, said or refused before the long work."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from math import prod

import pandas as pd

from anomalylab import detectors
from anomalylab.compute.memory import available, refuse_beyond_available
from anomalylab.detectors import Cost, Detector
from anomalylab.extractors import Extractor
from anomalylab.features import ON_DEMAND
from anomalylab.runs import roles
from anomalylab.runs.folder import Run

LONG = 60.0
"""Seconds of one core from which a run says beforehand what a detector will take."""

LISTED = "-index=ivf"
"""What the label of a candidate ends in that searches by inverted lists."""

log = logging.getLogger(__name__)


def planned(detector: Detector, samples: pd.DataFrame, extractor: Extractor) -> Cost:
    """Estimate what a detector takes to fit on the training images of ``samples``.

    Images that it reads themselves have the median size, and one channel unless they are pixels.
    """
    shapes = dict(extractor.shapes())
    height, width = (int(samples[side].median()) for side in ("height", "width"))
    for name in set(detector.chosen_levels(shapes)) & set(ON_DEMAND):
        shapes[name] = (height, width, 3 if name == "pixels" else 1)
    return detector.plan(len(roles.training_rows(samples)), shapes)


def affordable(
    samples: pd.DataFrame, extractor: Extractor, candidates: Mapping[str, Detector]
) -> dict[str, Detector]:
    """Return the candidates that memory has room for; all of them if it has room for none.

    Those whose exact search would take more than :data:`LONG`, and longer than inverted lists,
    search by these, and their labels say so, see :data:`LISTED`.
    """
    free, fitting = available(), {}
    for label, detector in candidates.items():
        if getattr(detector, "index", "") == "exact":
            by_lists = replace(detector, index="ivf")  # type: ignore
            both = [planned(one, samples, extractor).seconds for one in (detector, by_lists)]
            if both[0] > max(LONG, both[1]):
                label, detector = label + LISTED, by_lists
        if planned(detector, samples, extractor).bytes <= free:
            fitting[label] = detector
    return fitting or dict(candidates)


def check_costs(
    samples: pd.DataFrame, extractor: Extractor, chosen: Mapping[str, Detector]
) -> None:
    """Refuse detectors that need more memory than is free, and log which take long.

    Raises
    ------
    ParameterError
        If memory is short.
    """
    n_training = len(roles.training_rows(samples))
    for label, detector in chosen.items():
        cost = planned(detector, samples, extractor)
        refuse_beyond_available(
            cost.bytes,
            f"fitting {label} on {n_training} images",
            "use a smaller --size, fewer --levels or fewer images",
        )
        if cost.seconds >= LONG:
            log.warning(
                "fitting %s on %d images takes in the order of %s of one core",
                label,
                n_training,
                duration(cost.seconds),
            )


def check_scoring(base: Run, n_images: int, extractor: Extractor) -> None:
    """Refuse new images that the detectors of a run cannot hold while they score them.

    Bytes are ``4 h n V`` and twice those of what was fitted, with ``V`` values of an image in the
    levels used, of which a detector holds a share ``h``.

    Raises
    ------
    ParameterError
        If memory is short.
    """
    shapes = extractor.shapes()
    for label, made in base.detect.detectors.items():
        n_values = sum(prod(shapes[level]) for level in made.levels if level in shapes)
        kind = detectors.class_of(made.name) if made.name else Detector  # early runs say none
        fitted = (base.folder / "detectors" / label).glob("*")
        refuse_beyond_available(
            int(4 * kind.held_share * n_images * n_values)
            + 2 * sum(path.stat().st_size for path in fitted),
            f"scoring {n_images} images with {label}",
            "score them folder by folder",
        )


def bytes_of_maps(
    samples: pd.DataFrame, extractor: Extractor, chosen: Mapping[str, Detector]
) -> int:
    """Return what the score maps of a run take on disk, as far as levels of a network give them."""
    shapes = dict(extractor.shapes())
    cells = (
        max(
            (shapes[n][0] * shapes[n][1] for n in d.chosen_levels(shapes) if n in shapes), default=0
        )
        for d in chosen.values()
    )
    return 4 * len(roles.query_rows(samples)) * sum(cells)


def duration(seconds: float) -> str:
    """Write a time in seconds, or from two minutes on in minutes."""
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
