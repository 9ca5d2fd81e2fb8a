"""Locally aware patch features: a cell together with the eight around it (PatchCore)."""

import numpy as np


def neighbourhood_mean(level: np.ndarray, side: int = 3) -> np.ndarray:
    """Average each cell with its eight neighbours: ``(x_1 + ... + x_9) / 9``.

    Beyond the border there are zeros, which count.

    Parameters
    ----------
    level : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
    side : int
        Cells along a side of the neighbourhood, odd.

    Returns
    -------
    pooled : float32 ndarray of the same shape
    """
    n_rows, n_cols = level.shape[1:3]
    out = np.empty(level.shape, np.float32)
    for image, target in zip(level, out, strict=True):
        padded = np.pad(image, ((side // 2,) * 2, (side // 2,) * 2, (0, 0)))
        target[...] = padded[:n_rows, :n_cols]
        for row, col in list(np.ndindex(side, side))[1:]:
            target += padded[row : row + n_rows, col : col + n_cols]
        target /= side * side
    return out


def neighbourhood_windows(level: np.ndarray, n_columns: int, side: int = 3) -> np.ndarray:
    """Reduce each cell and its eight neighbours to ``n_columns`` values, as PatchCore's code does.

    The values of nine cells are put one after the other, channel by channel, and averaged in
    ``n_columns`` windows of nearly equal length, whether or not these cut channels apart.

    Parameters
    ----------
    level : float32 ndarray of shape (n_images, n_rows, n_cols, n_channels)
    n_columns : int
    side : int
        Cells along a side of the neighbourhood, odd.

    Returns
    -------
    pooled : float32 ndarray of shape (n_images, n_rows, n_cols, n_columns)

    References
    ----------
    .. [1] Roth et al. (2022). Towards Total Recall in Industrial Anomaly Detection.
       https://arxiv.org/abs/2106.08265
    """
    import torch
    from torch.nn import functional

    out = np.empty((*level.shape[:3], n_columns), np.float32)
    for image, target in zip(level, out, strict=True):
        maps = torch.from_numpy(image.copy()).permute(2, 0, 1)[None]
        patches = functional.unfold(maps, side, padding=side // 2)[0].T  # (n_cells, n_values)
        target[...] = channel_windows(patches.contiguous().numpy(), n_columns).reshape(target.shape)
    return out


def channel_windows(rows: np.ndarray, n_columns: int) -> np.ndarray:
    """Average channels in ``n_columns`` windows: (..., n_channels) -> (..., n_columns)."""
    import torch
    from torch.nn import functional

    flat = torch.from_numpy(rows).reshape(-1, 1, rows.shape[-1])
    return (
        functional.adaptive_avg_pool1d(flat, n_columns).reshape(*rows.shape[:-1], n_columns).numpy()
    )
