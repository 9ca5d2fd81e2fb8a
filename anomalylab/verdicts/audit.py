"""From a few looks to a bound on the defects that are left; no model of scores is needed."""

import math

from anomalylab.errors import ParameterError

CONFIDENCE = 0.95


def most_left(n_kept: int, n_looked: int, n_found: int, *, confidence: float = CONFIDENCE) -> int:
    """Return the most defects that ``n_kept`` images can hold, found ones included.

    The largest D with ``P(X <= n_found) > 1 - confidence``, X being the defects among ``n_looked``
    images drawn at random, without putting back, from ``n_kept`` of which D are defective
    (hypergeometric). Exact: with that confidence there are no more.

    Parameters
    ----------
    n_kept : int
        Images that were not looked at on purpose.
    n_looked : int
        Drawn at random from them and looked at.
    n_found : int
        Defective ones among these.
    confidence : float in (0, 1)

    Raises
    ------
    ParameterError
        Unless ``0 <= n_found <= n_looked <= n_kept``.

    Examples
    --------
    >>> most_left(800, 60, 0), most_left(800, 120, 0)
    (37, 18)
    """
    if not 0 <= n_found <= n_looked <= n_kept:
        raise ParameterError(
            f"0 <= found <= looked at <= kept must hold, not {n_found}, {n_looked}, {n_kept}"
        )
    low, high = n_found, n_kept - n_looked + n_found
    while low < high:
        middle = (low + high + 1) // 2
        if _chance_of_at_most(n_found, n_kept, middle, n_looked) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low


def looks_needed(n_kept: int, share: float, *, confidence: float = CONFIDENCE) -> int:
    """Return how many looks without a find show that at most a share of the images is defective.

    Parameters
    ----------
    n_kept : int
    share : float in (0, 1)
    confidence : float in (0, 1)

    Examples
    --------
    >>> looks_needed(800, 0.05)
    55
    """
    low, high = 0, n_kept
    while low < high:
        middle = (low + high) // 2
        if most_left(n_kept, middle, 0, confidence=confidence) <= share * n_kept:
            high = middle
        else:
            low = middle + 1
    return low


def _chance_of_at_most(k: int, n_kept: int, n_defective: int, n_looked: int) -> float:
    total = _log_choose(n_kept, n_looked)
    terms = (
        _log_choose(n_defective, i) + _log_choose(n_kept - n_defective, n_looked - i) - total
        for i in range(k + 1)
        if i <= n_defective and n_looked - i <= n_kept - n_defective
    )
    return math.fsum(math.exp(term) for term in terms)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
