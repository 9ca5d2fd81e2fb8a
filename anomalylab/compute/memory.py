"""How much memory is free, so that work that cannot fit is refused before it starts."""

import psutil

from anomalylab.errors import ParameterError


def available() -> int:
    """Return the bytes that can be taken without swapping."""
    return int(psutil.virtual_memory().available)


def refuse_beyond_available(needed: int, what: str, advice: str) -> None:
    """Raise unless ``needed`` bytes are free.

    Parameters
    ----------
    needed : int
        Bytes.
    what, advice : str
        What needs them, and what would fit.

    Raises
    ------
    ParameterError
        If fewer bytes are available.
    """
    free = available()
    if needed > free:
        raise ParameterError(
            f"{what} takes {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; {advice}"
        )
