"""Images with the heat of a network over them, and the normal image nearest to each beside it."""

import json
from collections.abc import Iterator
from typing import Any

from anomalylab.number_words import percent, readable
from anomalylab.pictures.encode import data_url, to_base64
from anomalylab.pictures.map_colours import composite
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.thumbnails import named_thumbnails
from anomalylab.reports.metric_learning.opened import Trial, Trials
from anomalylab.reports.metric_learning.words import OF, short_name

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "kit/map_colours.js",
    "kit/shot_pages.js",
    "metric_learning/trials.js",
    "metric_learning/gallery.js",
)
STYLES = ("metric_learning/page.css",)

READING = (
    "Colour is heat, the stronger the darker, on one scale for all images of a training: where "
    "there is no colour, there is little. White line: the true defect, where known."
)

FAINT = 1 / 8
"""Share of the scale of heat below which nothing is coloured."""

N_STILL = 3
"""Images shown to readers without scripts."""


def gallery(found: Trials) -> Fragment:
    """Show test images, where a network finds what it decides by, and their nearest normal image.

    Without scripts: the images farthest from normal, of the first training.

    Parameters
    ----------
    found : Trials

    Returns
    -------
    Fragment
        Nothing to show if the run holds no pictures.
    """
    trials = [t for t in found.done if len(found.of(found.tables.pictures, t))]
    shots = {trial: list(_shots(found, trial)) for trial in trials}
    html = render(
        "metric_learning/gallery",
        data=json_for_script(_payload(found, shots)),
        still=_still(found, trials[0], shots[trials[0]]) if trials else [],
        name=_title(found, trials[0]) if trials else "",
        reading=READING,
        of=OF,
    )
    return Fragment(html, SCRIPTS, STYLES)


def trials_payload(found: Trials, trials: list[Trial]) -> list[dict[str, Any]]:
    """Return what a choice among trials needs."""
    return [
        {
            "category": trial.category,
            "name": short_name(trial, found),
            "key": json.dumps(list(trial)),
        }
        for trial in trials
    ]


def _title(found: Trials, trial: Trial) -> str:
    return f"{trial.category}, {short_name(trial, found)}"


def _shots(found: Trials, trial: Trial) -> Iterator[dict[str, Any]]:
    """Yield the images of a trial that have heat, the farthest from normal first."""
    distances = found.of(found.tables.distances, trial)
    tested = distances[distances["role"] == "test"].sort_values(
        "distance", ascending=False, kind="stable"
    )
    pictures = found.of(found.tables.pictures, trial)
    drawn = {(row["sample_id"], row["of"]): row["image"] for row in rows_of(pictures)}
    heat = found.of(found.tables.heat, trial)
    masses = {(row["sample_id"], row["of"]): row for row in rows_of(heat)}
    for rank, row in enumerate(rows_of(tested), start=1):
        maps = {
            of: {
                "src": to_base64(drawn[row["sample_id"], of]),
                "words": _inside(masses.get((row["sample_id"], of), {})),
            }
            for of in OF
            if (row["sample_id"], of) in drawn
        }
        if maps:
            yield {
                "id": row["sample_id"],
                "label": None if row["label"] is None else int(row["label"]),
                "type": row["defect_type"] or "",
                "distance": readable(row["distance"]),
                "rank": rank,
                "n": len(tested),
                "nearest": row["nearest_id"],
                "maps": maps,
            }


def _inside(row: dict[str, Any]) -> str:
    """Say how much of the heat lies in the defect, if there is heat to speak of."""
    peak = row.get("peak")
    if peak is not None and peak < FAINT:
        return "Hardly any heat"
    inside, share = row.get("mass_in_mask"), row.get("mask_share")
    if inside is None or share is None:
        return ""
    return f"{percent(inside)} of the heat lies in the defect, which takes {percent(share)}"


def _payload(found: Trials, shots: dict[Trial, list[dict[str, Any]]]) -> dict[str, Any]:
    wanted = {name for of_trial in shots.values() for shot in of_trial for name in _named(shot)}
    return {
        "trials": trials_payload(found, list(shots)),
        "shots": list(shots.values()),
        "images": named_thumbnails(found.thumbnails, wanted),
        "of": OF,
        "reading": READING,
    }


def _named(shot: dict[str, Any]) -> tuple[str, str]:
    return shot["id"], shot["nearest"]


def _still(found: Trials, trial: Trial, shots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first images with URLs of their pictures."""
    thumbnails = by_key(found.thumbnails, "sample_id")
    drawn = {
        (row["sample_id"], row["of"]): row["image"]
        for row in rows_of(found.of(found.tables.pictures, trial))
    }

    def outlined(sample_id: str, picture: bytes) -> str:
        return data_url(composite(picture, None, thumbnails[sample_id]["contour"]))

    return [
        {
            **shot,
            "src": outlined(shot["id"], thumbnails[shot["id"]]["image"]),
            "maps": [
                {
                    "of": of,
                    "src": outlined(shot["id"], drawn[shot["id"], of]),
                    "words": told["words"],
                }
                for of, told in shot["maps"].items()
            ],
            "near": data_url(thumbnails[shot["nearest"]]["image"])
            if shot["nearest"] in thumbnails
            else "",
        }
        for shot in shots[:N_STILL]
        if shot["id"] in thumbnails
    ]
