"""Clouds of normal images above those of anomalous ones, on one scale."""

from collections.abc import Sequence
from typing import Any

from anomalylab.number_words import grouped, plural
from anomalylab.pc_space.cloud import Cloud
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.encode import indexed_png
from anomalylab.pictures.shading import shade
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.words import short_names
from anomalylab.reports.pc_space.images import (
    ScoredImage,
    by_score,
    evenly_spread,
    light_up,
    plane_around,
    plane_of,
    score_words,
    scored_image,
    stored_thumbnail,
)
from anomalylab.reports.pc_space.missing import images_reason
from anomalylab.reports.pc_space.plane import PlaneDrawing, legend
from anomalylab.reports.pc_space.words import UNITS, method_name

PICTURES = ("pc_space/pictures.css",)
N_IMAGES = 6
SIDE = 180
"""Cells of a small cloud along an axis."""

GROUPS = (
    (0, "Normal images", "normal"),
    (1, "Anomalous images", "anomalous"),
    (None, "Images without a label", "unknown"),
)


def clouds(pc: PCSpace, images: Sequence[str] = (), detector: str = "") -> Fragment:
    """Show some images as clouds of windows, normal ones above anomalous ones.

    Parameters
    ----------
    pc : PCSpace
    images : sequence of str
        Sample ids; if none are given, up to six of each kind, evenly spaced by score.
    detector : str
        Whose scores; the run's first if empty.

    Returns
    -------
    Fragment

    Raises
    ------
    UnknownNameError
        If the run has no such image.
    """
    detector = detector or pc.run.detectors[0]
    chosen = _chosen(pc, images, detector)
    everything = [image for group in chosen for image in group["images"]]
    missing = images_reason(pc, [image.sample_id for image in everything])
    clouds = [image.cloud for image in everything if image.cloud is not None]
    if clouds:
        for group in chosen:
            group["images"] = [image for image in group["images"] if image.cloud is not None]
    plane = plane_around(pc, clouds) if clouds else plane_of(pc, limit=pc.limit)
    rows, highest = _rows(pc, plane, chosen)
    html = render(
        "pc_space/clouds",
        rows=rows,
        missing=missing,
        plane=plane,
        method=method_name(detector),
        unit=UNITS.get(detector, ""),
        windows=_windows(clouds),
        window=pc.space.window,
        legend=legend("inferno", ["1 window", f"{grouped(highest)} windows in a cell"]),
        is_chosen=bool(images),
        limit=f"{plane.limit:.3g}",
    )
    return Fragment(html, styles=PICTURES)


def _chosen(pc: PCSpace, images: Sequence[str], detector: str) -> list[dict[str, Any]]:
    for name in images:
        pc.row(name)
    table = by_score(pc, detector, of_all=bool(images))
    groups = []
    for label, title, kind in GROUPS:
        same = table["label"].isna() if label is None else (table["label"] == label).fillna(False)
        of_kind = table[same.to_numpy(bool)]
        some = (
            of_kind[of_kind["sample_id"].isin(images)]
            if images
            else evenly_spread(of_kind, N_IMAGES)
        )
        if len(some):
            listed = [scored_image(pc, row) for _, row in some.iterrows()]
            groups.append({"title": title, "kind": kind, "images": listed, "n": len(of_kind)})
    return groups


def _rows(
    pc: PCSpace, plane: PlaneDrawing, groups: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], int]:
    """Draw all images on one scale of colours; return its last count too."""
    rasters = {
        image.sample_id: pc.histogram(image.sample_id)
        if image.cloud is None
        else plane.raster(*plane.along(image.cloud), side=SIDE)
        for group in groups
        for image in group["images"]
    }
    highest = max((int(raster.max()) for raster in rasters.values()), default=1)
    rows = []
    for group in groups:
        pictures = [indexed_png(shade(rasters[i.sample_id], vmax=highest)) for i in group["images"]]
        drawn = zip(group["images"], pictures, strict=True)
        rows.append(
            {**group, "cells": [_cell(pc, plane, image, picture) for image, picture in drawn]}
        )
    return rows, highest


def _cell(pc: PCSpace, plane: PlaneDrawing, image: ScoredImage, picture: bytes) -> dict[str, Any]:
    name = short_names(pc.run.queries["sample_id"]).get(image.sample_id, image.sample_id)
    cell = {"id": image.sample_id, "name": name, "score": score_words(image.score)}
    if image.cloud is None:
        drawing = plane.small(picture, f"Histogram of the windows of {name}")
        return {**cell, **stored_thumbnail(pc, image.sample_id), "drawing": drawing, "facts": ""}
    outside = plane.outside(image.cloud)
    facts = f"{100 * outside.mean():.1f}\u202f% outside 3\u202fσ"
    return {
        **cell,
        "drawing": plane.small(picture, f"Windows of {name} in PC space, {facts}"),
        "facts": facts,
        **light_up(pc, image, outside, 480),
    }


def _windows(clouds: Sequence[Cloud]) -> str:
    """Count the windows of a cloud, or say from how many to how many."""
    counts = [cloud.residual.size for cloud in clouds]
    if not counts:
        return ""
    if min(counts) == max(counts):
        return plural(counts[0], "window")
    return f"{grouped(min(counts))} to {plural(max(counts), 'window')}"
