"""The answer in plain sentences."""

from anomalylab.number_words import fixed, percent, plural
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.robustness.found import Found
from anomalylab.reports.robustness.words import (
    CHANCE_BEYOND,
    contour_words,
    distance_words,
    growth,
    neighbour_words,
)

TERMS = {
    "Healthy": "an image of the training set that is not defective.",
    "Gaussian": "mean and covariance of the features of images, the covariance shrunk after Ledoit "
    "and Wolf: what the detector mahalanobis learns.",
    "3 σ": "three standard deviations from the mean in the direction of the image; of a Gaussian "
    f"in two dimensions {percent(CHANCE_BEYOND)} lie beyond.",
    "Distance": "Euclidean distance of the mean features of two images.",
}


def headline(found: Found) -> Fragment:
    """Say what defects among the training images do to a Gaussian, and to neighbours.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
    """
    html = render(
        "parts/verdict",
        name="",
        sentence=sentence(found),
        reasons=[
            contour_words(found.chosen),
            distance_words(found.distances),
            neighbour_words(found.distances),
        ],
        asked=_asked(found),
        warnings=[],
        tiles=_tiles(found),
        others=[],
        judges="",
        terms=TERMS,
    )
    return Fragment(html)


def sentence(found: Found) -> str:
    """Return one sentence on who is misled: the Gaussian, the neighbours, both or neither."""
    drawn, of = found.chosen, found.distances.defects
    n_hidden, n = int(drawn.is_hidden.sum()), of.n
    has_like = of.n_same > of.high
    if n_hidden:
        gaussian = f"{plural(n_hidden, 'defect')} of {n} hide in a Gaussian that they have widened"
    else:
        gaussian = f"None of {plural(n, 'defect')} hides in the Gaussian that they are part of"
    if has_like:
        return f"{gaussian}, and {of.n_same} have another defect as nearest neighbour."
    contrast = "but" if n_hidden else "and"
    return f"{gaussian}, {contrast} they are no nearer to each other than chance gives."


def _asked(found: Found) -> str:
    given = found.given
    n, n_defects = len(given.is_defect), int(given.is_defect.sum())
    level = found.level or ", ".join(given.features.stored)
    return (
        f"What do {plural(n_defects, 'defective image')} among {plural(n, 'training image')} of "
        f"“{given.name}” ({percent(given.share)}) do to what is learnt? Features: {level}, "
        f"{found.chosen.axes.directions.shape[0]} channels, mean over each image."
    )


def _tiles(found: Found) -> list[dict[str, object]]:
    (away, *_), (among, *_) = found.distances.ratios
    of = found.distances.defects
    return [
        {
            "title": "Wider along the first axis",
            "value": f"{fixed(growth(found.chosen), 1)} ×",
            "note": "standard deviation with defects over that without",
        },
        {
            "title": "Defects to healthy images",
            "value": f"{fixed(away, 2)} ×",
            "note": "the distance between healthy images",
        },
        {
            "title": "Defects to each other",
            "value": f"{fixed(among, 2)} ×",
            "note": "their distance to healthy images",
        },
        {
            "title": "Beside a defect",
            "value": percent(of.n_same / of.n),
            "note": f"of defects; by chance {percent(of.expected / of.n)}",
        },
    ]
