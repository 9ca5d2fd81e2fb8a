"""Contours of both Gaussians in the plane of greatest change, with the images."""

from typing import Any

from anomalylab.number_words import plural, readable
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.robustness.drawing import draw
from anomalylab.reports.robustness.found import Found
from anomalylab.reports.robustness.words import AXIS_NAMES, CHANGE_NAMES, contour_words
from anomalylab.studies.robustness import CHANGES, Contours

LARGE, SMALL = 640, 460
"""Widths of the drawing that was asked for, and of the others."""


def figure(found: Found) -> Fragment:
    """Show images and contours along the axes that were asked for, and along the others.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
    """
    widths = (LARGE, SMALL, SMALL)
    charts = [_chart(found, *of, w) for of, w in zip(found.contours.items(), widths, strict=True)]
    html = render("robustness/figure", chosen=charts[0], others=charts[1:])
    return Fragment(html, styles=("detect/explorer.css", "robustness/figure.css"))


def _chart(found: Found, change: str, drawn: Contours, width: int) -> dict[str, Any]:
    ids = found.given.samples["sample_id"].tolist()
    grown = " and ".join(readable(size, 2) for size in drawn.axes.sizes)
    unit = "Factors" if change == "ratio" else "Changes of variance"
    n_defects = int(drawn.is_defect.sum())
    counted = f"{plural(len(ids), 'training image')}, {n_defects} of them defective"
    return {
        "title": CHANGE_NAMES[change].capitalize(),
        "drawing": draw(drawn, ids, AXIS_NAMES[change], width),
        "note": f"Axes: {CHANGES[change]}. {unit}: {grown}. {counted}; features in their own unit, "
        "equal on both axes.",
        "words": contour_words(drawn),
    }
