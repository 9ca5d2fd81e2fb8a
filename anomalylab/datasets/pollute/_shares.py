"""Shares of images as numbers of images: the one rounding of pollution and refinement."""

import math
from collections.abc import Mapping

from anomalylab.errors import ParameterError

_DIGITS = 9  # of a product: 0.29 * 100 is 28.999999999999996, and means 29


def n_of_share(share: float, n_images: int) -> int:
    """Return how many of ``n_images`` a share of them is, rounded down.

    Parameters
    ----------
    share : float in [0, 1)
    n_images : int

    Raises
    ------
    ParameterError
        If ``share`` lies outside [0, 1).

    Examples
    --------
    >>> n_of_share(0.2, 209), n_of_share(0.29, 100)
    (41, 29)
    """
    if not 0 <= share < 1:
        raise ParameterError(f"a share of images lies in [0, 1), as 0.2, not {share}")
    return math.floor(round(share * n_images, _DIGITS))


def apportioned(n: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Deal ``n`` images out over types in proportion to their counts, by largest remainders.

    Each type gets its quota ``n * count / total`` rounded down; what is left goes to the types of
    the largest remainders, one each, ties by name. A type that would be used up by that passes its
    image on to the largest remainder of a type that would not, so that an image of each type is
    left where that can be. Each type stays within 1 of its quota (Hamilton's method).

    Parameters
    ----------
    n : int
        At most the total of ``counts``.
    counts : mapping
        Type -> number of its images.

    Returns
    -------
    taken : dict
        Type -> number taken, in the order of names.

    Examples
    --------
    >>> apportioned(4, {"bent": 5, "cut": 4, "hole": 1})
    {'bent': 2, 'cut': 2, 'hole': 0}
    >>> apportioned(3, {"bent": 2, "cut": 1, "hole": 1})
    {'bent': 1, 'cut': 1, 'hole': 1}
    """
    total = sum(counts.values())
    names = sorted(counts)
    taken = {name: n * counts[name] // total for name in names} if n else dict.fromkeys(names, 0)

    def by_turn(name: str) -> tuple[bool, int]:
        return taken[name] + 1 >= counts[name], -(n * counts[name] % total)

    for name in sorted(names, key=by_turn)[: n - sum(taken.values())]:
        taken[name] += 1
    return taken
