"""What a run of the auto-encoder says of itself, in sentences."""

from collections.abc import Mapping

import pandas as pd

from anomalylab.metrics.over_levels import AVERAGES
from anomalylab.number_words import percent, plural
from anomalylab.recipes.autoencoder.info import AutoencoderInfo
from anomalylab.recipes.autoencoder.judged import ALL
from anomalylab.recipes.autoencoder.tau import LEFT_OUT, ORACLE
from anomalylab.runs.info import VerdictInfo

NAME = "autoencoder"

LEAST_GAIN = 0.02
"""F1 by which a threshold must be better than calling everything to be said to tell defects."""

FLAT = 0.02
"""Fall of a loss over the last fifth of its epochs up to which it is said to have flattened."""

CAVEAT = (
    "Published values are of 1 000 epochs on hazelnut; ours are of the epochs and images stated: "
    "comparable in direction, not in the last digit."
)


def verdicts(tables: Mapping[str, pd.DataFrame], info: AutoencoderInfo) -> dict[str, VerdictInfo]:
    """Return the verdict: what the threshold that needs no labels finds."""
    taus = tables["autoencoder_taus"]
    if not (taus["method"] == LEFT_OUT).any():
        sentence = "No image was held out, so that no threshold could be taken from any"
        return {NAME: VerdictInfo(kind="undecidable", sentence=f"{sentence}.")}
    tau = float(taus.loc[taus["method"] == LEFT_OUT, "tau"].iloc[0])
    of_main = _of_main(tables, info)
    held = plural(info.n_held_out, f"{info.known_as} image")
    lead = f"At a threshold of {tau:.3g}, taken from {held} held out"
    pixels = _pixels(of_main.get(LEFT_OUT, {}))
    images = _images(tables["autoencoder_maxima"], info, tau)
    if not pixels and not images:
        sentence = f"{lead}, nothing is known of what is found: no test image has a label."
        return {NAME: VerdictInfo(kind="undecidable", sentence=sentence, reason=_loss(tables))}
    sentence = f"{lead}, {'; '.join(part for part in (images, pixels) if part)}."
    reason = " ".join(part for part in (_oracle(of_main, tables), _loss(tables)) if part)
    return {NAME: VerdictInfo(kind="measured", sentence=sentence, reason=reason)}


def _of_main(
    tables: Mapping[str, pd.DataFrame], info: AutoencoderInfo
) -> dict[str, dict[str, float]]:
    """Return method -> metric -> value, of all test images and the main network."""
    values = tables["autoencoder_values"]
    own = values[
        (values["architecture"] == info.architecture)
        & (values["latent"] == info.latent)
        & (values["defect_type"] == ALL)
        & values["value"].notna()
    ]
    return {
        str(method): dict(zip(part["metric"], part["value"], strict=True))
        for method, part in own.groupby("method")
    }


def _pixels(found: Mapping[str, float]) -> str:
    if "f1" not in found:
        return ""
    if not found["recall"]:
        return "no defective pixel is marked"
    return (
        f"{percent(found['recall'])} of the defective pixels are marked, and "
        f"{percent(found['precision'])} of the marked ones are defective (F1 {found['f1']:.2f})"
    )


def _images(maxima: pd.DataFrame, info: AutoencoderInfo, tau: float) -> str:
    """Say how many test images are called, rightly and by mistake."""
    own = maxima[
        (maxima["architecture"] == info.architecture)
        & (maxima["latent"] == info.latent)
        & (maxima["role"] == "test")
    ]
    scores = own["score"].to_numpy(float)
    is_of = {value: (own["label"] == value).fillna(False).to_numpy(bool) for value in (0, 1)}
    counts = {
        value: (int((scores[rows] > tau).sum()), int(rows.sum())) for value, rows in is_of.items()
    }
    told = []
    if counts[1][1]:
        k, n = counts[1]
        told.append(f"finds {k or 'none'} of {plural(n, 'defective image')}")
    if counts[0][1]:
        k, n = counts[0]
        told.append(f"calls {k or 'none'} of {plural(n, 'good one')} by mistake")
    return f"the network {' and '.join(told)}" if told else ""


def is_told_apart(tables: Mapping[str, pd.DataFrame], best: float) -> bool:
    """Tell whether the best threshold is better than calling every pixel that leaves anything.

    Parameters
    ----------
    tables : mapping
        Name -> table of a run.
    best : float
        Highest F1 of pixels of any threshold, all test images.
    """
    curve = tables["autoencoder_tau_curve"]
    lowest = curve[
        (curve["defect_type"] == ALL) & (curve["average"] == AVERAGES[0]) & (curve["level"] == 0)
    ]
    return not len(lowest) or best > float(lowest["f1"].iloc[0]) + LEAST_GAIN


def _oracle(of_main: Mapping[str, Mapping[str, float]], tables: Mapping[str, pd.DataFrame]) -> str:
    best = of_main.get(ORACLE, {})
    if "f1" not in best:
        return ""
    told = f"The best F1 of any threshold, chosen on these very images, is {best['f1']:.2f}"
    if not is_told_apart(tables, best["f1"]):
        return (
            f"{told}, no more than calling every pixel reaches: most of a defect leaves no more "
            "than good pixels do."
        )
    return f"{told}."


def _loss(tables: Mapping[str, pd.DataFrame]) -> str:
    """Say whether the loss had flattened when training ended."""
    trainings = tables["autoencoder_trainings"]
    fall = float(trainings.loc[trainings["is_main"], "fall"].iloc[0])
    if fall != fall:
        return "Training was too short to say whether the loss had flattened."
    had = "had flattened" if fall < FLAT else "was still falling"
    went = "fell" if fall >= 0 else "rose"
    return f"The loss {had}: over the last fifth of training it {went} by {percent(abs(fall))}."
