"""All windows of the training images as densities, and how those of the two kinds differ."""

from typing import Any

import numpy as np

from anomalylab.number_words import grouped, millions, plural
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.encode import indexed_png
from anomalylab.pictures.shading import shade, shade_signed
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.pc_space.clouds import PICTURES
from anomalylab.reports.pc_space.images import plane_of
from anomalylab.reports.pc_space.plane import PlaneDrawing, legend

KEPT = 0.99999
"""Share of the windows that lie inside the frame of the pictures."""

MARGIN = 0.06
"""Share of the frame around them."""

CELLS = 256
"""Cells of a picture along an axis, at most."""


def densities(pc: PCSpace, pair: int = 0) -> Fragment:
    """Show where the windows of normal and of anomalous training images lie, and the difference.

    Parameters
    ----------
    pc : PCSpace
    pair : int
        Number of a pair of components.

    Returns
    -------
    Fragment
        The density of the normal images alone where no training image is anomalous.
    """
    counts = {group: pc.density(group, pair) for group in ("normal", "anomalous")}
    totals = {group: int(cells.sum()) for group, cells in counts.items()}
    everything = counts["normal"] + counts["anomalous"]
    n_cut = border(everything)
    counts = {
        group: cells[n_cut : len(cells) - n_cut, n_cut : len(cells) - n_cut]
        for group, cells in counts.items()
    }
    side = len(everything)
    plane = plane_of(pc, pair, pc.extent * (side - 2 * n_cut) / side)
    counts = {group: coarser(cells) for group, cells in counts.items()}
    shares = {group: cells / max(totals[group], 1) for group, cells in counts.items()}
    figures = [_one(pc, plane, group, shares, totals) for group in counts if totals[group]]
    if totals["anomalous"] and totals["normal"]:
        figures.append(_difference(plane, shares, totals))
    beyond = int(everything.sum() - sum(cells.sum() for cells in counts.values()))
    html = render(
        "pc_space/planes",
        figures=figures,
        layout="",
        note=_note(pc, totals, beyond, plane),
        missing=""
        if totals["anomalous"]
        else "no training image is anomalous, so that there is no second density and no difference",
    )
    return Fragment(html, styles=PICTURES)


def border(cells: np.ndarray) -> int:
    """Return how many cells at each side hold next to nothing, and leave a margin."""
    total, side = cells.sum(), len(cells)
    for n_cut in range(side // 2 - 8, 0, -1):
        inner = round(n_cut + MARGIN * (side / 2 - n_cut))
        kept = cells[inner : side - inner, inner : side - inner].sum()
        left = side - 2 * n_cut
        if left % _step(left) == 0 and kept >= KEPT * total:
            return n_cut
    return 0


def _step(side: int) -> int:
    """Return how many cells become one along an axis."""
    return -(-side // CELLS)


def coarser(cells: np.ndarray) -> np.ndarray:
    """Add up neighbouring cells until there are at most :data:`CELLS` along an axis."""
    step = _step(len(cells))
    n = len(cells) // step
    return cells.reshape(n, step, n, step).sum(axis=(1, 3))


def _one(
    pc: PCSpace,
    plane: PlaneDrawing,
    group: str,
    shares: dict[str, np.ndarray],
    totals: dict[str, int],
) -> dict[str, Any]:
    """Colour the expected count if both groups had as many windows as the larger."""
    scale = max(totals.values())
    highest = max(float(cells.max()) for cells in shares.values())
    picture = indexed_png(shade(shares[group] * scale, vmax=highest * scale))
    n_images = _n_images(pc, group)
    kind = "image" if pc.run.info.is_unlabelled else f"{group} image"
    title = f"{plural(n_images, kind)}, {millions(totals[group])} windows"
    return {
        "title": title,
        "drawing": plane.large(picture, f"Density of the windows of {title}"),
        "legend": legend(
            "inferno",
            [f"1 window of {millions(scale)}", f"1 of {grouped(round(1 / highest))} in a cell"],
        ),
    }


def _difference(
    plane: PlaneDrawing, shares: dict[str, np.ndarray], totals: dict[str, int]
) -> dict[str, Any]:
    roots = np.sqrt(shares["anomalous"]) - np.sqrt(shares["normal"])
    picture = indexed_png(
        shade_signed(roots, "diverging_dark", vmax=float(np.quantile(np.abs(roots), 0.999)))
    )
    return {
        "title": "Where they differ",
        "drawing": plane.large(picture, "Difference of the two densities"),
        "legend": legend(
            "diverging_dark",
            ["more in normal", "equal", "more in anomalous"],
            is_signed=True,
        ),
    }


def _note(pc: PCSpace, totals: dict[str, int], beyond: int, plane: PlaneDrawing) -> str:
    n_windows = sum(totals.values())
    size = f"{pc.space.window} × {pc.space.window}"
    words = [f"All windows of {size} pixels of the training images, colours are logarithmic."]
    if totals["anomalous"] and totals["normal"]:
        words.append(
            "Each density is a share of its own windows; both have one scale. The difference is "
            "that of the square roots of the densities, so that a colour means as much in the thin "
            "outskirts as in the dense middle."
        )
    whose = "these" if pc.run.info.is_unlabelled else "normal"
    words.append(f"Ellipses: 1, 2 and 3 standard deviations (σ) of the windows of {whose} images.")
    if beyond:
        words.append(
            f"{plural(beyond, 'window')} of {grouped(n_windows)} lie beyond ±{plane.limit:.0f}."
        )
    return " ".join(words)


def _n_images(pc: PCSpace, group: str) -> int:
    if group == "normal":
        return len(pc.run.info.training_ids)
    return int(((pc.samples["split"] == "train") & (pc.samples["label"] == 1)).sum())
