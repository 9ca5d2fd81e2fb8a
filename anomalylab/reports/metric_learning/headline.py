"""The answer first: how well defects are found by networks that were taught by normal images."""

from typing import Any

import numpy as np

from anomalylab.number_words import fixed, listed, percent, plural
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.metric_learning.heat import in_masks
from anomalylab.reports.metric_learning.opened import Trials, opened
from anomalylab.reports.metric_learning.values import MAIN
from anomalylab.reports.metric_learning.words import EXPERIMENTS, loss_name
from anomalylab.reports.parts.verdict import findings_warnings, show_verdict
from anomalylab.runs.folder import Run

HEADLINE = "metric_learning"
"""Verdict of all losses together."""

TERMS = {
    "Embedding": "what the network makes of an image: 512 numbers. Training moves images of one "
    "class together and others apart.",
    "Distance": "from the embedding of an image to that of the nearest normal training image; this "
    "is its score. Far away means unusual.",
    "Twin": "a copy of a normal image with a drawn defect. Networks learn to tell both apart, in "
    "the hope that they then see real defects.",
    "Loss": "the rule that says how wrong the network still is. They differ in how firmly they "
    "keep classes apart.",
    "AUROC": "chance that a random defective image lies farther from the normal ones than a random "
    "good one; 0.5 is guessing, 1 is perfect.",
    "Heat": "where in the image the network finds what it decides by (Grad-CAM). It shows what the "
    "last layer weighs, and proves no defect.",
}
"""Explained below the verdict."""


def headline(run: Run) -> Fragment:
    """Say what was asked and what came out, for readers who know nothing of metric learning.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    found = opened(run)
    others = [name for name in run.info.verdicts if name != HEADLINE]
    others = others if len(others) > 1 else []  # of one loss the headline says all
    names = {HEADLINE: "all losses together", **{name: loss_name(name) for name in others}}
    return show_verdict(
        run,
        names,
        asked=asked(found),
        warnings=[*warnings(found), *findings_warnings(run)],
        tiles=tiles(found),
        judges="sentences, loss by loss,",
        terms=TERMS,
    )


def asked(found: Trials) -> str:
    """Return what was asked, of which products, and how networks were trained."""
    about = found.about
    products = [f"“{name}”" for name in found.categories]
    of = listed(products) if len(products) < 5 else plural(len(products), "product")
    seen = " ".join(EXPERIMENTS[name][1] for name in found.experiments if name in EXPERIMENTS)
    height, width = about.size
    losses = listed([loss_name(loss) for loss in found.losses])
    return (
        f"Are defects of {of} found by networks that learn from normal images? {seen} "
        f"{plural(len(found.all), 'training')} with {losses}, {lengths(found)} each at "
        f"{height} × {width} pixels. The network: {about.body}."
    )


def lengths(found: Trials) -> str:
    """Say how long networks were trained."""
    epochs = found.tables.trainings["epochs"]
    most = plural(int(epochs.max()), "epoch")
    return most if epochs.nunique() == 1 else f"at most {most}"


def warnings(found: Trials) -> list[str]:
    """Return what the values contain that no one could have known beforehand."""
    told = []
    if "one-defect" in found.experiments:
        told.append(
            "Defective test images were trained on. Values of all test images contain what the "
            "network was shown; only those without that type tell of new defects."
        )
    if any(trial.is_as_published for trial in found.all):
        told.append(
            "Some trainings repeat the errors of the published code, to compare; they are named."
        )
    return told


def tiles(found: Trials) -> list[dict[str, Any]]:
    """Return the few numbers that sum the run up; medians, for the best of many is luck too."""
    made: list[dict[str, Any]] = []
    table = found.tables.values
    metric = next((m for m in MAIN if (table["metric"] == m).any()), MAIN[-1])
    own = table[(table["metric"] == metric) & ~table["is_as_published"].astype(bool)]
    measured = own["value"].dropna().to_numpy(float)
    if len(measured):
        is_one = len(measured) == 1
        note = "of one training" if is_one else f"of {len(measured)} values, {_range(measured)}"
        title = "AUROC" if is_one else "AUROC, median"
        made.append({"title": title, "value": fixed(np.median(measured), 3), "note": note})
    both = own.dropna(subset=["value", "published"])
    if len(both):
        apart = (both["value"] - both["published"]).to_numpy(float)
        note = f"of the same {plural(len(both), 'value')}; ours lie {_signed(apart)}"
        published = fixed(both["published"].median(), 3)
        made.append({"title": "Published, median", "value": published, "note": note})
    inside = in_masks(found)
    inside = inside[(inside["of"] == "distance") & ~inside["is_as_published"].astype(bool)]
    if len(inside):
        note = f"median; defects take {percent(float(inside['mask_share'].median()))} of an image"
        value = percent(float(inside["mass_in_mask"].median()))
        made.append({"title": "Heat inside the defect", "value": value, "note": note})
    n_judged = int(found.tables.distances.query("role == 'test'")["sample_id"].nunique())
    made.append({"title": "Images judged", "value": n_judged, "note": _labels(found)})
    return made


def _range(values: np.ndarray) -> str:
    return f"from {fixed(values.min(), 3)} to {fixed(values.max(), 3)}"


def _signed(apart: np.ndarray) -> str:
    median = float(np.median(apart))
    return f"{fixed(abs(median), 3)} {'above' if median >= 0 else 'below'} (median)"


def _labels(found: Trials) -> str:
    tested = found.tables.distances
    tested = tested[tested["role"] == "test"].drop_duplicates("sample_id")
    labels = tested["label"].astype("Int64")
    counts = [
        (int((labels == 0).sum()), "good"),
        (int((labels == 1).sum()), "defective"),
        (int(labels.isna().sum()), "not known"),
    ]
    return ", ".join(f"{n} {name}" for n, name in counts if n)
