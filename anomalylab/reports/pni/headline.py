"""The answer first: what position, neighbours and refinement add to a memory of cells."""

from typing import Any

import pandas as pd

from anomalylab.number_words import fixed, listed
from anomalylab.recipes.pni.told import HEADLINE, NAMES, mean_gains, signed
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.parts.verdict import findings_warnings, show_verdict
from anomalylab.runs.folder import Run

TERMS = {
    "Memory": "each image is cut into cells, and a network describes each by numbers. The memory "
    "holds cells of good training images; a new cell is scored by its distance to the nearest.",
    "PatchCore": "compares each cell with the whole memory.",
    "PNI": "compares each cell with those alone that fit its place and neighbours.",
    "Place": "only cells of the memory count whose like stood at this place in training images.",
    "Neighbours": "only cells count that a network expects from the cells around.",
    "Refined": "a second network, trained on drawn defects, draws a map anew by what the image "
    "shows. It is judged alone, and with a tenth of it mixed into the plain map, as published.",
    "AUROC": "chance that a random defective image (or pixel) scores higher than a random good "
    "one; 0.5 is guessing, 1 is perfect.",
    "AU-PRO": "mean share of each defect that is found, at few false alarms; each defect counts "
    "the same, whatever its size.",
}
"""Explained below the verdict."""

TILES = {"image_auroc": "Image AUROC", "pixel_auroc": "Pixel AUROC", "au_pro": "AU-PRO"}


def headline(run: Run) -> Fragment:
    """Say what was asked and what came out, for readers who know nothing of PNI.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    others = {name: NAMES.get(name, name) for name in run.info.verdicts if name != HEADLINE}
    return show_verdict(
        run,
        {HEADLINE: "PNI", **others},
        asked=asked(run),
        warnings=findings_warnings(run),
        tiles=tiles(run),
        judges="variants",
        terms=TERMS,
    )


def asked(run: Run) -> str:
    """Return what was asked, of which products, and by which network."""
    part: Any = run.info.part
    height, width = part.size
    products = listed([f"“{name}”" for name in part.categories])
    return (
        f"Does it help to compare the cells of {products} with those alone that fit their place "
        f"and their neighbours? Images are seen at {height} × {width} pixels by {part.network}."
    )


def tiles(run: Run) -> list[dict[str, Any]]:
    """Return the numbers of PNI without refinement, means over categories, beside PatchCore's."""
    table = run.table("pni_values")
    own = table[(table["blend"] == 0) & (table["resolution"] == "image")]
    means = own.pivot_table(index="variant", columns="metric", values="value", aggfunc="mean")
    gains = mean_gains(run.table("pni_gains"), "pni", 0.0)
    made = []
    for metric, title in TILES.items():
        value = means[metric].get("pni") if metric in means else None
        if value is None or pd.isna(value):
            continue
        other = means[metric].get("patchcore")
        notes = [] if other is None else [f"PatchCore {fixed(float(other), 3)}"]
        if metric in gains:
            difference, low, high = gains[metric]
            notes.append(f"difference {signed(difference)} (95 %: {signed(low)} to {signed(high)})")
        note = "; ".join(notes)
        made.append({"title": f"{title} of PNI", "value": fixed(float(value), 3), "note": note})
    return made
