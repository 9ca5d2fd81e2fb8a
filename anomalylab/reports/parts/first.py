"""What to look at first: the highest scores, each with its picture, whatever the verdict is."""

import json
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.number_words import plural, readable
from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import data_url
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.words import LABELS, short_names
from anomalylab.runs.displayed import map_bytes
from anomalylab.runs.folder import Run
from anomalylab.runs.suspects import suspects

N_FIRST = 10
"""Images shown; those that look alike are one."""

LEAST_CHANCE = 1e-4
"""Smaller ones are said to be under it."""


N_UNFOLDED = 2
"""Images of those that look alike that stand side by side; the others are folded."""


def first(run: Run, name: str = "") -> Fragment:
    """Show the images that the detector of the verdict finds most unusual, highest score first.

    Images that look alike stand where the most unusual of them does, the others folded. A picture
    is a link to itself in the size that the run holds; that needs no scripts.

    Parameters
    ----------
    run : Run
    name : str
        What the detector is called; as in the run if not given.

    Returns
    -------
    Fragment
    """
    detector = run.detectors[0]
    images = first_images(run, detector)
    entries = [list(alike) for _, alike in groupby(images, lambda image: image["entry"])]
    html = render(
        "parts/first",
        sentence=sentence(run, name or detector),
        entries=entries,
        n_unfolded=N_UNFOLDED,
        has_groups=len(entries) < len(images),
        has_chances=any(image["chance"] for image in images),
        ramp=run.map_ramp if _has_maps(run, detector) else "",
        has_truth=run.is_labelled,
    )
    return Fragment(html, ("kit/core.js", "parts/first.js"), ("parts/first.css",))


def sentence(run: Run, name: str) -> str:
    """Return what the images shown are, honest about runs in which none is beyond the threshold."""
    detector = run.detectors[0]
    table = suspects(run, detector)
    n_beyond = int(table["is_beyond"].sum())
    kind = run.info.verdicts[detector].kind
    if kind == "undecidable":
        return f"Whether an image stands out is not known. These score highest by {name}:"
    if kind == "clean" or not n_beyond:
        return f"Whether they stand out or not, these score highest by {name}:"
    lie = "lies" if n_beyond == 1 else "lie"
    return (
        f"These score highest by {name}; {n_beyond} of {plural(len(table), 'image')} {lie} at or "
        "above the threshold:"
    )


def first_images(run: Run, detector: str, n: int = N_FIRST) -> list[dict[str, Any]]:
    """Return the highest scores with a picture each, maps and true defects drawn in.

    Images that look alike share an ``entry`` and follow each other; there are ``n`` entries. Of
    those that are folded, only the first ranks are large.
    """
    thumbnails = by_key(run.table("thumbnails"), "sample_id")
    enlarged = by_key(run.table("enlarged"), "sample_id")
    names = short_names(run.queries["sample_id"])
    maps = map_bytes(run, detector) if _has_maps(run, detector) else None
    is_proven = run.info.verdicts[detector].kind != "undecidable"
    shown: list[dict[str, Any]] = []
    top, queries = _top(suspects(run, detector), n), rows_of(run.queries)
    for row, score in zip(top.index.to_numpy(int), rows_of(top), strict=True):
        query = queries[row]
        thumbnail = thumbnails[query["sample_id"]]
        is_folded = sum(image["entry"] == score["entry"] for image in shown) >= N_UNFOLDED
        is_small = is_folded and score["rank"] > n
        picture = {**thumbnail, **({} if is_small else enlarged.get(query["sample_id"], {}))}
        cells = None if maps is None else maps[row]
        contour = _contour(thumbnail, picture)
        content = map_colours.composite(picture["image"], cells, contour, run.map_ramp)
        shown.append(
            {
                "id": query["sample_id"],
                "name": names[query["sample_id"]],
                "path": query["image_path"],
                "src": data_url(content),
                "width": picture["width"],
                "height": picture["height"],
                "entry": score["entry"],
                "rank": score["rank"],
                "score": readable(score["score"]),
                "chance": _chance(score["p_value"]) if is_proven else "",
                "is_above": score["is_beyond"],
                "label": LABELS.get(query["label"], ""),
            }
        )
    return shown


def _top(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the rows of ``n`` entries with their number, those of one entry beside each other."""
    alone = "alone " + table["rank"].astype(str)
    names = table["look"].astype(str).where(table["look"].notna(), alone)
    numbered = table.assign(entry=pd.factorize(names)[0])
    return numbered[numbered["entry"] < n].sort_values("entry", kind="stable")


def _has_maps(run: Run, detector: str) -> bool:
    return run.files.has(f"maps/{detector}.npy")


def _contour(thumbnail: dict[str, Any], picture: dict[str, Any]) -> str | None:
    """Return the outline of the true defect in pixels of a larger picture."""
    if not thumbnail["contour"]:
        return None
    scale = np.divide([picture[side] for side in ("width", "height")], _size(thumbnail))
    rings = json.loads(thumbnail["contour"])
    return json.dumps([(np.array(ring) * scale).tolist() for ring in rings])


def _size(thumbnail: dict[str, Any]) -> tuple[int, int]:
    return thumbnail["width"], thumbnail["height"]


def _chance(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return f"under {LEAST_CHANCE:.4f}" if p_value < LEAST_CHANCE else readable(p_value, 2)
