"""What the histograms and densities of a PC space will take, refused before the long work."""

from anomalylab.compute.memory import refuse_beyond_available

BYTES_OF_A_BIN = 32
"""Of each bin of each image: counts, what the run keeps of them, features, and what is standardised
of these."""

BYTES_OF_A_CELL = 16
"""Of each cell of a density: windows of normal and of anomalous images."""


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
