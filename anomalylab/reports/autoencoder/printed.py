"""The published table of results, as printed and as it should read, beside ours."""

from collections.abc import Iterator
from typing import Any

from anomalylab.number_words import fixed
from anomalylab.recipes.autoencoder.published import published
from anomalylab.recipes.autoencoder.told import CAVEAT
from anomalylab.reports.autoencoder.opened import Found
from anomalylab.reports.autoencoder.words import NAMES, short
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of

TITLES = {"pixels": "Recall and precision of pixels", "images": "Shares of images told right"}

DIGITS = 2
"""Decimals that are printed."""

OFF = 0.01
"""A printed F1 this far from what stands beside it is no matter of rounding."""


def printed(found: Found) -> Fragment:
    """Show the published table corrected beside the printed one, and ours of the same types.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
    """
    parts = [
        {"title": title, "is_comparable": measures == "pixels", "rows": list(_rows(measures))}
        for measures, title in TITLES.items()
    ]
    html = render(
        "autoencoder/printed",
        parts=parts,
        ours=list(_ours(found)),
        caveat=CAVEAT,
        category=found.about.category,
    )
    return Fragment(html, TABLE_SCRIPTS, ("autoencoder/page.css",))


def _rows(measures: str) -> Iterator[dict[str, Any]]:
    table = published()
    for row in rows_of(table[table["measures"] == measures]):
        yield {
            "name": row["defect_type"] or row["method"],
            "recall": fixed(row["recall"], DIGITS),
            "precision": fixed(row["precision"], DIGITS),
            "f1": fixed(row["f1"], DIGITS),
            "recomputed": fixed(row["f1_recomputed"], DIGITS),
            "is_wrong": abs(row["f1"] - row["f1_recomputed"]) > OFF,
            "note": row["note"] if measures == "pixels" else "",
        }


def _ours(found: Found) -> Iterator[dict[str, Any]]:
    """Yield what was measured here of each type, at each threshold."""
    for name in found.types:
        for tau in found.taus:
            row = {
                metric: found.value(found.main, name, tau["method"], metric).get("value")
                for metric in ("recall", "precision", "f1", "image_recall", "image_specificity")
            }
            if row["f1"] is not None:
                words = {
                    key: "–" if value is None else fixed(value, DIGITS)
                    for key, value in row.items()
                }
                method = NAMES.get(tau["method"], tau["method"])
                yield {"type": name, "tau": short(tau["tau"]), "method": method, **words}
