"""The images of a run as cards of a gallery."""

import json
from typing import Any

import pandas as pd

from anomalylab.apps.detect.state import DetectState
from anomalylab.apps.kit.pictures import Pictures
from anomalylab.runs.suspects import suspects


def cards(
    state: DetectState, pictures: Pictures, table: pd.DataFrame
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return ``items`` and ``sources`` of a gallery from rows of ``state.listed()``."""
    items, sources = [], {}
    row: Any
    for row in table.itertuples():
        items.append(
            {
                "id": row.sample_id,
                "title": f"{row.sample_id}: score {row.score:.4g}, {row.outcome}",
                "score": f"{row.score:.3g}",
                "words": row.outcome,
                "is_above": bool(row.score >= state.threshold),
            }
        )
        url = pictures.url(state.detector, row.sample_id, row.row, state.opacity > 0)
        sources[row.sample_id] = url
    return items, sources


def listed_rows(state: DetectState) -> list[list[Any]]:
    """Return the suspects that are listed, in their order: names of the columns, then their cells.

    Which lie beyond is told by the threshold shown.
    """
    table = suspects(state.run, state.detector).loc[state.listed()["row"]]
    table["is_beyond"] = table["score"] >= state.threshold
    cells: list[list[Any]] = json.loads(table.to_json(orient="values", double_precision=15))
    return [list(table), *cells]
