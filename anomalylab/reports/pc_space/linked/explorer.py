"""Clouds of windows linked to their images, in one file that needs neither Python nor a network.

The page carries a few images without loss, and the space; its scripts project all their windows
again, so that every window can be selected, not only some that were picked beforehand.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from anomalylab.number_words import grouped, readable
from anomalylab.pc_space.cloud import Cloud, as_pixels, defect_share
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.colours import rgb
from anomalylab.pictures.encode import data_url, indexed_png, webp
from anomalylab.pictures.shading import shade
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.words import LABELS, short_names
from anomalylab.reports.pc_space.images import plane_of
from anomalylab.reports.pc_space.linked.payload import SIGMA, CarriedImage, carried_images, payload
from anomalylab.reports.pc_space.plane import PlaneDrawing

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "pc_space/linked/png.js",
    "pc_space/linked/correlate.js",
    "pc_space/linked/space.js",
    "pc_space/linked/select.js",
    "pc_space/linked/raster.js",
    "pc_space/linked/store.js",
    "pc_space/linked/lines.js",
    "pc_space/linked/gestures.js",
    "pc_space/linked/plane.js",
    "pc_space/linked/image.js",
    "pc_space/linked/patches.js",
    "pc_space/linked/sweep.js",
    "pc_space/linked/film.js",
    "pc_space/linked/layers.js",
    "pc_space/linked/explorer.js",
)
STYLES = ("pc_space/pictures.css", "pc_space/linked/explorer.css")

STILL_SIDE = 360


def explorer(pc: PCSpace, sample_ids: Sequence[str] | None = None) -> Fragment:
    """Show images and their clouds of windows, linked in both directions.

    Without scripts: one image and its cloud, with the windows outside of the ellipse of three
    standard deviations lit up in both.

    Parameters
    ----------
    pc : PCSpace
    sample_ids : sequence of str, optional
        Images to carry; by default those of
        :func:`anomalylab.reports.pc_space.linked.payload.default_images` that fit into the page.

    Returns
    -------
    Fragment

    Raises
    ------
    UnknownNameError
        If the run has no such image.
    ParameterError
        If the list is empty.
    DatasetError
        If an image is gone or has changed.
    """
    shown = carried_images(pc, sample_ids)
    data = payload(pc, shown)
    html = render(
        "pc_space/linked/explorer", data=json_for_script(data), still=_still(pc, shown, data)
    )
    return Fragment(html, SCRIPTS, STYLES)


def _still(pc: PCSpace, shown: list[CarriedImage], data: dict[str, Any]) -> dict[str, Any]:
    first = shown[data["start"]]
    cloud = pc.cloud(first.sample_id)
    plane = plane_of(pc, limit=data["home"]["component"])
    is_lit = plane.outside(cloud, SIGMA)
    name = short_names([image.sample_id for image in shown])[first.sample_id]
    share = defect_share(cloud, is_lit)
    return {
        "name": name,
        "label": LABELS.get(first.label, ""),
        "cloud": plane.large(_cloud_png(plane, cloud, is_lit), f"Cloud of the windows of {name}"),
        "picture": data_url(_lit_picture(pc.image(first.sample_id), cloud, is_lit)),
        "width": first.width,
        "height": first.height,
        "n": grouped(is_lit.size),
        "n_lit": grouped(int(is_lit.sum())),
        "sigma": SIGMA,
        "share": None if share is None or not first.label else readable(100 * share, 2),
    }


def _cloud_png(plane: PlaneDrawing, cloud: Cloud, is_lit: np.ndarray) -> bytes:
    x, y = cloud.along("PC1"), cloud.along("PC2")
    picture = shade(plane.raster(x, y, STILL_SIDE), "ice")
    lit = shade(plane.raster(x[is_lit], y[is_lit], STILL_SIDE), "amber")
    return indexed_png(np.where(lit[..., 3:] > 0, lit, picture))


def _lit_picture(image: np.ndarray, cloud: Cloud, is_lit: np.ndarray) -> bytes:
    lit = as_pixels(cloud, is_lit)[..., None]
    mixed = np.where(lit, 0.5 * image + 0.5 * np.array(rgb("amber")), 0.7 * image)
    return webp(mixed.round().astype(np.uint8), quality=75)
