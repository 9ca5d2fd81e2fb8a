"""What a run of the auto-encoder says of itself, in sentences."""

from collections.abc import Mapping

import pandas as pd

from anomalylab.number_words import plural
from anomalylab.recipes.autoencoder.info import AutoencoderInfo
from anomalylab.recipes.autoencoder.judged import ALL
from anomalylab.recipes.autoencoder.tau import LEFT_OUT, ORACLE
from anomalylab.runs.info import VerdictInfo

NAME = "autoencoder"

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
        sentence = "No good image was held out, so that no threshold could be taken from any"
        return {NAME: VerdictInfo(kind="undecidable", sentence=f"{sentence}.")}
    tau = float(taus.loc[taus["method"] == LEFT_OUT, "tau"].iloc[0])
    of_main = _of_main(tables, info)
    lead = (
        f"At a threshold of {tau:.3g}, taken from {plural(info.n_held_out, 'good image')} held out"
    )
    pixels = _pixels(of_main.get(LEFT_OUT, {}))
    images = _images(of_main.get(LEFT_OUT, {}))
    if not pixels and not images:
        sentence = f"{lead}, nothing is known of what is found: no test image has a label."
        return {NAME: VerdictInfo(kind="undecidable", sentence=sentence, reason=_loss(tables))}
    sentence = f"{lead}, {'; '.join(part for part in (pixels, images) if part)}."
    reason = " ".join(part for part in (_oracle(of_main), _loss(tables)) if part)
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
    return (
        f"{found['recall']:.0%} of the defective pixels are called, and {found['precision']:.0%} "
        f"of the called ones are defective (F1 {found['f1']:.2f})"
    )


def _images(found: Mapping[str, float]) -> str:
    parts = [
        f"{found[metric]:.0%} of the {what}"
        for metric, what in (
            ("image_recall", "defective images"),
            ("image_specificity", "good ones"),
        )
        if metric in found
    ]
    return f"{' and '.join(parts)} are told right" if parts else ""


def _oracle(of_main: Mapping[str, Mapping[str, float]]) -> str:
    best = of_main.get(ORACLE, {})
    if "f1" not in best:
        return ""
    return f"The best F1 of any threshold, chosen on these very images, is {best['f1']:.2f}."


def _loss(tables: Mapping[str, pd.DataFrame]) -> str:
    """Say whether the loss had flattened when training ended."""
    trainings = tables["autoencoder_trainings"]
    fall = float(trainings.loc[trainings["is_main"], "fall"].iloc[0])
    if fall != fall:
        return "Training was too short to say whether the loss had flattened."
    had = "had flattened" if fall < FLAT else "was still falling"
    went = "fell" if fall >= 0 else "rose"
    return f"The loss {had}: over the last fifth of training it {went} by {abs(fall):.1%}."
