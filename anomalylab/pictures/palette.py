"""Colours that colour-blind readers can tell apart, the same on pages and in live views."""

from collections.abc import Iterable

from anomalylab.pictures.colours import LIGHT, SERIES

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


_STRATEGIES = {"random": "unknown", "none": "unknown", "perfect": "line"}
"""References among strategies, by the names of their colours."""


def strategy_colours(strategies: Iterable[str]) -> dict[str, str]:
    """Return a colour for each strategy of refinement: grey for chance, ink for the perfect one."""
    names = list(dict.fromkeys(strategies))
    known = {name: LIGHT[_STRATEGIES[name]] for name in names if name in _STRATEGIES}
    others = [name for name in names if name not in known]
    return known | {name: SERIES[i % len(SERIES)] for i, name in enumerate(others)}


_LOSSES = ("conventional", "arcface", "cosface", "sphereface", "center", "l2_constrained")


def loss_colours(losses: Iterable[str]) -> dict[str, str]:
    """Return a colour for each loss; those of the package keep theirs everywhere."""
    known = {name: SERIES[i] for i, name in enumerate(_LOSSES)}
    others = [name for name in losses if name not in known]
    spare = SERIES[len(_LOSSES) :] + SERIES
    return known | {name: spare[i % len(spare)] for i, name in enumerate(others)}
