"""What a recipe says of training images that nobody knows to be good."""

import numpy as np

from anomalylab.datasets.check import Finding


def taken_to_be_good(labels: np.ndarray) -> list[Finding]:
    """Say how many images to learn from have no label; nothing if all have one.

    Parameters
    ----------
    labels : float ndarray of shape (n_train,)
        0 good, 1 defective, NaN not known.

    Examples
    --------
    >>> [found.n for found in taken_to_be_good(np.array([0.0, np.nan]))]
    [1]
    """
    n = int(np.isnan(labels).sum())
    if not n:
        return []
    message = (
        f"{n} of {len(labels)} images to learn from have no label: they are taken to be good, and "
        "what is said of good images is said of them"
    )
    advice = "look through them: defective ones among them are learnt, and raise the threshold"
    return [Finding("warning", "taken_to_be_good", message, advice, n)]
