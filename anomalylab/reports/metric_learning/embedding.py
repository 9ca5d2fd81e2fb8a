"""Which images look alike to a network: each a point, the image on hovering."""

import io
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image

from anomalylab.pictures.encode import to_base64, webp
from anomalylab.pictures.thumbnails import shrunk
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.words import short_names
from anomalylab.reports.metric_learning.gallery import trials_payload
from anomalylab.reports.metric_learning.opened import Trial, Trials
from anomalylab.reports.metric_learning.words import GOOD, short_name

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "metric_learning/trials.js",
    "metric_learning/cloud.js",
)
STYLES = ("metric_learning/page.css",)

SIDE = 96
"""Pixels of the longer side of an image that is hovered."""

QUALITY = 60
DIGITS = 4


def embedding(found: Trials) -> Fragment:
    """Show what each network makes of the images, in two dimensions.

    Without scripts: the points of the first training.

    Parameters
    ----------
    found : Trials

    Returns
    -------
    Fragment
        Nothing to show if nothing was trained to the end.
    """
    trials = [t for t in found.done if len(found.of(found.tables.embedding, t))]
    html = render(
        "metric_learning/embedding",
        data=json_for_script(_payload(found, trials)),
        drawing=_still(_points(found, trials[0])) if trials else "",
        name=f"{trials[0].category}, {short_name(trials[0], found)}" if trials else "",
    )
    return Fragment(html, SCRIPTS, STYLES)


def _points(found: Trials, trial: Trial) -> pd.DataFrame:
    """Return the points of a trial with label, type and distance of each image."""
    points = found.of(found.tables.embedding, trial)
    judged = found.of(found.tables.distances, trial)
    judged = judged[["sample_id", "role", "label", "defect_type", "distance"]]
    return points.merge(judged, on=["sample_id", "role"], how="left")


def _payload(found: Trials, trials: list[Trial]) -> dict[str, Any]:
    """Return points by number of image, and each image once and small."""
    points = {trial: _points(found, trial) for trial in trials}
    wanted = sorted({name for own in points.values() for name in own["sample_id"]})
    place = {name: i for i, name in enumerate(wanted)}
    thumbnails = by_key(found.thumbnails, "sample_id")
    names = short_names(wanted)
    return {
        "trials": trials_payload(found, trials),
        "images": [
            {
                "id": name,
                "name": names[name],
                "src": to_base64(small(thumbnails[name]["image"])) if name in thumbnails else "",
            }
            for name in wanted
        ],
        "points": [[_point(row, place) for row in rows_of(own)] for own in points.values()],
    }


def _point(row: dict[str, Any], place: dict[str, int]) -> dict[str, Any]:
    return {
        "image": place[row["sample_id"]],
        "isTraining": row["role"] == "train",
        "label": None if row["label"] is None else int(row["label"]),
        "type": row["defect_type"] or "",
        "x": round(float(row["x"]), DIGITS),
        "y": round(float(row["y"]), DIGITS),
        "distance": None if row["distance"] is None else round(float(row["distance"]), DIGITS),
    }


def small(picture: bytes) -> bytes:
    """Return a picture as small as it is shown beside the pointer."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    return webp(shrunk(pixels, SIDE), QUALITY)


def class_of(row: dict[str, Any]) -> tuple[str, str]:
    """Return the words and the colour of a point: what the image is, as far as is known."""
    if row["role"] == "train" and row["label"] != 1:
        return "training, normal", "hollow"
    if row["label"] is None:
        return "test, not known", "unknown"
    where = "training" if row["role"] == "train" else "test"
    is_good = row["label"] == 0
    return f"{where}, {GOOD if is_good else 'defective'}", "normal" if is_good else "anomalous"


def _still(points: pd.DataFrame) -> Markup:
    """Draw the points of one training, colours by class, one unit as long on both axes."""
    width, height, margin = 560, 400, 12
    x, y = points["x"].to_numpy(float), points["y"].to_numpy(float)
    span = max(np.ptp(x) / (width - 2 * margin), np.ptp(y) / (height - 2 * margin), 1e-12)
    middle = (x.max() + x.min()) / 2, (y.max() + y.min()) / 2
    dot = Markup('<circle cx="{}" cy="{}" r="4" fill="var(--{})"/>')
    dots = []
    for row in sorted(rows_of(points), key=lambda row: row["role"] == "test"):
        across = width / 2 + (row["x"] - middle[0]) / span
        down = height / 2 - (row["y"] - middle[1]) / span
        dots.append(dot.format(round(across, 1), round(down, 1), class_of(row)[1]))
    alt = f"{len(points)} images as points; near ones look alike to the network."
    return Markup(
        '<svg class="al-cloud-still" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(width, height, alt, Markup("").join(dots))
