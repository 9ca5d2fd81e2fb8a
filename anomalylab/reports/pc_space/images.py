"""Images of a PC space for a page: those chosen, small, with what stands out lit up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage

from anomalylab.errors import DatasetError
from anomalylab.images.read import resize
from anomalylab.number_words import readable
from anomalylab.pc_space.cloud import Cloud, as_pixels
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.colours import rgb
from anomalylab.pictures.encode import data_url, webp
from anomalylab.pictures.thumbnails import outlines
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.pc_space.plane import PlaneDrawing

GLOW = 0.62
"""How much of the colour of a lit-up pixel is amber."""

MARGIN = 2
"""Pixels of the picture between a defect and the line around it, so that thin ones stay visible."""


@dataclass(frozen=True)
class ScoredImage:
    """One image of a page, its score, and its windows if it can be read."""

    sample_id: str
    score: float
    cloud: Cloud | None


def plane_of(
    pc: PCSpace, pair: int = 0, limit: float | None = None, window: int | None = None
) -> PlaneDrawing:
    """Return a plane of a window size, the first and as wide as the densities if not told."""
    first, second = pc.pairs[pair]
    deviations = pc.spaces[window or pc.windows[0]].deviations
    return PlaneDrawing(
        pc.extent if limit is None else limit,
        (f"PC{first + 1}", f"PC{second + 1}"),
        (float(deviations[first]), float(deviations[second])),
    )


def plane_around(pc: PCSpace, clouds: Sequence[Cloud]) -> PlaneDrawing:
    """Return the first plane, as wide as these clouds need but no wider than the densities."""
    plane = plane_of(pc)
    reach = [float(np.abs(values).max()) for cloud in clouds for values in plane.along(cloud)]
    wanted = np.ceil(1.05 * max(reach, default=plane.limit) / 5) * 5
    return plane_of(pc, limit=float(min(wanted, plane.limit)))


def score_words(score: float) -> str:
    """Write a score with three digits, or how small it is.

    Examples
    --------
    >>> score_words(0.12345), score_words(3e-12)
    ('0.123', '<\u202f0.0001')
    """
    return "<\u202f0.0001" if 0 < score < 1e-4 else readable(score)


def by_score(pc: PCSpace, detector: str, *, of_all: bool = False) -> pd.DataFrame:
    """Return samples with the column ``score``, highest first.

    Parameters
    ----------
    pc : PCSpace
    detector : str
    of_all : bool
        Whether training images are wanted beside test images; without test images they always are.
    """
    is_judged = (pc.samples["split"] != "train").to_numpy()
    samples = pc.samples if of_all or not is_judged.any() else pc.samples[is_judged]
    table = samples.assign(score=samples["sample_id"].map(pc.scores(detector)))
    return table.dropna(subset=["score"]).sort_values("score", ascending=False, kind="stable")


def evenly_spread(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return ``n`` rows at even distances from the first to the last."""
    rows = np.unique(np.linspace(0, len(table) - 1, min(n, len(table))).round().astype(int))
    return table.iloc[rows]


def scored_image(pc: PCSpace, row: pd.Series) -> ScoredImage:
    """Project an image for a page, if its file can be read."""
    try:
        cloud = pc.cloud(row["sample_id"])
    except DatasetError:
        cloud = None
    return ScoredImage(row["sample_id"], float(row.get("score", np.nan)), cloud)


def light_up(
    pc: PCSpace, image: ScoredImage, selected: np.ndarray, long_side: int
) -> dict[str, Any]:
    """Draw an image with selected windows in amber, and trace the outline of its defect.

    Parameters
    ----------
    pc : PCSpace
    image : ScoredImage
        With a cloud.
    selected : bool ndarray of shape (n_rows, n_cols)
        Windows, whose centres are lit up.
    long_side : int
        Pixels of the longer side at most.

    Returns
    -------
    drawn : dict
        ``src``, a URL; ``width`` and ``height`` in pixels; ``outline``, an SVG path in these
        pixels, empty where there is no defect or it is not known.
    """
    pixels = pc.image(image.sample_id)
    shrink = min(1.0, long_side / max(pixels.shape[:2]))
    size = (round(pixels.shape[0] * shrink), round(pixels.shape[1] * shrink))
    assert image.cloud is not None
    amount = as_pixels(image.cloud, selected).astype(np.uint8) * 255
    share = resize(np.repeat(amount[..., None], 3, axis=-1), size, method="area") / 255 * GLOW
    small = resize(pixels, size, method="area")
    mixed = np.round(small * (1 - share) + np.array(rgb("amber")) * share).astype(np.uint8)
    outline = _outline(pc.mask(image.sample_id), size)
    source = data_url(webp(mixed, quality=78))
    return {"src": source, "width": size[1], "height": size[0], "outline": outline}


def _outline(mask: np.ndarray | None, size: tuple[int, int]) -> str:
    """Trace a line a little way around a defect, so that thin ones stay visible."""
    if mask is None or not mask.any():
        return ""
    margin = max(1, round(MARGIN * mask.shape[0] / size[0]))
    rings = outlines(ndimage.binary_dilation(mask, iterations=margin), size)
    return "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)


def stored_thumbnail(pc: PCSpace, sample_id: str) -> dict[str, Any]:
    """Return the thumbnail that the run holds of an image, as :func:`light_up` does."""
    table = pc.run.table("thumbnails")
    rows = rows_of(table[table["sample_id"] == sample_id])
    if not rows:
        return {"src": "", "width": 0, "height": 0, "outline": ""}
    return {
        "src": data_url(rows[0]["image"]),
        "width": rows[0]["width"],
        "height": rows[0]["height"],
        "outline": "",
    }
