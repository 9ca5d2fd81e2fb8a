"""What fitting detectors will take, said or refused before the long work."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from math import prod

import pandas as pd

from anomalylab import detectors
from anomalylab.compute.memory import available, refuse_beyond_available
from anomalylab.detectors import Cost, Detector
from anomalylab.errors import ParameterError
from anomalylab.extractors import Extractor
from anomalylab.features import ON_DEMAND
from anomalylab.runs import roles
from anomalylab.runs.folder import Run
from anomalylab.runs.inputs import groups_of

LONG = 60.0
"""Seconds of one core from which a run says beforehand what a detector will take."""

LISTED = "-index=ivf"
"""What the label of a candidate ends in that searches by inverted lists."""

log = logging.getLogger(__name__)


def planned(detector: Detector, samples: pd.DataFrame, extractor: Extractor) -> Cost:
    """Estimate what a detector takes to fit on the training images of ``samples``."""
    shapes = shapes_of(detector, samples, extractor)
    return detector.plan(len(roles.training_rows(samples)), shapes)


def shapes_of(
    detector: Detector, samples: pd.DataFrame, extractor: Extractor
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the levels of images.

    Those that a detector reads themselves have the median size, and one channel unless they are
    pixels.
    """
    shapes: dict[str, tuple[int, ...]] = dict(extractor.shapes())
    height, width = (int(samples[side].median()) for side in ("height", "width"))
    for name in set(detector.chosen_levels(shapes)) & set(ON_DEMAND):
        shapes[name] = (height, width, 3 if name == "pixels" else 1)
    return shapes


def check_numbers(
    samples: pd.DataFrame, extractor: Extractor, chosen: Mapping[str, Detector]
) -> None:
    """Refuse training images that are too few for a detector, also once some are left out.

    Near copies are not known yet: groups are those that were given.

    Raises
    ------
    ParameterError
        If so.
    """
    training = samples.iloc[roles.training_rows(samples)]
    for detector in chosen.values():
        detector.check_groups(groups_of(training), shapes_of(detector, samples, extractor))


def affordable(
    samples: pd.DataFrame, extractor: Extractor, candidates: Mapping[str, Detector]
) -> dict[str, Detector]:
    """Return the candidates that images are enough and memory has room for; all if for none.

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
        if not _is_enough(samples, extractor, detector):
            continue
        if planned(detector, samples, extractor).bytes <= free:
            fitting[label] = detector
    return fitting or dict(candidates)


def _is_enough(samples: pd.DataFrame, extractor: Extractor, detector: Detector) -> bool:
    try:
        check_numbers(samples, extractor, {"": detector})
    except ParameterError:
        return False
    return True


def check_costs(
    samples: pd.DataFrame, extractor: Extractor, chosen: Mapping[str, Detector]
) -> None:
    """Refuse too few images and detectors that need too much memory, and log which take long.

    Raises
    ------
    ParameterError
        If images are too few, or memory is short.
    """
    check_numbers(samples, extractor, chosen)
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
