"""Chances of rare events, without the seconds that loading all of scipy's distributions takes."""

from scipy import special


def chance_of_at_least(count: int, expected: float) -> float:
    """Return the chance of ``count`` events or more: ``P(N >= n) = 1 - sum_{i < n} e^-m m^i / i!``.

    Parameters
    ----------
    count : int
        n, 0 or more.
    expected : float
        m, the mean of the Poisson distribution.

    Examples
    --------
    >>> round(chance_of_at_least(1, 0.5), 4)
    0.3935
    """
    return 1.0 if count < 1 else float(special.pdtrc(count - 1, expected))
