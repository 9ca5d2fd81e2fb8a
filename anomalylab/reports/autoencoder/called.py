"""What a threshold calls: a slider, what it finds of each type of defect, and pictures."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from anomalylab.metrics.over_levels import AVERAGES, N_LEVELS
from anomalylab.number_words import percent
from anomalylab.pictures.encode import to_base64
from anomalylab.pictures.shading import colour_table
from anomalylab.recipes.autoencoder.judged import ALL
from anomalylab.reports.autoencoder.headline import certainty
from anomalylab.reports.autoencoder.opened import Found
from anomalylab.reports.autoencoder.overlays import decoded, stills
from anomalylab.reports.autoencoder.words import (
    COLOURS,
    NAMES,
    RATES,
    short,
    tau_words,
    type_words,
    unit_of,
)
from anomalylab.reports.kit.charts import Line, free_corner, line_chart
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.words import short_names

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "autoencoder/tau_chart.js",
    "autoencoder/levels.js",
    "autoencoder/called.js",
)
STYLES = ("autoencoder/page.css",)

N_STILL = 4
"""Images in print and for readers without scripts."""

DIGITS = 5
"""Decimals of rates on the page."""


def called(found: Found) -> Fragment:
    """Show what a threshold calls, and let it be moved.

    In print and without scripts: what is found at the thresholds that were chosen, and overlays at
    three.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
        Nothing to show if the run holds neither pictures nor masks.
    """
    data = payload(found)
    html = render(
        "autoencoder/called",
        data=json_for_script(data),
        is_empty=not data["images"] and not data["types"],
        has_masks=bool(data["types"]),
        shots=stills(found, N_STILL),
        chart=_still_chart(found) if data["types"] else "",
        rates=[name for name, _ in RATES.values()],
        rows=list(_still_rows(found)) if data["types"] else [],
        taus=data["taus"],
        certainty=data["certainty"],
        unit=data["unit"],
    )
    return Fragment(html, SCRIPTS, STYLES)


def payload(found: Found) -> dict[str, Any]:
    """Return what the scripts of this part need."""
    curve = found.tables.tau_curve
    types = [ALL, *found.types] if len(curve) else []
    return {
        "highest": found.about.highest,
        "unit": unit_of(found.about),
        "certainty": certainty(found),
        "start": start_level(found),
        "taus": [
            {
                "level": int(row["level"]),
                "tau": short(row["tau"]),
                "name": NAMES.get(row["method"], row["method"]),
                "words": tau_words(row),
                "usesLabels": bool(row["uses_labels"]),
            }
            for row in found.taus
        ],
        "types": [{"name": name, "words": type_words(name)} for name in types],
        "averages": list(AVERAGES),
        "rates": [
            {"key": key, "name": name, "meaning": meaning, "colour": COLOURS[key]}
            for key, (name, meaning) in RATES.items()
        ],
        "curves": [[_curve(curve, average, name) for name in types] for average in AVERAGES],
        "images": list(_images(found)),
        "colours": to_base64(residual_colours()),
    }


def start_level(found: Found) -> int:
    """Return the level that is shown first: of the threshold to use, else the middle."""
    return int(found.taus[0]["level"]) if found.taus else N_LEVELS // 2


def residual_colours() -> np.ndarray:
    """Return the colour of each level, uint8 (256, 3): dark to bright with the root of it."""
    steps = np.sqrt(np.arange(N_LEVELS) / (N_LEVELS - 1)) * (N_LEVELS - 1)
    colours: np.ndarray = colour_table("inferno")[steps.round().astype(int)]
    return colours


def _curve(table: pd.DataFrame, average: str, name: str) -> dict[str, list[float | None]]:
    """Return each rate by level; None where there is none."""
    own = table[(table["average"] == average) & (table["defect_type"] == name)]
    own = own.sort_values("level")
    return {
        key: [None if pd.isna(value) else round(float(value), DIGITS) for value in own[key]]
        for key in RATES
    }


def _images(found: Found) -> Iterator[dict[str, Any]]:
    rows = sorted(rows_of(found.tables.pictures), key=_place)
    names = short_names([row["sample_id"] for row in rows])
    for row in rows:
        height, width = decoded(row["residual"]).shape
        yield {
            "id": row["sample_id"],
            "name": names[row["sample_id"]],
            "label": None if row["label"] is None else int(row["label"]),
            "type": row["defect_type"] or "",
            "size": [width, height],
            "input": to_base64(row["input"]),
            "output": to_base64(row["output"]),
            "residual": to_base64(row["residual"]),
            "truth": None if row["truth"] is None else to_base64(row["truth"]),
        }


def _place(row: dict[str, Any]) -> tuple[bool, int]:
    """Return what images are sorted by: defects first, and of them those of which most is left."""
    return row["label"] == 0, -int(decoded(row["residual"]).max(initial=0))


def _still_chart(found: Found) -> Markup:
    """Draw the rates of all test images over thresholds, the one to use dashed."""
    curve = found.tables.tau_curve
    own = curve[(curve["average"] == AVERAGES[0]) & (curve["defect_type"] == ALL)]
    own = own.sort_values("level")
    taus = own["tau"].to_numpy(float)
    lines = [
        Line(taus, own[key].fillna(0.0).to_numpy(float), COLOURS[key], name)
        for key, (name, _) in RATES.items()
    ]
    end = float(taus.max())
    tau = [(found.taus[0]["tau"], 0.0), (found.taus[0]["tau"], 1.0)] if found.taus else []
    scaled = [Line(line.x / end, line.y, line.colour, line.words) for line in lines]
    return line_chart(
        lines,
        x_label="threshold τ",
        y_label="share",
        x_max=end,
        guide=tau,
        corner=free_corner(scaled, "top-right"),
        alt="Precision, recall, F1 and accuracy of pixels over all thresholds, all test images",
    )


def _still_rows(found: Found) -> Iterator[dict[str, Any]]:
    """Yield what each threshold that was chosen makes of each type."""
    curve = found.tables.tau_curve
    own = curve[curve["average"] == AVERAGES[0]]
    of = {(row["defect_type"], row["level"]): row for row in rows_of(own)}
    for name in [ALL, *found.types]:
        for row in found.taus:
            rates = of[name, int(row["level"])]
            cells = ["–" if rates[key] is None else percent(rates[key]) for key in RATES]
            yield {
                "type": type_words(name),
                "tau": short(row["tau"]),
                "method": NAMES.get(row["method"], row["method"]),
                "cells": cells,
            }
