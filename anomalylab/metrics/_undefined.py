"""When a metric has no value, and how that is said."""

import warnings

import numpy as np

from anomalylab.errors import ParameterError


class UndefinedMetric(UserWarning):
    """A metric is NaN because a class is absent; the message gives the reason."""


def undefined_reason(n_anomalous: int, n_normal: int, unit: str = "images") -> str:
    """Say why metrics that compare two classes have no value; empty if they have one.

    Parameters
    ----------
    n_anomalous, n_normal : int
        Number of units with label 1 and with label 0.
    unit : str
        What is counted, in the plural: ``"images"`` or ``"pixels"``.

    Examples
    --------
    >>> undefined_reason(0, 12)
    'no anomalous images among 12: nothing to find'
    >>> undefined_reason(3, 12)
    ''
    """
    if n_anomalous and n_normal:
        return ""
    if n_normal:
        return f"no anomalous {unit} among {n_normal}: nothing to find"
    if n_anomalous:
        return f"no normal {unit} among {n_anomalous}: nothing to tell apart"
    return f"no {unit} at all"


def reason_of(labels: np.ndarray) -> str:
    """Apply :func:`undefined_reason` to bool labels of shape (n_images,)."""
    n_anomalous = int(labels.sum())
    return undefined_reason(n_anomalous, len(labels) - n_anomalous)


def warn_undefined(metric: str, reason: str) -> float:
    """Warn that ``metric`` has no value for ``reason``, and return NaN."""
    warnings.warn(f"{metric} is undefined: {reason}", UndefinedMetric, stacklevel=3)
    return float("nan")


def check_max_fpr(max_fpr: float) -> None:
    """Refuse a false-positive rate outside (0, 1]."""
    if not 0 < max_fpr <= 1:
        raise ParameterError(f"max_fpr must lie in (0, 1], not {max_fpr}")


def check_level(level: float) -> None:
    """Refuse a level of confidence that is none."""
    if not 0 < level < 1:
        raise ParameterError(f"level must lie in (0, 1), not {level}")
