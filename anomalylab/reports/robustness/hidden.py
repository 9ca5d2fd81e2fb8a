"""The defects that hide in the Gaussian which they have widened."""

import numpy as np

from anomalylab.number_words import fixed, plural
from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import data_url
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.words import short_names
from anomalylab.reports.robustness.found import Found

N_SHOWN = 12


def hidden(found: Found) -> Fragment:
    """Show defects beyond 3 deviations of healthy images, but within 3 of the polluted Gaussian.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
        Nothing, if there are none.
    """
    drawn = found.chosen
    rows = np.flatnonzero(drawn.is_hidden)
    before, after = (of.radii(drawn.points) for of in (drawn.healthy, drawn.polluted))
    rows = rows[np.argsort(after[rows], kind="stable")][:N_SHOWN]
    if not len(rows):
        return Fragment(render("robustness/hidden", images=[], words=""))
    pictures = rows_of(found.given.thumbnails(rows))
    names = short_names(found.given.samples["sample_id"])
    images = [
        {
            "id": picture["sample_id"],
            "name": names[picture["sample_id"]],
            "src": data_url(
                map_colours.composite(picture["image"], None, picture["contour"], "amber to red")
            ),
            "width": picture["width"],
            "height": picture["height"],
            "before": f"{fixed(before[i], 1)} σ",
            "after": f"{fixed(after[i], 1)} σ",
        }
        for i, picture in zip(rows, pictures, strict=True)
    ]
    n = int(drawn.is_hidden.sum())
    shown = "" if n <= N_SHOWN else f"; the first {N_SHOWN}"
    words = f"{plural(n, 'defect')}, those deepest inside first{shown}."
    return Fragment(
        render("robustness/hidden", images=images, words=words), styles=("parts/first.css",)
    )
