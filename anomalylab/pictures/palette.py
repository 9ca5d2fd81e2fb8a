"""Colours that colour-blind readers can tell apart, the same on pages and in live views."""

from collections.abc import Iterable

from anomalylab.pictures.colours import SERIES

_FIXED = ("knn", "mahalanobis", "padim", "patchcore", "window_pca")


_PC_SPACE = {"odds": 0, "residual": 3, "forest": 2, "outside": 4}
"""Further methods of the package, which stand beside ``mahalanobis``."""


def detector_colours(detectors: Iterable[str]) -> dict[str, str]:
    """Return a colour for each detector; those of the package keep theirs everywhere."""
    known = {name: SERIES[i] for i, name in enumerate(_FIXED)}
    known |= {name: SERIES[i] for name, i in _PC_SPACE.items()}
    others = [name for name in detectors if name not in known]
    spare = SERIES[len(_FIXED) :] + SERIES[: len(_FIXED)]
    return known | {name: spare[i % len(spare)] for i, name in enumerate(others)}
