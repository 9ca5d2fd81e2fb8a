"""How fast is learned, step by step."""

import math

WARM_UP = 0.25
"""Share of the steps in which the rate of one cycle rises [1]_.

.. [1] Smith (2018). A disciplined approach to neural network hyper-parameters.
   https://arxiv.org/abs/1803.09820
"""

FIRST = 1 / 25
"""Of the largest rate, where one cycle begins."""


def factor(schedule: str, step: int, n_steps: int) -> float:
    """Return what the learning rate is multiplied by.

    Parameters
    ----------
    schedule : {"one-cycle", "soft-landing", "cosine", "constant"}
    step : int
        From 0.
    n_steps : int
        Of the whole training.

    Examples
    --------
    >>> [round(factor("one-cycle", step, 8), 2) for step in range(8)]
    [0.04, 0.52, 1.0, 0.93, 0.75, 0.5, 0.25, 0.07]
    >>> [round(factor("soft-landing", step, 8), 2) for step in range(8)]
    [0.04, 0.52, 1.0, 0.87, 0.56, 0.25, 0.06, 0.0]
    """
    share = step / n_steps
    if schedule == "constant":
        return 1.0
    if schedule == "cosine":
        return _down(share)
    if share < WARM_UP:
        return FIRST + (1 - FIRST) * (1 - _down(share / WARM_UP))
    fall = _down((share - WARM_UP) / (1 - WARM_UP))
    return fall**2 if schedule == "soft-landing" else fall


def _down(share: float) -> float:
    """Fall from 1 to 0 along half a cosine."""
    return (1 + math.cos(math.pi * share)) / 2
