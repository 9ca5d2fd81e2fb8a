"""What the linked explorer is made of: one JSON with everything it shows."""

from typing import Any

import numpy as np
import pandas as pd

from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import to_base64
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.thumbnails import thumbnail_data
from anomalylab.reports.kit.words import short_names
from anomalylab.runs.displayed import bulk_behind, further_columns, map_bytes, places
from anomalylab.runs.folder import Run
from anomalylab.runs.recall import defect_types
from anomalylab.runs.suspects import look_numbers
from anomalylab.verdicts.bulk import Bulk
from anomalylab.verdicts.thresholds import method_words

N_CURVE = 160
"""Points of the curve of the bulk."""


def payload(run: Run, detector: str = "") -> dict[str, Any]:
    """Collect the data of the explorer.

    Parameters
    ----------
    run : Run
    detector : str
        The detector shown first; the run's first if empty.

    Returns
    -------
    dict
        ``images``: queries first, then neighbours that are no queries. ``detectors``: scores,
        thresholds, maps and neighbours in the order of the queries.
    """
    queries = run.queries
    shown = _shown_images(run)
    samples = run.samples.set_index("sample_id").loc[shown].reset_index()
    return {
        "name": run.info.name,
        "isLabelled": run.is_labelled,
        "isUnlabelled": run.info.is_unlabelled,
        "nQueries": len(queries),
        "colours": to_base64(map_colours.colours(run.map_ramp)),
        "stepsPerThreshold": map_colours.STEPS_PER_THRESHOLD,
        "first": detector or run.detectors[0],
        "images": _images(run, samples),
        "types": [None if pd.isna(kind) else str(kind) for kind in defect_types(queries)],
        "columns": {n: [_text(v) for v in samples[n]] for n in further_columns(samples)},
        "embedding": _embedding(run),
        "detectors": {name: _detector(run, name, shown) for name in run.detectors},
    }


def _text(value: Any) -> str | None:
    if pd.isna(value):
        return None
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown_images(run: Run) -> list[str]:
    queries = run.queries["sample_id"]
    neighbours = run.table("neighbours")["neighbour_id"]
    return list(dict.fromkeys([*queries, *neighbours]))


def _images(run: Run, samples: pd.DataFrame) -> list[dict[str, Any]]:
    thumbnails = by_key(run.table("thumbnails"), "sample_id")
    enlarged = by_key(run.table("enlarged"), "sample_id")
    names = short_names(samples["sample_id"])
    images = []
    for row in rows_of(samples):
        thumbnail = thumbnails[row["sample_id"]]
        images.append(
            {
                "id": row["sample_id"],
                "name": names[row["sample_id"]],
                "path": row["image_path"],
                "label": None if row["label"] is None else int(row["label"]),
                "split": row["split"],
                "size": [int(row["width"]), int(row["height"])],
                **thumbnail_data(thumbnail),
                "large": _large(enlarged.get(row["sample_id"])),
            }
        )
    return images


def _large(row: dict[str, Any] | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"src": to_base64(row["image"]), "size": [int(row["width"]), int(row["height"])]}


def _embedding(run: Run) -> dict[str, Any]:
    """Points of the queries in their order, and those of the other images without names."""
    table = run.table("embedding").set_index("sample_id")[["x", "y"]].round(4)
    ids = run.queries["sample_id"]
    if not ids.isin(table.index).all():
        return {"query": [], "training": []}
    others = table[~table.index.isin(ids)]
    return {"query": table.loc[ids].to_numpy().tolist(), "training": others.to_numpy().tolist()}


def _detector(run: Run, name: str, shown: list[str]) -> dict[str, Any]:
    scores, bulk = run.scores(name), bulk_behind(run, name)
    training = run.scores(name, role="training")
    maps = map_bytes(run, name)
    return {
        "scores": _numbers(scores["score"]),
        "pValues": _numbers(scores["p_value"]),
        "training": _numbers(training["score"]),
        "bulk": bulk_curve(bulk, min([*scores["score"], *training["score"]])),
        "chance": None if run.is_labelled else chance(bulk),
        "thresholds": _thresholds(run, name),
        "neighbours": _neighbours(run, name, shown),
        "places": places(run, name).tolist(),
        "looks": [None if pd.isna(look) else int(look) for look in look_numbers(run, name)],
        "grid": list(maps.shape[1:]),
        "maps": to_base64(maps),
    }


def bulk_curve(bulk: Bulk | None, lowest: float) -> list[list[float]]:
    """Return a fitted bulk for drawing, as images to be expected for each unit of score.

    Parameters
    ----------
    bulk : Bulk or None
    lowest : float
        The lowest score it was fitted to.

    Returns
    -------
    list of [score, images per unit of score]
        By rising score; empty without a bulk.
    """
    if bulk is None:
        return []
    spread = bulk.trusted_up_to - lowest
    at = np.linspace(lowest - spread / 4, bulk.trusted_up_to + 1.5 * spread, N_CURVE)
    return np.column_stack([at, bulk.n_images * bulk.density(at)]).round(6).tolist()


def chance(bulk: Bulk | None) -> dict[str, Any] | None:
    """Return the numbers that the chance of a score follows from, see :meth:`Bulk.p_value`.

    Nodes are sorted by their freedom; ``freedoms`` says how many there are of each, None standing
    for infinite. ``nodes``: location, scale, shape and weight of each, little-endian float64.
    """
    if bulk is None:
        return None
    order = np.argsort(bulk.freedoms, kind="stable")
    freedoms, counts = np.unique(bulk.freedoms, return_counts=True)
    nodes = np.stack([bulk.locations, bulk.scales, bulk.shapes, bulk.weights], axis=1)[order]
    return {
        "upperShare": 1 - bulk.n_trusted / bulk.n_images,
        "trustedUpTo": bulk.trusted_up_to,
        "freedoms": [
            [None if np.isinf(freedom) else float(freedom), int(count)]
            for freedom, count in zip(freedoms, counts, strict=True)
        ],
        "nodes": to_base64(nodes.astype("<f8")),
    }


def _thresholds(run: Run, name: str) -> list[dict[str, Any]]:
    return [
        {
            "method": row["method"],
            "words": method_words(row["method"]),
            "value": float(row["value"]),
            "isDefault": bool(row["is_default"]),
            "expectedFalse": row["expected_false"],
            "nImages": int(row["n_images"]),
            "note": row["note"],
        }
        for row in rows_of(run.thresholds(name))
    ]


def _neighbours(run: Run, name: str, shown: list[str]) -> list[dict[str, Any] | None]:
    """Per query: the place of its nearest image in ``images`` and the two cells that matched."""
    place = {sample_id: i for i, sample_id in enumerate(shown)}
    table = run.table("neighbours")
    rows = by_key(table[table["detector"] == name], "sample_id")
    return [
        {
            "image": place[row["neighbour_id"]],
            "cell": _cell(row["row"], row["col"]),
            "match": _cell(row["neighbour_row"], row["neighbour_col"]),
        }
        if (row := rows.get(sample_id))
        else None
        for sample_id in run.queries["sample_id"]
    ]


def _cell(row: Any, col: Any) -> list[int] | None:
    return None if row is None or col is None else [int(row), int(col)]


def _numbers(column: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]
