"""The method on the person's own image: what a chosen cell may be compared with, and what else."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.number_words import readable
from anomalylab.pictures.encode import data_url
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.thumbnails import named_thumbnails
from anomalylab.reports.pni.opened import Opened
from anomalylab.reports.pni.words import has_memory_with_edges

SCRIPTS = ("kit/core.js", "kit/number_words.js", "kit/map_colours.js", "pni/explain.js")
STYLES = ("pni/page.css",)

USES = {
    "allowed": "with place and neighbours (PNI)",
    "position": "with place alone",
    "neighbourhood": "with neighbours alone",
    "none": "with neither (PatchCore)",
}
"""Role of the nearest cell of the memory -> what is in use then."""

SCORES = ("score", "by_position_alone", "by_neighbours_alone", "by_neither")
"""Columns of PNI_CELLS, in the order of :data:`USES`."""

ROLES = ("allowed", "refused", "position", "neighbourhood", "none")

MOST_IMAGES, FEWEST_IMAGES = 24, 2
"""Images that the page explains, of all categories; and of each, at least."""

DIGITS = 4


def explain(found: Opened) -> Fragment:
    """Let readers choose a cell of an image and see what PNI may compare it with, and what not.

    Without scripts: the cell of the most anomalous image that filtering changes most.

    Parameters
    ----------
    found : Opened

    Returns
    -------
    Fragment
        With a line that says why, if the run explains no cell.
    """
    categories = [one for name in found.categories if (one := _category(found, name)) is not None]
    wanted = {image["id"] for one in categories for image in one["images"]}
    wanted |= {one["images_of_memory"][i] for one in categories for i, _, _ in one["memory"]}
    parameters = found.about.parameters
    caution = _caution(parameters, has_own_edges=has_memory_with_edges(found.about))
    payload = {
        "categories": categories,
        "images": named_thumbnails(found.thumbnails, wanted),
        "uses": USES,
        "fallback": parameters.get("fallback", "nearest"),
        "isDirect": not caution,
    }
    still = _still(found, categories[0]) if categories else None
    html = render(
        "pni/explain",
        data=json_for_script(payload),
        still=still,
        caution=caution,
        n_images=sum(len(one["images"]) for one in categories),
    )
    return Fragment(html, SCRIPTS, STYLES)


def _caution(parameters: Mapping[str, Any], *, has_own_edges: bool) -> str:
    """Say where the score of a cell need not be the distance to a cell that is listed."""
    is_mean, is_rank = parameters.get("combine") == "score", parameters.get("mapping") == "rank"
    parts = []
    if is_mean:
        parts.append(
            "the score of a cell is the mean of two distances, one to what its place allows and "
            "one to what its neighbours allow"
        )
    if is_rank:
        parts.append(
            "what neighbours allow is taken for a rank among all distances, as the published code "
            "does, and not for the cells that are allowed"
        )
    if not parts:
        return ""
    told = "; ".join(parts)
    own = (
        " All four distances are of the memory without the border; the rows of PatchCore and of "
        "place alone in the tables have one of their own."
    )
    return (
        f"In this run {told}. So the score need not be the distance to any cell that is listed "
        f"here.{own if has_own_edges else ''}"
    )


def _category(found: Opened, name: str) -> dict[str, Any] | None:
    """Return the images of a category that are explained, and the cells of the memory they name."""
    cells, listed = (
        table[table["category"] == name] for table in (found.tables.cells, found.tables.listed)
    )
    if not len(cells):
        return None
    n_each = max(FEWEST_IMAGES, MOST_IMAGES // len(found.categories))
    order = list(dict.fromkeys(cells["sample_id"]))[:n_each]
    listed = listed[listed["sample_id"].isin(order)]
    places = list(zip(listed["memory_id"], listed["memory_row"], listed["memory_col"], strict=True))
    numbers = {place: number for number, place in enumerate(dict.fromkeys(places))}
    ids = list(dict.fromkeys(place[0] for place in numbers))
    number_of = {sample_id: number for number, sample_id in enumerate(ids)}
    fits = found.tables.fits
    fit = fits[(fits["category"] == name) & (fits["variant"] == "pni")].iloc[0]
    scores = found.scores_of(name, "pni").set_index("sample_id")
    return {
        "name": name,
        "grid": list(found.maps[f"{name}-pni"].shape[1:]),
        "isEither": found.about.parameters.get("combine") == "score",
        "tau": _short(cells["tau"].iloc[0]),
        "nBank": int(fit["n_bank"]),
        "memory": [[number_of[i], int(row), int(col)] for i, row, col in numbers],
        "images_of_memory": ids,
        "images": [
            _image(one, scores.loc[one], cells, listed.assign(number=[numbers[p] for p in places]))
            for one in order
        ],
    }


def _image(
    sample_id: str, score: pd.Series, cells: pd.DataFrame, listed: pd.DataFrame
) -> dict[str, Any]:
    own = cells[cells["sample_id"] == sample_id].sort_values(["row", "col"])
    beside = listed[listed["sample_id"] == sample_id]
    label = score["label"]
    return {
        "id": sample_id,
        "label": None if pd.isna(label) else int(label),
        "type": "" if pd.isna(score["defect_type"]) else str(score["defect_type"]),
        "score": readable(float(score["score"])),
        "box": [int(own[axis].agg(which)) for axis in ("row", "col") for which in ("min", "max")],
        "scores": [[_short(v) for v in row] for row in own[list(SCORES)].to_numpy(float)],
        "counts": own[["n_allowed", "n_by_position", "n_by_neighbours"]].to_numpy(int).tolist(),
        "fallback": np.flatnonzero(own["is_fallback"].to_numpy(bool)).tolist(),
        "listed": list(_listed(own, beside)),
    }


def _listed(own: pd.DataFrame, beside: pd.DataFrame) -> Iterator[list[list[float]]]:
    """Yield for each cell: role, number in the memory, distance, and both shares of each listed."""
    rows: dict[tuple[int, int], list[list[float]]] = {}
    ordered = beside.assign(place=beside["role"].map(ROLES.index)).sort_values(["place", "rank"])
    columns = ["row", "col", "place", "number", "distance", "of_position", "of_neighbours"]
    for row, col, place, number, *numbers in ordered[columns].itertuples(index=False):
        entry = [int(place), int(number), *(_short(value) for value in numbers)]
        rows.setdefault((int(row), int(col)), []).append(entry)
    for row, col in own[["row", "col"]].itertuples(index=False):
        yield rows.get((int(row), int(col)), [])


def _short(value: float) -> float:
    """Return a number with few digits."""
    return float(f"{float(value):.{DIGITS}g}")


def most_changed(scores: list[list[float]]) -> int:
    """Return the cell whose score filtering raises most; of equals the one that scores highest.

    Examples
    --------
    >>> most_changed([[5.0, 5.0, 5.0, 5.0], [4.0, 3.0, 4.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
    1
    """
    return max(range(len(scores)), key=lambda i: (scores[i][0] - scores[i][3], scores[i][0]))


def _still(found: Opened, category: dict[str, Any]) -> dict[str, Any]:
    """Return what readers without scripts see: one cell in numbers, with its image."""
    image = category["images"][0]
    place = most_changed(image["scores"])
    cells = found.tables.cells
    own = cells[(cells["sample_id"] == image["id"]) & (cells["category"] == category["name"])]
    row = rows_of(own.sort_values(["row", "col"]).iloc[[place]])[0]
    thumbnail = by_key(found.thumbnails, "sample_id").get(image["id"])
    distances = zip(USES.values(), SCORES, strict=True)
    return {
        "id": image["id"],
        "type": image["type"],
        "src": data_url(thumbnail["image"]) if thumbnail else "",
        "row": int(row["row"]) + 1,
        "col": int(row["col"]) + 1,
        "distances": [(words, readable(row[name])) for words, name in distances],
        "n_allowed": row["n_allowed"],
        "n_bank": category["nBank"],
    }
