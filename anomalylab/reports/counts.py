"""What a threshold means in counts and rates; the page's scripts compute the same."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

Z = 1.959963984540054
"""Of a 95 % interval."""


@dataclass(frozen=True)
class Confusion:
    """Counts of images at a threshold; images without label are in ``flagged`` and ``n`` only."""

    tp: int
    fp: int
    fn: int
    tn: int
    flagged: int
    n: int


def confusion(scores: pd.Series, labels: pd.Series, threshold: float) -> Confusion:
    """Count found and missed images; a score equal to the threshold is found.

    Parameters
    ----------
    scores, labels : Series
        One entry an image, in the same order; a label is 0, 1 or missing.
    threshold : float
    """
    is_above = scores.to_numpy(dtype=float) >= threshold
    truth = labels.astype("Int64").to_numpy(dtype=float, na_value=np.nan)
    return Confusion(
        tp=int((is_above & (truth == 1)).sum()),
        fp=int((is_above & (truth == 0)).sum()),
        fn=int((~is_above & (truth == 1)).sum()),
        tn=int((~is_above & (truth == 0)).sum()),
        flagged=int(is_above.sum()),
        n=len(is_above),
    )


def share(k: int, n: int) -> tuple[float | None, float | None, float | None]:
    """Return k / n and its 95 % interval; three times None if n is zero.

    References
    ----------
    .. [1] Wilson (1927). Probable inference, the law of succession, and statistical inference.
       https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> value, low, high = share(0, 209)
    >>> low, round(high, 4)
    (0.0, 0.0181)
    """
    if n == 0:
        return None, None, None
    p, z2 = k / n, Z * Z / n
    centre = (p + z2 / 2) / (1 + z2)
    half = Z / (1 + z2) * float(np.sqrt(p * (1 - p) / n + z2 / (4 * n)))
    return p, 0.0 if k == 0 else centre - half, 1.0 if k == n else centre + half


def on_the_line(
    recall: float,
    false_alarm_rate: float,
    *,
    defects: float,
    miss_cost: float,
    alarm_cost: float,
    parts: int = 10_000,
) -> tuple[float, float, float]:
    """Return misses, false alarms and cost among ``parts`` parts of a line.

    Parameters
    ----------
    recall, false_alarm_rate : float
        Shares.
    defects : float
        Defective parts in 1 000.
    miss_cost, alarm_cost : float
        Cost of one miss and of one false alarm, in any one unit.
    """
    defective = parts * defects / 1000
    misses = defective * (1 - recall)
    false_alarms = (parts - defective) * false_alarm_rate
    return misses, false_alarms, misses * miss_cost + false_alarms * alarm_cost
