"""Rows of a step."""

import numpy as np


def batches(rows: np.ndarray, size: int) -> list[np.ndarray]:
    """Cut rows into batches; a last one of a single row joins the one before it.

    Batch normalisation knows no spread within one row.

    Examples
    --------
    >>> [batch.tolist() for batch in batches(np.arange(5), 2)]
    [[0, 1], [2, 3, 4]]
    """
    starts = list(range(0, len(rows), size))
    if size > 1 and len(starts) > 1 and len(rows) - starts[-1] == 1:
        starts.pop()
    return [rows[a:b] for a, b in zip(starts, [*starts[1:], len(rows)], strict=True)]
