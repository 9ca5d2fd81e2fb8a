"""Removed images that came back healed: what that is worth, and how a few of them look."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from anomalylab.metrics.in_studies import strategy_words, told
from anomalylab.number_words import fixed, percent, plural
from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import data_url
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.words import short_names
from anomalylab.studies.findings import Findings
from anomalylab.studies.strategy import without_healing

OF_HEALING = ("healed_accepted", "healed_energy_fell", "healed_energy_left", "healed_change")

SHOWN = ("auroc", "recall_at_5", "false_alarms_at_5", "au_pro")
"""What is compared with the same share removed."""

TOO_MUCH = 0.8
"""Change of a kept image from which on healing does not tell good from odd."""


class Healed(NamedTuple):
    """One strategy that heals: means over draws at the share removed that is told of.

    Parameters
    ----------
    detector, strategy, scorer : str
    values, removed_only : mapping
        Metric -> mean; the latter of the same strategy that only removes, empty if not studied.
    """

    detector: str
    strategy: str
    scorer: str
    values: Mapping[str, float]
    removed_only: Mapping[str, float]


def healing(found: Findings) -> Fragment:
    """Compare healed images with the same share removed, and show a few.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    Fragment
        Nothing, if the study heals nothing.
    """
    healed = list(_healed(found))
    metrics = [name for name in (*OF_HEALING, *SHOWN) if any(name in h.values for h in healed)]
    html = render(
        "study/healing",
        sentences=[_words(one) for one in healed],
        head=["Detector", "Strategy", *(told(name).title for name in metrics)],
        rows=[_row(one, metrics) for one in healed],
        caption=_caption(found),
        meanings={told(name).title: told(name).meaning for name in metrics if name in OF_HEALING},
        images=list(_images(found)),
    )
    return Fragment(html, TABLE_SCRIPTS, ("study/healing.css",))


def _healed(found: Findings) -> Iterator[Healed]:
    if found.pollution is None or found.reject is None:
        return
    points = found.study.points
    at = points[
        (points["study"] == "refinement")
        & np.isclose(points["pollution"], found.pollution)
        & np.isclose(points["reject"], found.reject)
    ]
    by_metric = {
        (str(detector), str(strategy), str(scorer)): dict(
            zip(own["metric"], own["value"], strict=True)
        )
        for (detector, strategy, scorer), own in at.groupby(["detector", "strategy", "scorer"])
    }
    for (detector, strategy, scorer), values in by_metric.items():
        base, heals = without_healing(strategy)
        if heals:
            removed_only = by_metric.get((detector, base, scorer), {})
            yield Healed(detector, strategy, scorer, values, removed_only)


def _words(one: Healed) -> str:
    """Say what healing brings, and what speaks against it."""
    name = strategy_words(one.strategy, one.scorer, one.detector)
    accepted = one.values.get("healed_accepted", 0.0)
    if not accepted:
        return (
            f"{one.detector}, {name}: none of the healed images passes for a kept one, so all of "
            "them stay out."
        )
    first = f"{one.detector}, {name}: {percent(accepted)} of the healed images pass for kept ones"
    fell = one.values.get("healed_energy_fell")
    if fell is not None:
        first += f", and in {percent(fell)} of those the defect scores less than before"
    second = ""
    if "auroc" in one.removed_only:
        before, after = one.removed_only["auroc"], one.values["auroc"]
        second = f" AUROC is {fixed(after, 3)} with them and {fixed(before, 3)} without."
    change = one.values.get("healed_change", 0.0)
    third = ""
    if change > TOO_MUCH:
        third = (
            f" Kept images are changed by up to {fixed(change, 2)} of what replacing all of them "
            "would: what is healed is hardly chosen."
        )
    return f"{first}.{second}{third}"


def _row(one: Healed, metrics: list[str]) -> dict[str, Any]:
    cells = []
    for name in metrics:
        before = one.removed_only.get(name)
        cells.append(
            {
                "value": fixed(one.values[name], 3) if name in one.values else "–",
                "note": "" if before is None else f"removed only {fixed(before, 3)}",
            }
        )
    name = strategy_words(one.strategy, one.scorer, one.detector)
    return {"words": [one.detector, name], "cells": cells}


def _caption(found: Findings) -> str:
    return (
        f"{percent(found.reject or 0)} of the images removed and healed, at "
        f"{percent(found.pollution or 0)} defective; means of "
        f"{plural(found.study.tables.cells['seed'].nunique(), 'draw')}"
    )


def _images(found: Findings) -> Iterator[dict[str, Any]]:
    """Return the pictures of the first cell that has any."""
    table = found.study.tables.healed
    pictured = table[table["healed"].notna()]
    if pictured.empty:
        return
    first = pictured.iloc[0]
    keys = ["category", "detector", "strategy", "scorer"]
    own = pictured[(pictured[keys] == first[keys]).all(axis=1)]
    thumbnails = by_key(found.study.tables.thumbnails, "sample_id")
    samples = found.study.tables.samples
    names, labels = short_names(samples["sample_id"]), by_key(samples, "sample_id")
    for row in rows_of(own):
        picture = thumbnails[row["sample_id"]]
        yield {
            "id": row["sample_id"],
            "name": names[row["sample_id"]],
            "words": _told_of(row, labels[row["sample_id"]]["label"]),
            "pictures": list(_pictures(row, picture)),
        }


def _told_of(row: Mapping[str, Any], label: Any) -> str:
    """Say what an image is, what of it was replaced, and what came of that."""
    kind = "defective" if label == 1 else "good"
    passes = "passes for a kept image" if row["is_accepted"] else "is still odd and stays out"
    left = ""
    if row["energy_before"]:
        share = percent(row["energy_after"] / row["energy_before"])
        left = f"; {share} of the energy of its defect is left"
    return f"{kind}; {percent(row['replaced'])} of it replaced; {passes}{left}"


def _pictures(row: Mapping[str, Any], picture: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    area = map_colours.composite(picture["image"], None, row["area"])
    image = map_colours.composite(picture["image"], None, picture["contour"])
    outlined = "the image, its defect outlined" if picture["contour"] else "the image"
    for content, words in (
        (image, outlined),
        (row["residual"], "what the auto-encoder cannot give back"),
        (area, "what is replaced, outlined"),
        (row["healed"], "healed"),
    ):
        yield {
            "src": data_url(content),
            "words": words,
            "width": picture["width"],
            "height": picture["height"],
        }
