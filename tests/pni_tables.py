"""A small made-up run of PNI: no images, no networks, names that bite."""

from types import SimpleNamespace

import metric_tables as images
import numpy as np
import pandas as pd

from anomalylab.recipes.pni.explain import ROLES
from anomalylab.recipes.pni.gains import Judged, gains
from anomalylab.schema import pni as tables

HOSTILE = images.HOSTILE
CATEGORIES = {"bottle": "with masks", HOSTILE: "without labels"}
VARIANTS = ("patchcore", "pni", "pni-position", "pni-neighbourhood")
BLENDS = (0.0, 0.1, 1.0)
GRID, FINE = (4, 6), (8, 12)
TAU, N_BANK = 0.05, 200
CLOSED = 3
"""Cells of each map for which nothing is allowed: the first ones."""

TABLES = {
    "fits": tables.PNI_FITS,
    "curves": tables.PNI_CURVES,
    "values": tables.PNI_VALUES,
    "scores": tables.PNI_SCORES,
    "gains": tables.PNI_GAINS,
    "cells": tables.PNI_CELLS,
    "listed": tables.PNI_LISTED,
}


def pni_tables(categories=CATEGORIES, *, failed=(("bottle", "pni-neighbourhood"),)):
    """Return the tables and maps of a run; ``failed`` are categories with variants."""
    samples = pd.concat(
        [images._samples(name, of) for name, of in categories.items()], ignore_index=True
    )
    pictures = {
        row.sample_id: images._image(i, row.label) for i, row in enumerate(samples.itertuples())
    }
    rows, maps = {name: [] for name in TABLES}, {}
    for category in categories:
        own = samples[samples["category"] == category]
        _category(category, own, failed, rows, maps)
    made = {
        name: table.check(pd.DataFrame(rows[name], columns=list(table.columns)))
        for name, table in TABLES.items()
    }
    thumbnails = images._thumbnails(samples, pictures)
    return SimpleNamespace(maps=maps, thumbnails=thumbnails, categories=list(categories), **made)


def _category(category, samples, failed, rows, maps):
    test = samples[samples["split"] == "test"].reset_index(drop=True)
    ways = {}
    for number, variant in enumerate(VARIANTS):
        key = (category, variant, 0)
        is_failed = (category, variant) in failed
        reason = "the loss of step 12 (epoch 3) is not finite" if is_failed else ""
        n_closed = CLOSED * len(test) if variant == "pni" else 0
        share = 1.0 if variant == "patchcore" else 0.2
        rows["fits"].append(
            (*key, "failed" if is_failed else "done", reason, 10, N_BANK, 20)
            + (None if is_failed else share, n_closed, "<b>tiles</b>", 12.5)
        )
        if not is_failed:
            _judged(key, number, test, rows, maps, ways)
    labels = test["label"].astype("Int64")
    table = gains(labels, ways, max_fpr=0.3).assign(category=category, seed=0)
    columns = tables.PNI_GAINS.columns
    rows["gains"] += list(table[list(columns)].itertuples(index=False, name=None))
    _cells(category, samples, maps, rows)


def _judged(key, number, test, rows, maps, ways):
    rng = np.random.default_rng([number, len(key[0])])
    is_bad = np.arange(len(test)) >= images.N_GOOD
    for blend in BLENDS:
        grid = FINE if blend else GRID
        made = rng.random((len(test), *grid)).astype(np.float32) + number * 0.1
        middle = tuple(slice(side // 4, side // 2) for side in grid)
        made[is_bad, middle[0], middle[1]] += 1 + 0.3 * number
        if blend != 0.1:
            maps[f"{key[0]}-{key[1]}{'-refined' if blend else ''}"] = made
        scores = made.max(axis=(1, 2))
        for row, score in zip(test.itertuples(), scores, strict=True):
            known = None if pd.isna(row.label) else int(row.label)
            rows["scores"].append((*key, blend, row.sample_id, known, row.defect_type, score))
        ways[key[1], blend] = Judged(scores, None, {})
        _values(key, blend, test, rows)
    for network in ("neighbourhood", "refinement"):
        if network == "neighbourhood" and key[1] in ("patchcore", "pni-position"):
            continue
        for epoch in range(1, 6):
            for part in ("train", "validation"):
                rows["curves"].append((*key, network, epoch, part, "loss", 2 / epoch + number))


def _values(key, blend, test, rows):
    is_known = test["label"].notna().all()
    for resolution, metric in (
        ("image", "image_auroc"),
        ("image", "pixel_auroc"),
        ("image", "au_pro"),
        ("480", "pixel_auroc"),
        ("480", "au_pro"),
    ):
        bounds = (0.7, 1.0) if metric == "image_auroc" and is_known else (None, None)
        printed = 0.9887 if (key[1], metric) == ("pni", "pixel_auroc") and blend else None
        value = 0.9 + 0.01 * VARIANTS.index(key[1]) if is_known else None
        note = "" if is_known else "no image has a known label"
        rows["values"].append((*key, blend, resolution, metric, value, *bounds, printed, note))


def _cells(category, samples, maps, rows):
    """Explain two images; in cells with odd numbers filtering changes the score."""
    train = samples.loc[samples["split"] == "train", "sample_id"].tolist()
    test = samples.loc[samples["split"] == "test", "sample_id"].tolist()
    rng = np.random.default_rng(7)
    for place in (len(test) - 1, 0):
        for cell in range(GRID[0] * GRID[1]):
            row, col = divmod(cell, GRID[1])
            where = (category, 0, test[place], row, col)
            is_closed, neither = (
                cell < CLOSED,
                float(maps[f"{category}-patchcore"][place, row, col]),
            )
            both = neither * (1.5 if cell % 2 and not is_closed else 1.0)
            counts = (0, 0, 0) if is_closed else (40 + cell, 60 + cell, 50)
            scores = (both, neither * 1.1, neither * 1.2, neither)
            rows["cells"].append((*where, *scores, is_closed, *counts, TAU))
            distances = dict(
                zip(("allowed", "position", "neighbourhood", "none"), scores, strict=True)
            )
            for role, rank in ROLES:
                if role == "allowed" and (is_closed or rank > 2):
                    continue
                distance = distances.get(role, neither) + 0.01 * (rank - 1)
                named = train[int(rng.integers(len(train)))]
                memory = (named, int(rng.integers(GRID[0])), int(rng.integers(GRID[1])))
                shares = (0.2, 0.1) if role == "allowed" else (0.001, 0.02)
                rows["listed"].append((*where, role, rank, *memory, distance, *shares))
