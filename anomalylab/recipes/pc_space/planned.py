"""What windows, histograms and densities will take, refused before the long work."""

from collections.abc import Sequence

from anomalylab.compute.memory import refuse_beyond_available
from anomalylab.compute.threads import n_threads
from anomalylab.recipes.pc_space.spaces import HELD_BYTES

BYTES_OF_A_BIN = 32
"""Of each bin of each image: counts, what the run keeps of them, features, and what is standardised
of these."""

BYTES_OF_A_CELL = 16
"""Of each cell of a density: windows of normal and of anomalous images."""


SUMS_AT_ONCE = 16
"""Sums over windows in memory: of eight pieces of a block, of folds, and where axes are found."""

SUMS_OF_A_THREAD = 2
"""And those that each thread adds up."""


def check_windows(side: int) -> None:
    """Refuse windows of which the sums over images need more memory than is free.

    A window of ``side`` pixels has ``side^4`` products of two pixels, float64.

    Raises
    ------
    ParameterError
        If memory is short.
    """
    n_sums = SUMS_AT_ONCE + SUMS_OF_A_THREAD * n_threads()
    refuse_beyond_available(
        8 * n_sums * side**4 + HELD_BYTES,
        f"finding the PC space of windows of {side} x {side} pixels",
        "use a smaller --window",
    )


def check_search(n_images: int, n_components: int, bins: Sequence[int], n_limits: int) -> None:
    """Refuse a search whose histograms need more memory than is free.

    With ``p`` pairs of components and ``l`` limits, ``n_images l p sum(bins^2)`` bins are held.

    Parameters
    ----------
    n_images, n_components : int
    bins : sequence of int
        Bins along a side, of each kind of histogram.
    n_limits : int

    Raises
    ------
    ParameterError
        If memory is short.
    """
    n_pairs = n_components * (n_components - 1) // 2
    n_bins = n_images * n_limits * n_pairs * sum(side**2 for side in bins)
    refuse_beyond_available(
        BYTES_OF_A_BIN * n_bins,
        f"searching among {len(bins) * n_limits} histograms of {n_images} images",
        "leave out --search and give --window, --bins and --components",
    )


def check_memory(n_images: int, n_windows: int, n_components: int, bins: int, side: int) -> None:
    """Refuse planes and bins that need more memory than is free.

    With ``p`` pairs of components, images take ``n_images n_windows p bins^2`` bins and densities
    ``p side^2`` cells.

    Parameters
    ----------
    n_images : int
    n_windows : int
        Window sizes.
    n_components, bins : int
    side : int
        Cells along a side of a density.

    Raises
    ------
    ParameterError
        If memory is short.
    """
    n_pairs = n_components * (n_components - 1) // 2
    n_bins = n_images * n_windows * n_pairs * bins**2
    refuse_beyond_available(
        BYTES_OF_A_BIN * n_bins + BYTES_OF_A_CELL * n_pairs * side**2,
        f"counting windows of {n_images} images in {n_windows * n_pairs} planes of {bins} x {bins} "
        "bins",
        "use fewer components or bins",
    )
