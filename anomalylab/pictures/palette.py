"""Colours that colour-blind readers can tell apart, the same on pages and in live views."""

from collections.abc import Iterable

OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a39400")

_FIXED = ("knn", "mahalanobis", "padim", "patchcore", "window_pca")


_PC_SPACE = {"odds": 0, "residual": 3, "forest": 2, "outside": 4}
"""Further methods of the package, which stand beside ``mahalanobis``."""


def detector_colours(detectors: Iterable[str]) -> dict[str, str]:
    """Return a colour for each detector; those of the package keep theirs everywhere."""
    known = {name: OKABE_ITO[i] for i, name in enumerate(_FIXED)}
    known |= {name: OKABE_ITO[i] for name, i in _PC_SPACE.items()}
    others = [name for name in detectors if name not in known]
    spare = OKABE_ITO[len(_FIXED) :]
    return known | {name: spare[i % len(spare)] for i, name in enumerate(others)}
