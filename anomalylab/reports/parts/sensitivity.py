"""What would have been seen: shares found of planted defects, and the planted pictures."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from anomalylab.number_words import percent, readable
from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import data_url
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.runs.folder import Run
from anomalylab.runs.sensitivity.plan import contrast_words
from anomalylab.runs.sensitivity.shown import MAP_SIDE
from anomalylab.runs.sensitivity.words import MISLEADING, images_planted_in
from anomalylab.runs.sensitivity.write import MAPS


def sensitivity(run: Run, names: Mapping[str, str] | None = None) -> Fragment:
    """Show, by kind and width, what share of planted defects would have been named.

    A cell leads to planted pictures of its kind, with the maps of the first detector; that needs
    no scripts.

    Parameters
    ----------
    run : Run
    names : mapping, optional
        Detector -> its name for readers, if that is another.

    Returns
    -------
    Fragment
        Nothing to show if nothing was planted.
    """
    table, names = run.table("sensitivity"), names or {}
    detectors = [name for name in run.detectors if (table["detector"] == name).any()]
    html = render(
        "parts/sensitivity",
        detectors=[
            (names.get(name, name), _grids(table[table["detector"] == name])) for name in detectors
        ],
        pictures=_pictures(run, detectors[0]) if detectors else [],
        ramp=run.map_ramp if detectors else "",
        images=images_planted_in(_scored_with(run)),
        is_of_another=bool(_scored_with(run)),
        misleading=MISLEADING,
    )
    return Fragment(html, styles=("parts/sensitivity.css",))


def _scored_with(run: Run) -> str:
    return run.info.scored_with.run if run.info.scored_with else ""


def _grids(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one grid a contrast, the strongest first: a row a kind, a column a width."""
    widths = sorted(table["width"].unique())
    grids = []
    for contrast in sorted(table["contrast"].unique(), reverse=True):
        rows = table[table["contrast"] == contrast]
        kinds = [
            {"kind": _name(kind), "cells": _cells(rows[rows["defect"] == kind], widths)}
            for kind in sorted(rows["defect"].unique())
        ]
        word = contrast_words(float(contrast)).capitalize()
        grids.append({"word": word, "widths": [int(width) for width in widths], "kinds": kinds})
    return grids


def _cells(rows: pd.DataFrame, widths: list[int]) -> list[dict[str, Any] | None]:
    known = {row["width"]: row for row in rows_of(rows)}
    return [None if width not in known else _cell(known[width]) for width in widths]


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "place": _place(row),
        "share": round(row["found"], 3),
        "counts": f"{row['n_found']} of {row['n_images']}",
        "interval": f"{percent(row['low'])} to {percent(row['high'])}",
        "auroc": readable(row["auroc"], 2),
    }


def _pictures(run: Run, detector: str) -> list[dict[str, Any]]:
    """Return the planted pictures of each cell, as they are named by :func:`_place`."""
    shown, planted = run.table("planted_pictures"), run.table("planted")
    maps = run.files.array(f"{MAPS}/{detector}.npy", len(shown), MAP_SIDE, MAP_SIDE)
    cells = map_colours.to_bytes(maps, run.threshold(detector, kind="map"))
    of_detector = by_key(planted[planted["detector"] == detector], "plant")
    threshold = run.threshold(detector)
    groups: dict[str, dict[str, Any]] = {}
    for place, picture in enumerate(rows_of(shown)):
        plant = of_detector[picture["plant"]]
        words = f"{_name(plant['defect'])}, {contrast_words(plant['contrast'])}, "
        group = groups.setdefault(
            _place(plant),
            {
                "title": f"{words}{plant['width']} px wide",
                "contrast": plant["contrast"],
                "plants": [],
            },
        )
        after = picture["after"]
        group["plants"].append(
            {
                "before": data_url(picture["before"]),
                "after": data_url(after),
                "map": data_url(map_colours.composite(after, cells[place], None, run.map_ramp)),
                "score": readable(plant["score"]),
                "score_before": readable(plant["score_before"]),
                "threshold": readable(threshold),
                "is_found": plant["is_found"],
                "difference": readable(plant["difference"], 2),
                "name": plant["sample_id"],
                "side": int(picture["side"]),
            }
        )
    named = [{"place": place, **group} for place, group in groups.items()]
    return sorted(named, key=lambda group: -group["contrast"])


def _place(row: dict[str, Any]) -> str:
    return f"al-planted-{row['defect']}-{row['width']}-{round(100 * row['contrast'])}"


def _name(kind: str) -> str:
    return kind.replace("_", " ").capitalize()
