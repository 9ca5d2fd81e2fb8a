"""Which test images Grad-CAM is shown of, and which it is measured on."""

from collections import Counter

import numpy as np

MAX_TYPES = 8
"""Types of defects that are shown, those of most images."""

MAX_MEASURED = 120
"""Test images with a mask that the heat is computed of."""


def pictured(scores: np.ndarray, types: np.ndarray) -> np.ndarray:
    """Choose the highest and the lowest scored image of each type, good images among them.

    Parameters
    ----------
    scores : float ndarray of shape (n_images,)
    types : object ndarray of shape (n_images,)
        Type of defect, ``good``, or empty where nothing is known.

    Returns
    -------
    rows : int ndarray
        Rising, no more than 18.

    Examples
    --------
    >>> pictured(np.array([0.1, 0.5, 0.2, 0.9]), np.array(["good", "good", "good", "cut"], object))
    array([0, 1, 3])
    """
    defects = Counter(kind for kind in types if kind != "good").most_common(MAX_TYPES)
    rows = set()
    for kind in ["good", *(name for name, _ in defects)]:
        own = np.flatnonzero(types == kind)
        if len(own):
            rows |= {int(own[scores[own].argmin()]), int(own[scores[own].argmax()])}
    return np.array(sorted(rows), int)


def measured(is_marked: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the rows whose heat is computed: the chosen ones, and those whose defect is marked.

    Of many marked ones every so many-th is taken.

    Parameters
    ----------
    is_marked : bool ndarray of shape (n_images,)
    chosen : int ndarray
        From :func:`pictured`.
    """
    marked = np.flatnonzero(is_marked)
    step = max(1, -(-len(marked) // MAX_MEASURED))
    return np.union1d(marked[::step], chosen).astype(int)
