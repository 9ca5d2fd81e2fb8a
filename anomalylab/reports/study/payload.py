"""What the linked views of a study carry: points of curves, images, and who is in which set."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pandas as pd

from anomalylab.metrics.in_studies import RANKING, strategy_words, told
from anomalylab.pictures.encode import to_base64
from anomalylab.pictures.palette import detector_colours, strategy_colours
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.thumbnails import thumbnail_data
from anomalylab.reports.kit.words import short_names
from anomalylab.schema.study import KEY
from anomalylab.studies.curves import curves
from anomalylab.studies.findings import PERFECT, Findings
from anomalylab.studies.opened import Study

STUDIES = ("pollution", "refinement")
SETS = ("kept", "removed", "test", "beyond_1", "beyond_5")
"""Sets of images of a cell; the last two among those tested."""

SPOT = ("study", "detector", "strategy", "scorer", "pollution", "reject")
"""Columns that tell one point of a curve, whatever is measured there."""

NO_PICTURE = {"thumb": [1, 1], "src": "", "contour": []}
"""Data of an image without a thumbnail."""

ALL = -1
"""Stands for all categories, and for no strategy."""

DIGITS = 5


def payload(found: Findings) -> dict[str, Any]:
    """Collect the data of the linked views.

    Points hold value and deviation of each metric. ``sets`` are bits, a bit an image of the
    category in the order of ``images``, the first in the lowest bit; each occurs once and cells
    name them by number.
    """
    study = found.study
    pairs = strategies_of(study)
    return {
        "name": study.name,
        "thresholds": [at for at in ("5", "1", "verdict") if f"recall_at_{at}" in study.measured],
        "metrics": {name: _metric(name) for name in study.measured},
        "categories": study.categories,
        "detectors": _detectors(study),
        "strategies": [{"strategy": s, "scorer": by} for s, by in pairs],
        "looks": _looks(study, pairs),
        "levels": study.levels,
        "refinedAt": study.refined_at,
        "rejects": study.rejects,
        "pollution": found.pollution,
        "reject": found.reject,
        "points": list(_points(study, pairs)),
        "images": list(_images(study)),
        **_sets(study, pairs),
    }


def strategies_of(study: Study) -> list[tuple[str, str]]:
    """Return strategy and scorer of all curves of refinement, each once."""
    pairs = [pair for detector in study.detectors for pair in study.strategies(detector)]
    return list(dict.fromkeys(pairs))


def _metric(name: str) -> dict[str, Any]:
    of = told(name)
    return {
        "title": of.title,
        "short": of.short,
        "meaning": of.meaning,
        "group": of.group,
        "question": of.question,
        "floor": of.floor,
        "isShare": of.group != RANKING and not name.startswith(("au_", "pixel_")),
    }


def _detectors(study: Study) -> list[dict[str, str]]:
    colours = detector_colours(study.detectors)
    return [{"name": name, "colour": colours[name]} for name in study.detectors]


def _looks(study: Study, pairs: list[tuple[str, str]]) -> list[list[dict[str, Any]]]:
    """Return by detector and strategy the name, the colour, and whether it is dashed."""
    looks = []
    for detector in study.detectors:
        names = [strategy_words(*pair, detector) for pair in pairs]
        own = [strategy_words(*pair, detector) for pair in study.strategies(detector)]
        colours = strategy_colours([*own, *names])
        looks.append(
            [
                {
                    "name": name,
                    "colour": "var(--line)" if strategy == PERFECT else colours[name],
                    "isDashed": strategy == PERFECT,
                }
                for name, (strategy, _) in zip(names, pairs, strict=True)
            ]
        )
    return looks


def _points(study: Study, pairs: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield the points of all categories together, then of each where there are several."""
    yield from _points_of(study, study.points, ALL, pairs)
    if len(study.categories) == 1:
        return
    for number, category in enumerate(study.categories):
        table = study.tables.metrics
        own = curves(table[table["category"] == category])
        yield from _points_of(study, own, number, pairs)


def _points_of(
    study: Study, points: pd.DataFrame, category: int, pairs: list[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    by_spot: dict[tuple[Any, ...], dict[str, list[float | None]]] = {}
    for row in rows_of(points):
        spot = tuple(row[name] for name in SPOT)
        pair = [_short(row["value"]), _short(row["deviation"])]
        by_spot.setdefault(spot, {})[row["metric"]] = pair
    for (part, detector, strategy, scorer, pollution, reject), values in by_spot.items():
        yield {
            "category": category,
            "study": STUDIES.index(str(part)),
            "detector": study.detectors.index(str(detector)),
            "strategy": _place(pairs, strategy, scorer),
            "pollution": float(pollution),
            "reject": float(reject),
            "values": values,
        }


def _place(pairs: list[tuple[str, str]], strategy: Any, scorer: Any) -> int:
    return pairs.index((strategy, scorer)) if (strategy, scorer) in pairs else ALL


def _short(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)


def images_of(study: Study) -> pd.DataFrame:
    """Return the samples of the study, those of one category together, with a fresh index."""
    table = study.tables.samples
    return table.sort_values(["category", "sample_id"], ignore_index=True)


def _images(study: Study) -> Iterator[dict[str, Any]]:
    samples = images_of(study)
    pictures = by_key(study.tables.thumbnails, "sample_id")
    names = short_names(samples["sample_id"])
    number = {category: i for i, category in enumerate(study.categories)}
    for row in rows_of(samples[["sample_id", "category", "label", "defect_type"]]):
        picture = pictures.get(row["sample_id"])
        yield {
            "category": number.get(row["category"], ALL),
            "id": row["sample_id"],
            "name": names[row["sample_id"]],
            "label": None if row["label"] is None else int(row["label"]),
            "type": row["defect_type"] or "",
            **(thumbnail_data(picture) if picture else NO_PICTURE),
        }


def _sets(study: Study, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return distinct sets of images, and the cells that name them."""
    samples, scores = images_of(study), study.tables.scores
    places = samples.groupby("category").cumcount().to_numpy()
    place_of = pd.Series(places, samples["sample_id"])
    at = place_of.reindex(scores["sample_id"]).to_numpy()
    members = _members(scores)
    sizes = samples["category"].value_counts()
    known: dict[bytes, int] = {}
    cells = []
    groups = scores.groupby(list(KEY), sort=False, observed=True).indices
    for key, rows in groups.items():
        category, part, detector, pollution, strategy, scorer, reject, seed = cast(
            tuple[Any, ...], key
        )
        sets = [
            known.setdefault(_bits(at[rows[is_in[rows]]], int(sizes[category])), len(known))
            for is_in in members
        ]
        cells.append(
            {
                "category": study.categories.index(str(category)),
                "study": STUDIES.index(str(part)),
                "detector": study.detectors.index(str(detector)),
                "strategy": _place(pairs, strategy, scorer),
                "pollution": float(pollution),
                "reject": float(reject),
                "seed": int(seed),
                "sets": sets,
            }
        )
    return {"sets": [to_base64(bits) for bits in known], "cells": cells}


def _members(scores: pd.DataFrame) -> list[np.ndarray]:
    """Return for each of :data:`SETS` which rows of all cells are in it."""
    is_role = {role: (scores["role"] == role).to_numpy() for role in ("train", "removed", "test")}
    beyond = [is_role["test"] & scores[f"is_beyond_{at}"].to_numpy(bool) for at in ("1", "5")]
    return [*is_role.values(), *beyond]


def _bits(places: np.ndarray, n_images: int) -> bytes:
    is_in = np.zeros(n_images, bool)
    is_in[places] = True
    return np.packbits(is_in, bitorder="little").tobytes()
