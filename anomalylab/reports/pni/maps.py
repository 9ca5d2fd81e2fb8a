"""Maps side by side: PatchCore, PNI, refined, marked at the same rate of false alarms."""

from typing import Any

import numpy as np
import pandas as pd
from PIL import ImageColor

from anomalylab.features import enlargement
from anomalylab.number_words import readable
from anomalylab.pictures.colours import MAP_RAMPS
from anomalylab.pictures.encode import data_url, to_base64
from anomalylab.pictures.map_colours import STEPS_PER_THRESHOLD, composite
from anomalylab.pictures.map_ramp import ramp_for
from anomalylab.recipes.pni.explain import chosen
from anomalylab.recipes.pni.published import PUBLISHED_BLEND
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import by_key
from anomalylab.reports.kit.thumbnails import named_thumbnails
from anomalylab.reports.pni.opened import Opened
from anomalylab.reports.pni.words import way_name

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "kit/map_colours.js",
    "kit/shot_pages.js",
    "pni/maps.js",
)
STYLES = ("pni/page.css",)

N_LEVELS = 48
MOST_MARKED, LEAST_MARKED = 0.3, 1e-4
USUAL = 0.01
"""Shares of good cells that are marked: at the first level, at the last, and to begin with."""

LONGEST = 56
"""Cells a side of a map on the page."""

MOST_IMAGES, FEWEST_IMAGES = 90, 6
"""Images that the page shows, of all categories; and of each, at least."""

N_STILL = 3

WAYS = (("patchcore", 0.0), ("pni", 0.0), ("pni", PUBLISHED_BLEND), ("pni", 1.0))
"""Variant, and the share of the refined map."""


def maps(found: Opened) -> Fragment:
    """Show test images under all maps that are judged of PatchCore and PNI, with one threshold.

    The threshold is said by what share of cells of good test images it marks, so that one control
    is fair to maps of different units. Without scripts: some images at the usual share.

    Parameters
    ----------
    found : Opened

    Returns
    -------
    Fragment
    """
    categories = [one for name in found.categories if (one := _category(found, name)) is not None]
    wanted = {shot["id"] for one in categories for shot in one["shown"]}
    images = named_thumbnails(found.thumbnails, wanted)
    shown = found.thumbnails[found.thumbnails["sample_id"].isin(wanted)]
    ramp = ramp_for(shown["image"].tolist())
    ends = [list(ImageColor.getrgb(colour)) for colour in MAP_RAMPS[ramp]]
    html = render(
        "pni/maps",
        data=json_for_script({"categories": categories, "images": images, "ramp": ends}),
        still=_still(found, categories[0], ramp) if categories else [],
        usual=USUAL,
        is_refined=any(len(one["ways"]) > 2 for one in categories),
        is_known=bool(categories) and categories[0]["reference"] == "good",
    )
    return Fragment(html, SCRIPTS, STYLES)


def shares() -> np.ndarray:
    """Return the share of reference cells that each level lets be marked, falling."""
    return np.geomspace(MOST_MARKED, LEAST_MARKED, N_LEVELS)


def levels(made: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return how many levels each cell reaches.

    Level ``k`` is reached where at most the share ``shares()[k]`` of the reference cells scores as
    high or higher, so that a threshold at it marks no more of them.

    Parameters
    ----------
    made : ndarray of shape (n_images, n_rows, n_cols)
    reference : bool ndarray of shape (n_images,)
        Images whose cells are counted, the good ones if any is known.

    Returns
    -------
    levels : uint8 ndarray of the same shape, from 0 to ``N_LEVELS``
    """
    known = np.sort(made[reference], axis=None)
    above = 1 - np.searchsorted(known, made, side="left") / len(known)
    rising = shares()[::-1]
    return (N_LEVELS - np.searchsorted(rising, above, side="left")).astype(np.uint8)


def _reference(scores: pd.DataFrame) -> tuple[np.ndarray, str]:
    is_good = (scores["label"].astype("Int64") == 0).fillna(False).to_numpy(bool)
    return (is_good, "good") if is_good.any() else (np.ones(len(scores), bool), "all")


def _of_way(found: Opened, category: str, variant: str, blend: float) -> np.ndarray | None:
    """Return the maps of a way to judge; a share of refined ones is mixed in as the recipe does."""
    plain = found.maps.get(f"{category}-{variant}")
    refined = found.maps.get(f"{category}-{variant}-refined")
    if plain is None or (blend and refined is None):
        return None
    if refined is None or not blend:
        return _small(np.asarray(plain, np.float32))
    rows, cols = (
        enlargement(plain.shape[axis], refined.shape[axis], "bilinear") for axis in (1, 2)
    )
    return _small(np.asarray(blend * refined + (1 - blend) * (rows @ plain @ cols.T), np.float32))


def _small(made: np.ndarray) -> np.ndarray:
    """Return maps of at most so many cells a side: of those put together, the highest counts."""
    factor = -(-max(made.shape[1:]) // LONGEST)
    if factor == 1:
        return made
    n_rows, n_cols = (-(-side // factor) for side in made.shape[1:])
    gap = [(0, 0), (0, n_rows * factor - made.shape[1]), (0, n_cols * factor - made.shape[2])]
    padded = np.pad(made, gap, mode="edge")
    return padded.reshape(len(made), n_rows, factor, n_cols, factor).max(axis=(2, 4))


def _category(found: Opened, name: str) -> dict[str, Any] | None:
    scores = found.scores_of(name, "pni")
    if not len(scores):
        scores = found.scores_of(name, "patchcore")
    if not len(scores):
        return None
    reference, words = _reference(scores)
    n = max(FEWEST_IMAGES, MOST_IMAGES // len(found.categories))
    places = sorted(
        chosen(scores["defect_type"].tolist(), scores["score"].to_numpy(float), n),
        key=lambda place: -float(scores["score"].iloc[place]),
    )
    ways = []
    for variant, blend in WAYS:
        made = _of_way(found, name, variant, blend)
        if made is not None:
            reached = levels(made, reference)
            ways.append(
                {
                    "title": way_name(variant, blend),
                    "grid": list(made.shape[1:]),
                    "maps": to_base64(reached[places]),
                    "tops": reached.max(axis=(1, 2)).tolist(),
                }
            )
    labels = [None if pd.isna(one) else int(one) for one in scores["label"]]
    return {
        "name": name,
        "shares": [float(f"{share:.3g}") for share in shares()],
        "usual": int(np.argmin(np.abs(np.log(shares() / USUAL)))),
        "reference": words,
        "labels": labels,
        "ways": ways,
        "shown": [
            {
                "id": str(scores["sample_id"].iloc[place]),
                "place": place,
                "type": "" if pd.isna(one := scores["defect_type"].iloc[place]) else str(one),
                "score": readable(float(scores["score"].iloc[place])),
            }
            for place in places
        ],
    }


def _still(found: Opened, category: dict[str, Any], ramp: str) -> list[dict[str, Any]]:
    """Return the most anomalous images with their maps, marked at the usual share."""
    thumbnails = by_key(found.thumbnails, "sample_id")
    reference, _ = _reference(found.scores_of(category["name"], "pni"))
    drawn = []
    for variant, blend in WAYS:
        made = _of_way(found, category["name"], variant, blend)
        if made is not None and len(reference) == len(made):
            steps = _steps(levels(made, reference), category["usual"])
            drawn.append((way_name(variant, blend), steps))
    return [
        {
            **shot,
            "src": _over(thumbnails[shot["id"]], None, ramp),
            "maps": [
                {"title": title, "src": _over(thumbnails[shot["id"]], cells[shot["place"]], ramp)}
                for title, cells in drawn
            ],
        }
        for shot in category["shown"][:N_STILL]
        if shot["id"] in thumbnails
    ]


def _steps(reached: np.ndarray, level: int) -> np.ndarray:
    """Return steps of the colours of maps: none up to a level, from it on as in the live view."""
    part = np.clip((reached - level - 1.0) / max(1, N_LEVELS - level - 1), 0, 1)
    steps = np.round(STEPS_PER_THRESHOLD * 4**part)
    return np.where(reached > level, steps, 0).astype(np.uint8)


def _over(thumbnail: dict[str, Any], cells: np.ndarray | None, ramp: str) -> str:
    return data_url(composite(thumbnail["image"], cells, thumbnail["contour"], ramp))
