"""Ranks against ranks and the images that changed sides, linked, with a still stand-in."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.number_words import few_digits, percent, readable
from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import data_url, to_base64
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import by_key
from anomalylab.reports.kit.thumbnails import thumbnail_data
from anomalylab.reports.kit.words import LABELS, short_names
from anomalylab.reports.side_by_side.headline import TOPS, both, top
from anomalylab.reports.side_by_side.matched import Matched, Method
from anomalylab.runs.displayed import map_bytes
from anomalylab.runs.files import guarded
from anomalylab.runs.info import DetectInfo

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "kit/map_colours.js",
    "kit/model.js",
    "gallery.js",
    "side_by_side/store.js",
    "side_by_side/scatter.js",
    "side_by_side/changed.js",
    "side_by_side/enlarged.js",
    "side_by_side/explorer.js",
)
STYLES = ("detect/explorer.css", "parts/first.css", "gallery.css", "side_by_side/explorer.css")

N_STILL = 10
"""Images shown to readers without scripts."""


def explorer(matched: Matched) -> Fragment:
    """Show where each image stands in two runs, and the images that changed sides.

    Without scripts: the images whose ranks moved most between the first pair, with both maps.

    Parameters
    ----------
    matched : Matched

    Returns
    -------
    Fragment
    """
    maps = [_maps(method) for method in matched.methods]
    pictures = _pictures(matched)
    a, b = next(matched.pairs())
    html = render(
        "side_by_side/explorer",
        data=json_for_script(payload(matched, maps, pictures)),
        ramp=matched.sides[0].run.map_ramp,
        a=a.name,
        b=b.name,
        tops=list(_tops(a, b)),
        moved=[_moved(matched, maps, pictures, a, b, int(i)) for i in moved_most(a, b)[:N_STILL]],
    )
    return Fragment(html, SCRIPTS, STYLES)


def moved_most(a: Method, b: Method) -> np.ndarray:
    """Return places of images: those that changed sides first, then by how far ranks moved."""
    moved = np.abs(a.ranks - b.ranks)
    return np.lexsort((-moved, a.is_above == b.is_above))


def payload(
    matched: Matched, maps: list[np.ndarray | None], pictures: list[dict[str, Any]]
) -> dict[str, Any]:
    """Collect the data of the explorer; images and scores are in the order of the common images."""
    place = {method.name: i for i, method in enumerate(matched.methods)}
    a, b = next(matched.pairs())
    return {
        "colours": to_base64(map_colours.colours(matched.sides[0].run.map_ramp)),
        "stepsPerThreshold": map_colours.STEPS_PER_THRESHOLD,
        "isLabelled": bool(matched.is_labelled.any()),
        "first": [place[a.name], place[b.name]],
        "images": list(_images(matched, pictures)),
        "methods": [_method(*of) for of in zip(matched.methods, maps, strict=True)],
        "answers": {
            f"{place[c.name]} {place[d.name]}": both(matched, c, d)
            for c, d in combinations(matched.methods, 2)
        },
    }


def _method(method: Method, maps: np.ndarray | None) -> dict[str, Any]:
    return {
        "name": method.name,
        "scores": method.scores.tolist(),
        "ranks": method.ranks.tolist(),
        "threshold": method.threshold,
        "grid": [0, 0] if maps is None else list(maps.shape[1:]),
        "maps": "" if maps is None else to_base64(maps),
    }


def _images(matched: Matched, pictures: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    ids = [side.images["sample_id"].tolist() for side in matched.sides]
    names = short_names(ids[0])
    for i, picture in enumerate(pictures):
        label = matched.labels[i]
        yield {
            "id": ids[0][i],
            "name": names[ids[0][i]],
            "files": list(dict.fromkeys(of_side[i] for of_side in ids)),
            "label": None if pd.isna(label) else int(label),
            **thumbnail_data(picture),
        }


def _pictures(matched: Matched) -> list[dict[str, Any]]:
    """Return rows of THUMBNAILS of the common images, with an outline from any run that has one."""
    tables = []
    for side in matched.sides:
        with guarded(side.run.folder):
            rows = by_key(side.run.table("thumbnails"), "sample_id")
            tables.append([rows[sample_id] for sample_id in side.images["sample_id"]])
    return [
        of_image[0] | {"contour": next(filter(None, (row["contour"] for row in of_image)), None)}
        for of_image in zip(*tables, strict=True)
    ]


def _maps(method: Method) -> np.ndarray | None:
    """Return displayed maps of the common images; None for runs that show theirs another way."""
    run = method.side.run
    if not isinstance(run.info.part, DetectInfo):
        return None
    with guarded(run.folder):
        maps: np.ndarray = map_bytes(run, method.detector)[method.side.rows]
    return maps


def _tops(a: Method, b: Method) -> Iterator[dict[str, Any]]:
    n = len(a.scores)
    for share in TOPS:
        k = top(n, share)
        shared = metrics.shared_top(a.scores, b.scores, k)
        yield {"share": percent(share), "k": k, "n": shared, "chance": few_digits(k * k / n)}


def _moved(
    matched: Matched,
    maps: list[np.ndarray | None],
    pictures: list[dict[str, Any]],
    a: Method,
    b: Method,
    i: int,
) -> dict[str, Any]:
    """Describe one image for readers without scripts."""
    picture, label = pictures[i], matched.labels[i]
    sides = []
    for method in (a, b):
        of_method = maps[matched.methods.index(method)]
        cells = None if of_method is None else of_method[i]
        drawn = map_colours.composite(
            picture["image"], cells, picture["contour"], matched.sides[0].run.map_ramp
        )
        mark = "▲" if method.is_above[i] else "▽"
        words = f"{mark} {readable(method.scores[i])}, rank {method.ranks[i]}"
        sides.append({"name": method.name, "src": data_url(drawn), "words": words})
    return {
        "id": matched.sides[0].images["sample_id"][i],
        "label": "" if pd.isna(label) else LABELS[int(label)],
        "width": picture["width"],
        "height": picture["height"],
        "sides": sides,
    }
