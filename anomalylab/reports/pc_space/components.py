"""What windows are made of: the one band of an image, and the components as patches."""

from typing import Any

import numpy as np

from anomalylab.compute.window_space import WindowSpace
from anomalylab.images.read import resize
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.encode import data_url, indexed_png, webp
from anomalylab.pictures.shading import colour_table, shade_signed
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.pc_space.clouds import PICTURES
from anomalylab.reports.pc_space.films import film_images, films
from anomalylab.reports.pc_space.images import by_score
from anomalylab.reports.pc_space.missing import images_reason, is_readable
from anomalylab.reports.pc_space.plane import legend

LONG_SIDE = 420
DEVIATIONS = 3.0
"""Deviations from the mean at which the colours of a band end."""


def components(pc: PCSpace) -> Fragment:
    """Show the components of each window size, and real windows along those of the first.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
        Without the windows, if the images cannot be read.
    """
    wanted = film_images(pc)
    left = [name for name in wanted if is_readable(pc, name)]
    missing = "" if left else images_reason(pc, wanted)
    strips = films(pc, left) if left else [[]] * pc.space.n_components
    spaces = [_space(space) for space in pc.spaces.values()]
    for patch, film in zip(spaces[0]["patches"], strips, strict=True):
        patch["film"] = film
    bar = legend("diverging", ["negative weight", "0", "positive weight"], is_signed=True)
    html = render("pc_space/components", spaces=spaces, legend=bar, missing=missing)
    return Fragment(html, styles=PICTURES)


def bands(pc: PCSpace) -> Fragment:
    """Show a normal and an anomalous image before and after its projection on one band.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
        One line instead, if the images cannot be read.
    """
    table = by_score(pc, pc.run.detectors[0])
    label = table["label"].fillna(-1)
    normal, anomalous = table[label == 0], table[label == 1]
    rows = [
        (title, chosen["sample_id"].iloc[at])
        for title, chosen, at in [
            ("A normal image", normal, len(normal) // 2),
            ("An anomalous image", anomalous, 0),
            ("An image", table if not len(normal) + len(anomalous) else table[:0], 0),
        ]
        if len(chosen)
    ]
    missing = images_reason(pc, [sample_id for _, sample_id in rows])
    figures = [] if missing else [_before_and_after(pc, *row) for row in rows]
    bar = legend("viridis", [f"−{DEVIATIONS:g}", "0", f"{DEVIATIONS:g} deviations"], is_signed=True)
    html = render(
        "pc_space/bands", figures=figures, missing=missing, legend=bar, orient=pc.info.orient
    )
    return Fragment(html, styles=PICTURES)


def _space(space: WindowSpace) -> dict[str, Any]:
    patches = [
        {
            "name": f"PC{i + 1}",
            "share": f"{100 * share:.1f}",
            "deviation": f"{deviation:.3g}",
            "src": data_url(indexed_png(shade_signed(patch[::-1].T))),
            "film": [],
        }
        for i, (patch, share, deviation) in enumerate(
            zip(space.patches, space.shares, space.deviations, strict=True)
        )
    ]
    rest = f"{100 * max(1 - float(space.shares.sum()), 0):.1f}"
    return {"window": space.window, "patches": patches, "rest": rest}


def _before_and_after(pc: PCSpace, title: str, sample_id: str) -> dict[str, Any]:
    image, band = pc.image(sample_id), pc.band(sample_id)
    shrink = min(1.0, LONG_SIDE / max(band.shape))
    size = (round(band.shape[0] * shrink), round(band.shape[1] * shrink))
    steps = np.clip((band / DEVIATIONS + 1) * 127.5, 0, 255).round().astype(np.uint8)
    coloured = colour_table("viridis")[steps]
    before, after = (
        data_url(webp(resize(pixels, size, method="area"), quality=82))
        for pixels in (image, coloured)
    )
    return {
        "title": title,
        "name": sample_id,
        "before": before,
        "after": after,
        "width": size[1],
        "height": size[0],
        "is_wide": size[1] > 1.6 * size[0],
        "is_grey": bool((image == image[..., :1]).all()),
    }
