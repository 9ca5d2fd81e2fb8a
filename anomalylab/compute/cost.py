"""What work takes, estimated before it is begun from counts of operations and rates of one core.

The rates are of a common server core, rounded. What is estimated with them is the order of
magnitude: whether to wait for seconds, minutes or hours.
"""

from dataclasses import dataclass

from anomalylab.compute.nearest import MAX_PRODUCTS

VALUES = 2e8
"""Values that are read, changed and written a second, in numpy."""

PRODUCTS = 5e9
"""Multiplications a second in products and factors of matrices of some hundred rows, float64."""

COMPARISONS = 3e10
"""Multiplications a second where many rows are compared with many, float32."""

BOUND_COLUMNS = ((188, 96), (92, 48))
"""Channels above which a search of many rows compares so many columns in place of all."""

QUERY = 25e-6
"""Seconds that a query of a search takes besides."""

ROUNDS = 10
"""Rounds of k-means by which inverted lists are made."""


@dataclass(frozen=True)
class Cost:
    """Memory or disk, and time, that some work takes.

    Parameters
    ----------
    bytes : int
    seconds : float
    """

    bytes: int
    seconds: float


def seconds_of(*, values: float = 0, products: float = 0) -> float:
    """Return ``values / VALUES + products / PRODUCTS``, the seconds of one core."""
    return values / VALUES + products / PRODUCTS


def seconds_of_search(n_queries: float, n_bank: float, n_channels: int) -> float:
    """Return ``n_queries (QUERY + n_bank c / COMPARISONS)``, the seconds of one core.

    ``c`` are the channels, or of many rows the columns of a bound that rules out most pairs.
    """
    is_bounded = n_bank * n_bank * n_channels > MAX_PRODUCTS
    n_columns = next((c for above, c in BOUND_COLUMNS if is_bounded and n_channels > above), None)
    return n_queries * (QUERY + n_bank * (n_columns or n_channels) / COMPARISONS)


def seconds_of_listed_search(
    n_queries: float, n_bank: float, n_channels: int, nlist: int, nprobe: int
) -> float:
    """Return the seconds of one core for a search by inverted lists, and for making them.

    They are made by comparing the bank with ``nlist`` centres ``ROUNDS`` times; then a query is
    compared with the centres and ``nprobe / nlist`` of the bank.
    """
    making = ROUNDS * n_bank * nlist * n_channels / COMPARISONS
    n_compared = nlist + n_bank * min(nprobe / nlist, 1)
    return making + n_queries * (QUERY + n_compared * n_channels / COMPARISONS)
