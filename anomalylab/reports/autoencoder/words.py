"""What the page of the auto-encoder calls things."""

from typing import Any

from anomalylab.number_words import plural, readable
from anomalylab.recipes.autoencoder.info import AutoencoderInfo
from anomalylab.recipes.autoencoder.judged import ALL
from anomalylab.recipes.autoencoder.tau import LEFT_OUT, ORACLE, PLANTED

NAMES = {
    LEFT_OUT: "from images left out",
    PLANTED: "from planted defects",
    ORACLE: "from the answers (oracle)",
}
"""How a threshold was chosen -> its name for readers."""

MEANINGS = {
    LEFT_OUT: "No defect and no label was needed: {note} that the network had not learnt from.",
    PLANTED: "No label was needed: {note}, drawn by a program. Real defects may look different.",
    ORACLE: "Needs to know every defective pixel of the images that are judged: {note}. "
    "It is shown as an upper bound.",
}

RATES = {
    "precision": ("Precision", "of the called pixels, the share that is defective"),
    "recall": ("Recall", "of the defective pixels, the share that is called"),
    "f1": ("F1", "harmonic mean of both; 1 is perfect"),
    "accuracy": ("Accuracy", "of all pixels, the share told right; high even if nothing is called"),
}
"""What is counted of pixels -> its name, and what it means."""

COLOURS = {
    "precision": "var(--series-1)",
    "recall": "var(--series-2)",
    "f1": "var(--ink)",
    "accuracy": "var(--unknown)",
}

UNITS = {
    "l2": "root of the mean squared difference of the three colours; full brightness is 1",
    "sum_sq": "sum of the squared differences of the three colours; full brightness is 1",
    "mean_abs": "mean difference of the three colours; full brightness is 1",
    "max_abs": "largest difference of the three colours; full brightness is 1",
    "ssim": "1 less the structural similarity around the pixel",
}
"""Residual -> what it is."""


def tau_words(row: dict[str, Any]) -> str:
    """Say what a threshold was chosen from.

    Parameters
    ----------
    row : dict
        Of TAUS.
    """
    return MEANINGS.get(row["method"], "{note}").format(note=row["note"])


def type_words(name: str) -> str:
    """Return what a type of defects is called."""
    return "all test images" if name == ALL else name


def unit_of(about: AutoencoderInfo) -> str:
    """Say what residuals, and with them thresholds, are measured in."""
    return UNITS.get(about.residual, about.residual)


def promise(about: AutoencoderInfo, false: int, n_good: int) -> str:
    """Say what a threshold from so few good images can promise.

    Parameters
    ----------
    about : AutoencoderInfo
    false, n_good : int
        Good test images that it called something in, and all good test images.
    """
    held = plural(about.n_held_out, f"{about.known_as} image")
    known = (
        f" Of {plural(n_good, 'good test image')} it calls something in {false or 'none'}."
        if n_good
        else ""
    )
    return (
        f"A threshold taken from {held} cannot promise fewer false alarms than 1 in "
        f"{about.n_held_out + 1}.{known}"
    )


def short(value: float | None, digits: int = 3) -> str:
    """Write a residual or a threshold."""
    return readable(value, digits)
