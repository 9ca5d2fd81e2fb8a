"""How well each type of defect is found: of pixels, of images, and without any threshold."""

from collections.abc import Iterator
from typing import Any

from anomalylab.metrics import rate_interval
from anomalylab.number_words import fixed, percent, readable
from anomalylab.recipes.autoencoder.judged import ALL, GOOD
from anomalylab.recipes.autoencoder.tau import ORACLE
from anomalylab.reports.autoencoder.opened import Found
from anomalylab.reports.autoencoder.words import NAMES, RATES, short, tau_words, type_words
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of

WITHOUT_TAU = {
    "auroc": ("AUROC", "chance that a defective image has a higher residual than a good one"),
    "pixel_auroc": ("Pixel AUROC", "the same of pixels"),
    "au_pro": ("AU-PRO", "share of each defect that is covered, at few false alarms"),
}
"""Measures that need no threshold -> their name, and what they mean."""

OF_IMAGES = {
    "image_recall": ("Defective images found", "those with a called pixel"),
    "image_specificity": ("Good images passed", "those without"),
}


def values(found: Found) -> Fragment:
    """Show what was measured of each type of defect, at each threshold that was chosen.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
    """
    types = types_of(found)
    html = render(
        "autoencoder/values",
        parts=[_at(found, row, types) for row in found.taus] if types else [],
        rates=[name for name, _ in RATES.values()],
        without=[name for name, _ in WITHOUT_TAU.values()],
        rows=[_row_without(found, name) for name in types],
        meanings=[*RATES.values(), *OF_IMAGES.values(), *WITHOUT_TAU.values()],
        has_oracle=any(row["method"] == ORACLE for row in found.taus),
        all_rows=list(_all_rows(found)),
    )
    return Fragment(html, TABLE_SCRIPTS, ("autoencoder/page.css",))


def types_of(found: Found) -> list[str]:
    """Return what values are of: each type of defect, and all; nothing without a label."""
    own = found.of(found.tables.values, found.main)
    names = [str(name) for name in dict.fromkeys(own["defect_type"])]
    is_known = len(own) and own["value"].notna().any()
    several = len([name for name in names if name != ALL]) > 1
    return [name for name in names if name != ALL or several] if is_known else []


def _at(found: Found, row: dict[str, Any], types: list[str]) -> dict[str, Any]:
    k, n = found.judged(GOOD, row["tau"])
    return {
        "title": f"τ = {short(row['tau'])}, {NAMES.get(row['method'], row['method'])}",
        "words": tau_words(row),
        "is_oracle": row["method"] == ORACLE,
        "good": _counted(n - k, n) if n else None,
        "rows": [
            {
                "type": type_words(name),
                "cells": [_cell(found, name, row["method"], metric) for metric in RATES],
                "images": _images(found, name, row["tau"]),
            }
            for name in types
        ],
    }


def _images(found: Found, name: str, tau: float) -> dict[str, str] | None:
    k, n = found.judged(name, tau)
    return _counted(k, n) if n else None


def _counted(k: int, n: int) -> dict[str, str]:
    low, high = rate_interval(k, n)
    return {"words": f"{k} of {n}", "interval": f"{percent(low)} to {percent(high)}"}


def _cell(found: Found, name: str, method: str, metric: str) -> dict[str, str]:
    row = found.value(found.main, name, method, metric)
    value = row.get("value")
    if value is None:
        return {"value": "–", "interval": "", "why": row.get("note", "")}
    return {
        "value": percent(value) if method else fixed(value, 3),
        "interval": interval_of(row, is_share=bool(method)),
        "why": "",
    }


def interval_of(row: dict[str, Any], *, is_share: bool = True) -> str:
    """Say between what a value lies on other images; empty where that is not known.

    Examples
    --------
    >>> interval_of({"low": 0.25, "high": 0.5})
    '25\u202f% to 50\u202f%'
    """
    if row.get("low") is None or row.get("high") is None:
        return ""
    low, high = (percent(v) if is_share else fixed(v, 3) for v in (row["low"], row["high"]))
    return f"{low} to {high}"


def _row_without(found: Found, name: str) -> dict[str, Any]:
    cells = [_cell(found, name, "", metric) for metric in WITHOUT_TAU]
    return {"type": type_words(name), "cells": cells}


def _all_rows(found: Found) -> Iterator[dict[str, str]]:
    """Yield every number that was measured, to copy."""
    names = {**RATES, **OF_IMAGES, **WITHOUT_TAU}
    for row in rows_of(found.tables.values):
        yield {
            "training": f"{row['architecture']}, {row['latent']}",
            "type": type_words(row["defect_type"]),
            "method": NAMES.get(row["method"], row["method"]),
            "metric": names.get(row["metric"], (row["metric"],))[0],
            "value": readable(row["value"]),
            "low": readable(row["low"]),
            "high": readable(row["high"]),
            "note": row["note"],
        }
