"""The answer first: what is found at the threshold, how certain, and what it was chosen from."""

from typing import Any

from anomalylab.metrics import rate_interval
from anomalylab.number_words import percent, plural
from anomalylab.recipes.autoencoder.judged import ALL, GOOD
from anomalylab.recipes.autoencoder.tau import ORACLE
from anomalylab.recipes.autoencoder.told import NAME
from anomalylab.reports.autoencoder.follows import follows
from anomalylab.reports.autoencoder.opened import Found, opened
from anomalylab.reports.autoencoder.values import interval_of
from anomalylab.reports.autoencoder.words import NAMES, promise, short, tau_words, unit_of
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.parts.verdict import findings_warnings, show_verdict
from anomalylab.runs.folder import Run

TERMS = {
    "Auto-encoder": "a network that squeezes an image through a few numbers and builds it anew "
    "from these. It has learnt this from {known_as} images alone.",
    "Residual": "what is left of a pixel: how far the image that comes out is from the one that "
    "went in. Where an image is unlike those learnt from, it comes back wrong, and much is left.",
    "Threshold τ": "a pixel is called defective, and marked in the pictures, if its residual "
    "exceeds it. A lower one finds more and is wrong more often.",
    "Precision": "of the pixels that are called, the share that is defective.",
    "Recall": "of the pixels that are defective, the share that is called.",
    "F1": "one number for both: their harmonic mean; 1 is perfect, 0 finds nothing.",
}
"""Explained below the verdict."""


def headline(run: Run) -> Fragment:
    """Say what was asked and what came out, for readers who know nothing of auto-encoders.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    found = opened(run)
    shown = show_verdict(
        run,
        {NAME: "the auto-encoder"},
        asked=asked(found),
        warnings=[*warnings(found), *findings_warnings(run)],
        tiles=tiles(found),
        judges="methods",
        terms={k: v.format(known_as=found.about.known_as) for k, v in TERMS.items()},
    )
    below = follows(found)
    return Fragment(shown.html + below.html, (*shown.scripts, *below.scripts), below.styles)


def asked(found: Found) -> str:
    """Return what was asked, what was learnt, and where the threshold is from."""
    about = found.about
    height, width = about.size
    learnt = plural(about.n_train, f"{about.known_as} image")
    told = tau_words(found.taus[0]) if found.taus else "No threshold could be chosen."
    return (
        f"Can a network that knows only {about.known_as} images of “{about.category}” show where "
        f"others are defective? It learnt to give {learnt} back, at "
        f"{height} × {width} pixels, through {plural(about.latent, 'number')}. Where the threshold "
        f"is from: {told} Residual: {unit_of(about)}."
    )


def warnings(found: Found) -> list[str]:
    """Return what a reader must know before believing the numbers."""
    told = []
    if found.taus and found.taus[0]["method"] == ORACLE:
        told.append(
            "The only threshold there is was chosen by looking at the answers. What it finds is an "
            "upper bound, not what it will find in use."
        )
    if not found.types:
        told.append(
            "No test image has a mask that says which pixels are defective, so that nothing can be "
            "said of pixels. The pictures below can be looked at."
        )
    if found.taus and not found.about.n_held_out:
        told.append("No image was left out to choose a threshold from.")
    return told


def tiles(found: Found) -> list[dict[str, Any]]:
    """Return the few numbers that sum the run up, at the threshold to use."""
    if not found.taus:
        return [_judged(found)]
    row = found.taus[0]
    made = [{"title": "Threshold τ", "value": short(row["tau"]), "note": NAMES[row["method"]]}]
    for metric, title, note in (
        ("recall", "Defective pixels called", "recall, all test images"),
        ("precision", "Called pixels defective", "precision, all test images"),
    ):
        row_of = found.value(found.main, ALL, row["method"], metric)
        value = row_of.get("value")
        if value is not None:
            between = interval_of(row_of)
            sure = f"; 95 % sure: {between}" if between else ""
            made.append({"title": title, "value": percent(value), "note": f"{note}{sure}"})
    for name, title in ((ALL, "Defective images found"), (GOOD, "Good images called by mistake")):
        k, n = found.judged(name, row["tau"])
        if n:
            made.append({"title": title, "value": f"{k} of {n}", "note": interval_words(k, n)})
    return made


def interval_words(k: int, n: int) -> str:
    """Say between what a share lies of which ``k`` of ``n`` were seen.

    Examples
    --------
    >>> interval_words(9, 10)
    '95 % sure: between 55\u202f% and 99.7\u202f%'
    """
    low, high = rate_interval(k, n)
    return f"95 % sure: between {percent(low)} and {percent(high)}"


def certainty(found: Found) -> str:
    """Say how much a threshold that was chosen without labels can be relied on."""
    if not found.taus or not found.about.n_held_out:
        return ""
    return promise(found.about, *found.judged(GOOD, found.taus[0]["tau"]))


def _judged(found: Found) -> dict[str, Any]:
    return {"title": "Images judged", "value": found.about.n_test, "note": ""}
