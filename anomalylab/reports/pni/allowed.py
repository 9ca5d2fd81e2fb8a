"""How much of the memory cells may use, and how often nothing was allowed."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from anomalylab.number_words import grouped, percent, plural
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.pni.opened import Opened
from anomalylab.reports.pni.words import has_memory_with_edges, variant_name

TOLERANCE = 1e-6
"""Relative difference of scores that rounding may make."""


def allowed(found: Opened) -> Fragment:
    """Show the share of the memory that cells may use, and the cells for which nothing was allowed.

    Parameters
    ----------
    found : Opened

    Returns
    -------
    Fragment
    """
    html = render("pni/allowed", sentences=list(_sentences(found)), rows=list(_rows(found)))
    return Fragment(html, TABLE_SCRIPTS, ("pni/page.css",))


def _sentences(found: Opened) -> Iterator[str]:
    fallback = found.about.parameters.get("fallback", "nearest")
    for row in rows_of(found.tables.fits):
        n_cells = _n_cells(found, row["category"], row["variant"])
        if row["variant"] != "pni" or row["status"] != "done" or not n_cells:
            continue
        n = row["n_fallbacks"]
        told = (
            f"for none of {plural(n_cells, 'test cell')} the memory was closed altogether"
            if n == 0
            else f"for {grouped(n)} of {plural(n_cells, 'test cell')} ({percent(n / n_cells)}) "
            f"nothing was allowed, and the {fallback} of all counted"
        )
        yield (
            f"{row['category']}: a test cell may be compared with {percent(row['allowed'])} of "
            f"{plural(row['n_bank'], 'cell')} in the memory, on average; {told}."
            f"{_changed(found, row['category'])}"
        )


def _changed(found: Opened, category: str) -> str:
    """Say how many scores the restriction changed at all; empty where memories differ."""
    maps = [found.maps.get(f"{category}-{variant}") for variant in ("pni", "patchcore")]
    if maps[0] is None or maps[1] is None or has_memory_with_edges(found.about):
        return ""
    is_changed = maps[0] > maps[1] * (1 + TOLERANCE)
    n, n_cells = int(is_changed.sum()), is_changed.size
    if n == 0:
        return " It changed no score: the nearest cell of the whole memory was allowed everywhere."
    labels = found.scores_of(category, "pni")["label"].astype("Int64")
    shares = [
        f"{percent(float(is_changed[of].mean()))} on {words} images"
        for label, words in ((0, "good"), (1, "defective"))
        if (of := (labels == label).fillna(False).to_numpy(bool)).any()
    ]
    each = f", {' and '.join(shares)}" if shares else ""
    return (
        f" It changed the score of {grouped(n)} of them ({percent(n / n_cells)}{each}): of the "
        "others, the nearest cell of the whole memory was allowed anyway."
    )


def _rows(found: Opened) -> Iterator[dict[str, Any]]:
    for row in rows_of(found.tables.fits):
        n_cells = _n_cells(found, row["category"], row["variant"])
        closed = f"{grouped(row['n_fallbacks'])} of {grouped(n_cells)}" if n_cells else "–"
        yield {
            **row,
            "variant": variant_name(row["variant"]),
            "allowed": "–" if row["allowed"] is None else percent(row["allowed"]),
            "closed": closed,
        }


def _n_cells(found: Opened, category: str, variant: str) -> int:
    maps = found.maps.get(f"{category}-{variant}")
    return 0 if maps is None else int(np.prod(maps.shape))
