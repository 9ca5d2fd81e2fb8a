"""Sentences on what the figure and the table show, from their numbers alone."""

import numpy as np

from anomalylab.number_words import fixed, percent, plural, readable
from anomalylab.studies.robustness import Contours, Distances

CHANGE_NAMES = {
    "difference": "largest difference of variance",
    "channels": "channels of largest difference",
    "ratio": "largest factor of variance",
}

AXIS_NAMES = {
    "difference": ("direction of greatest change", "direction of second greatest change"),
    "channels": ("channel of greatest change", "channel of second greatest change"),
    "ratio": ("direction of greatest growth", "direction of second greatest growth"),
}

CHANCE_BEYOND = float(np.exp(-4.5))
"""Share of a Gaussian in two dimensions that lies beyond 3 deviations."""

WIDE = 1.25
"""Times that a deviation must grow to be called wider."""


def contour_words(drawn: Contours) -> str:
    """Say what pollution does to the Gaussian along two axes, and to what lies beyond it."""
    n_defects = int(drawn.is_defect.sum())
    n_before, n_after = (
        int(drawn.is_beyond(of)[drawn.is_defect].sum()) for of in ("healthy", "polluted")
    )
    grows = growth(drawn)
    if grows >= WIDE:
        width = f"With them among the training images it is {fixed(grows, 1)} times as wide"
    else:
        width = f"With them among the training images it is hardly wider ({fixed(grows, 2)} times)"
    return (
        f"{n_before} of {plural(n_defects, 'defect')} lie beyond 3 σ of the Gaussian of healthy "
        f"images. {width} along the first axis, and {_only(n_before, n_after)} "
        f"lie{'s' if n_after == 1 else ''} beyond its 3 σ."
    )


def growth(drawn: Contours) -> float:
    """Return how many times as wide the Gaussian is along the first axis with the defects in."""
    return float(drawn.polluted.deviations[0] / drawn.healthy.deviations[0])


def _only(before: int, after: int) -> str:
    return f"only {after} of them" if after < before else f"still {after} of them"


def distance_words(apart: Distances) -> str:
    """Say how far defects are from healthy images and from each other."""
    (away, away_low, away_high), (among, among_low, among_high) = apart.ratios
    times = f"{fixed(away, 2)} times"
    interval = f"95 % interval {fixed(away_low, 2)} to {fixed(away_high, 2)}"
    if away_low > 1:
        first = f"A defect is {times} as far from healthy images as these are from each other"
    else:
        first = (
            f"Defects are not told apart from healthy images by distance: {times} the distance "
            "between healthy images"
        )
    of_each_other = (
        f"{fixed(among, 2)} times as far (95 % interval {fixed(among_low, 2)} to "
        f"{fixed(among_high, 2)})"
    )
    if among_high < 1:
        second = f"to each other they are nearer than that: {of_each_other}"
    elif among_low > 1:
        second = f"from each other they are farther still: {of_each_other}"
    else:
        second = f"from each other they are as far as from healthy images: {of_each_other}"
    return f"{first} ({interval}); {second}."


def neighbour_words(apart: Distances) -> str:
    """Say how many defects have a defect as nearest neighbour, and what chance would give."""
    of = apart.defects
    beside = f"The nearest neighbour of {of.n_same} of {plural(of.n, 'defect')} is a defect"
    chance = (
        f"chance would give {readable(of.expected, 2)}, between {fixed(of.low, 0)} and "
        f"{fixed(of.high, 0)}"
    )
    if of.n_same > of.high:
        return (
            f"{beside} ({chance}): defects do have their like, so a method that looks at the "
            f"nearest neighbour takes up to {percent(of.n_same / of.n)} of them for normal if they "
            "are among its training images."
        )
    return (
        f"{beside} ({chance}): no more than chance, so that methods which look at neighbours "
        "are hardly misled by defects among their training images."
    )
