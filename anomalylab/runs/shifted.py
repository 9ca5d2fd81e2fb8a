"""What a reader is told where new images as a whole score higher than those of the run."""

from dataclasses import replace

import numpy as np

from anomalylab.datasets.check import Finding
from anomalylab.number_words import few_digits, percent, plural
from anomalylab.runs.info import VerdictInfo
from anomalylab.verdicts.shift import MIN_KNOWN, Shift, shift
from anomalylab.verdicts.thresholds import Threshold, n_needed
from anomalylab.verdicts.unlabelled import Verdict

MIN_NEW = 20
"""New images below which only a large shift is seen, and that is said."""

USUAL_RATE = 0.05
"""Rate that advice names besides the one of the threshold."""

_HOW = {
    "higher": "score higher as a whole than the {}",
    "wider": "differ more among themselves than the {} do",
}


def shift_of(training: np.ndarray, found: Verdict, new: np.ndarray) -> Shift:
    """Compare new scores with those of training images, each left out, without its suspects.

    Parameters
    ----------
    training : ndarray of shape (n_training,)
    found : Verdict
        On these scores.
    new : ndarray of shape (n_images,)
        Scores of images that are none of the training images.
    """
    is_trusted = training < found.threshold if found.kind == "suspects" else slice(None)
    return shift(training[is_trusted], new)


def shift_findings(
    label: str, seen: Shift, threshold: Threshold, than: str = "training images"
) -> list[Finding]:
    """Say that the rate of a threshold does not hold, and what would set it right.

    Parameters
    ----------
    label : str
        Detector whose scores were compared.
    seen : Shift
    threshold : Threshold
        The one in use.
    than : str
        What the images are called that new ones were compared with.

    Returns
    -------
    findings : list of Finding
        Empty if nothing was seen that would have been.
    """
    if seen.kind == "none":
        return [_too_few(seen, than)] if seen.n_new < MIN_NEW or seen.n_known < MIN_KNOWN else []
    rate = threshold.expected_false / threshold.n_images or 1 / (threshold.n_images + 1)
    message = (
        f"By {label} the {seen.n_new} new images {_HOW[seen.kind].format(than)}, also where "
        f"defects hardly reach: {seen.n_above} lie above the mark that a tenth of the {than} "
        f"exceed, where about {few_digits(seen.expected_above)} would. So the stated rate of false "
        "alarms does not hold for them: what is photographed has changed, or many have a faint "
        "defect"
    )
    needed = n_needed(rate)
    others = f", {n_needed(USUAL_RATE)} for {percent(USUAL_RATE)}" if rate < USUAL_RATE else ""
    advice = (
        f"{plural(needed, 'good new image')}, given as --calibrate-on, would set right a rate of "
        f"{percent(rate, 3)}{others}"
    )
    return [Finding("warning", "shift", message, advice, seen.n_new)]


def with_shift(words: VerdictInfo, seen: Shift, than: str = "training images") -> VerdictInfo:
    """Add to the reason of a verdict that its number by chance does not hold, if so."""
    if seen.kind == "none":
        return words
    told = f"The number by chance does not hold: these images {_HOW[seen.kind].format(than)}."
    return replace(words, reason=f"{words.reason} {told}".strip())


def _too_few(seen: Shift, than: str) -> Finding:
    message = (
        f"Whether new images as a whole score higher than the {than} can hardly be told "
        f"from {plural(seen.n_new, 'new image')} and {seen.n_known} known: only a large shift "
        "would be seen"
    )
    return Finding("note", "shift", message, "", seen.n_new)
