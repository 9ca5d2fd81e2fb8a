"""The images of a run as cards of a gallery."""

from typing import Any

import pandas as pd

from anomalylab.apps.detect.state import DetectState
from anomalylab.apps.kit.pictures import Pictures


def cards(
    state: DetectState, pictures: Pictures, table: pd.DataFrame, *, is_named: bool = False
) -> dict[str, Any]:
    """Return the fields ``items`` and ``sources`` of :mod:`anomalylab.pictures.gallery`.

    Parameters
    ----------
    state : DetectState
    pictures : Pictures
    table : DataFrame
        Rows of ``state.listed()``.
    is_named : bool
        Whether a card shows the name of its image; its title does anyway.
    """
    rows = list(table.itertuples())
    return {
        "items": [_card(row, state.threshold, is_named=is_named) for row in rows],
        "sources": {
            row.sample_id: pictures.url(
                state.detector, row.sample_id, row.row, with_map=state.opacity > 0
            )
            for row in rows
        },
    }


def _card(row: Any, threshold: float, *, is_named: bool) -> dict[str, Any]:
    card = {
        "id": row.sample_id,
        "title": f"{row.sample_id}: score {row.score:.4g}, {row.outcome}",
        "score": f"{row.score:.3g}",
        "words": row.outcome,
        "is_above": bool(row.score >= threshold),
    }
    return {**card, "name": row.sample_id} if is_named else card
