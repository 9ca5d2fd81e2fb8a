"""How much of the memory cells may use, and how often nothing was allowed."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from anomalylab.number_words import grouped, percent, plural
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.pni.opened import Opened
from anomalylab.reports.pni.words import variant_name


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
    for row in rows_of(found.tables.fits):
        n_cells = _n_cells(found, row["category"], row["variant"])
        if row["variant"] != "pni" or row["status"] != "done" or not n_cells:
            continue
        n = row["n_fallbacks"]
        told = (
            f"for none of {plural(n_cells, 'test cell')} the memory was closed altogether"
            if n == 0
            else f"for {grouped(n)} of {plural(n_cells, 'test cell')} ({percent(n / n_cells)}) "
            "nothing was allowed, and the nearest of all counted"
        )
        yield (
            f"{row['category']}: a test cell may be compared with {percent(row['allowed'])} of "
            f"{plural(row['n_bank'], 'cell')} in the memory, on average; {told}."
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
