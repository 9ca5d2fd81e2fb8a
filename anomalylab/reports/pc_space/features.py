"""From a cloud to counts: what the classifier is given of an image."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from anomalylab.number_words import grouped, percent, plural
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.encode import indexed_png
from anomalylab.pictures.shading import shade
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.words import short_names
from anomalylab.reports.pc_space.clouds import PICTURES
from anomalylab.reports.pc_space.images import ScoredImage, by_score, plane_of, scored_image
from anomalylab.reports.pc_space.missing import images_reason
from anomalylab.reports.pc_space.plane import SIDE, PlaneDrawing, legend

FINE = 240
"""Cells of a large cloud along an axis."""

MAX_NUMBERED = 12
"""Bins along an axis up to which numbers fit into them."""


def histogram(pc: PCSpace, image: str = "") -> Fragment:
    """Show the cloud of one image beside the histogram that stands for it.

    Parameters
    ----------
    pc : PCSpace
    image : str
        Sample id; the anomalous image of the highest score if empty.

    Returns
    -------
    Fragment
        The histogram alone, if the image cannot be read.
    """
    seen = scored_image(pc, _chosen(pc, image))
    plane = plane_of(pc, limit=pc.limit)
    name = short_names(pc.samples["sample_id"])[seen.sample_id]
    counts = pc.histogram(seen.sample_id)
    html = render(
        "pc_space/planes",
        figures=[*_fine(plane, seen, name, len(counts)), _coarse(plane, seen, name, counts)],
        layout="al-is-pair",
        note=_beyond_words(pc, seen.sample_id),
        missing="" if seen.cloud else images_reason(pc, [seen.sample_id]),
    )
    return Fragment(html, styles=PICTURES)


def grid(bins: int) -> Markup:
    """Draw the borders of bins."""
    steps = [round(i * SIDE / bins, 2) for i in range(1, bins)]
    lines = "".join(f"M{at} 0V{SIDE}M0 {at}H{SIDE}" for at in steps)
    return Markup('<path class="al-bin-line" d="{}"/>').format(lines)


def numbers(values: np.ndarray, words: Callable[[float], str], picture: np.ndarray) -> list[Markup]:
    """Write positive values into their bins, dark on bright ones, where there is room.

    Parameters
    ----------
    values : ndarray of shape (bins, bins)
        First axis x.
    words : callable
        Turns a value into a few letters.
    picture : uint8 ndarray of shape (bins, bins, 4)
        Colours of the bins, rows from top to bottom.
    """
    bins = len(values)
    if bins > MAX_NUMBERED:
        return []
    text = Markup('<text class="al-bin-number" x="{}" y="{}" style="fill:{}">{}</text>')
    step = SIDE / bins
    written = []
    for i, j in np.argwhere(np.isfinite(values) & (values > 0)):
        colour = picture[bins - 1 - j, i, :3]
        ink = "black" if colour @ np.array([0.299, 0.587, 0.114]) > 118 else "white"
        x, y = round((i + 0.5) * step, 1), round(SIDE - (j + 0.5) * step + 4, 1)
        written.append(text.format(x, y, ink, words(float(values[i, j]))))
    return written


def _chosen(pc: PCSpace, image: str) -> pd.Series:
    table = by_score(pc, pc.run.detectors[0])
    if image:
        return pc.samples.iloc[pc.row(image)].copy()
    anomalous = table[(table["label"] == 1).fillna(False).to_numpy(bool)]
    return (anomalous if len(anomalous) else table).iloc[0]


def _fine(plane: PlaneDrawing, seen: ScoredImage, name: str, bins: int) -> list[dict[str, Any]]:
    if seen.cloud is None:
        return []
    cells = plane.raster(*plane.along(seen.cloud), side=FINE)
    ends = ["1 window", f"{grouped(int(cells.max()))} windows in a point"]
    return [
        {
            "title": f"{name}: {plural(seen.cloud.residual.size, 'window')}",
            "drawing": plane.large(indexed_png(shade(cells)), f"Windows of {name}", [grid(bins)]),
            "legend": legend("inferno", ends),
        }
    ]


def _coarse(
    plane: PlaneDrawing, seen: ScoredImage, name: str, counts: np.ndarray
) -> dict[str, Any]:
    bins, picture = len(counts), shade(counts)
    over = [grid(bins), *numbers(counts, _short, picture)]
    return {
        "title": f"{'The same' if seen.cloud else name} in {bins} × {bins} counts",
        "drawing": plane.large(indexed_png(picture), f"Histogram of the windows of {name}", over),
        "legend": legend("inferno", ["1", f"{grouped(int(counts.max()))} windows in a bin"]),
    }


def _short(count: float) -> str:
    """Write a count in at most four letters.

    Examples
    --------
    >>> [_short(n) for n in (7, 999, 1234, 56789, 1234567)]
    ['7', '999', '1.2k', '57k', '1.2M']
    """
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.{int(count < 9.95 * unit)}f}{letter}"
    return f"{count:.0f}"


def _beyond_words(pc: PCSpace, sample_id: str) -> str:
    table = pc.run.table("features")
    found = table.loc[table["sample_id"] == sample_id, "dropped"]
    limit = f"±{pc.limit:.3g}"
    fate = "left out" if pc.info.overflow == "drop" else "counted in the outermost bins"
    own = f"Of this image {percent(found.iloc[0])} lie" if len(found) else "Some lie"
    whole = f", of all images {percent(table['dropped'].mean())}" if len(found) else ""
    return (
        "Colours are logarithmic. Bins are what the classifier sees: it no longer knows where in "
        f"the image a window was. {own} beyond {limit}{whole}, and are {fate}."
    )
