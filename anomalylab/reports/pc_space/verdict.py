"""What was asked of a PC space, and the answer."""

from typing import Any

import numpy as np

from anomalylab.number_words import millions, plural
from anomalylab.pc_space.opened import PCSpace
from anomalylab.reports.kit.fragment import Fragment
from anomalylab.reports.kit.metric_table import score_tile
from anomalylab.reports.parts.verdict import findings_warnings, images_tile, show_verdict
from anomalylab.reports.pc_space.missing import images_reason, supervised_reason
from anomalylab.reports.pc_space.words import method_names

SOLVERS = {
    "exact": "computed from the exact covariance of all these windows",
    "incremental": "updated image by image, as in the original analysis",
}

WINDOW = "a square of {0} × {0} pixels; every place of an image is the middle of one."
TERMS = {
    "PC1, PC2, …": "principal components: the patterns that normal windows share most. A "
    "coordinate says how much of a pattern a window holds.",
    "Middle": "of PC space, where most windows of normal images lie; σ is their standard deviation "
    "along an axis.",
    "Residual": "what no component explains: the distance of a window from PC space.",
    "Odds": "chance of being anomalous over chance of being normal.",
}
"""Explained below the verdict."""


def verdict(pc: PCSpace) -> Fragment:
    """Say what was asked, of which images, how windows became points, and what came out.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
    """
    verdicts = pc.run.info.verdicts
    names = method_names(name for name in pc.run.detectors if name in verdicts)
    return show_verdict(
        pc.run,
        names,
        asked=asked(pc),
        warnings=_warnings(pc),
        tiles=_tiles(pc, next(iter(names))),
        judges="methods",
        terms={"Window": WINDOW.format(pc.space.window), **TERMS},
    )


def asked(pc: PCSpace) -> str:
    """Return sentences on the question, the images, their windows, and how the space was found.

    Parameters
    ----------
    pc : PCSpace
    """
    train = pc.samples[pc.samples["split"] == "train"]
    n_normal, n_defective = len(pc.run.info.training_ids), int((train["label"] == 1).sum())
    kind = "normal image" if pc.run.info.scored_with is None else "training image"
    others = "the others" if pc.run.info.is_unlabelled else plural(n_normal, kind)
    name = pc.run.info.dataset.category or pc.run.info.dataset.root_name
    sizes = " and ".join(f"{window} × {window}" for window in pc.windows)
    n_components = pc.space.n_components
    sentences = [
        f"Which of {plural(len(pc.run.queries), 'image')} of “{name}” hold windows unlike those of "
        f"{others}?",
        f"Every window of {sizes} pixels became a point on the {n_components} axes along which "
        f"the windows of {_their(pc)} vary most, {SOLVERS[pc.info.solver]}.",
    ]
    if not supervised_reason(pc):
        learners = "Odds and forest" if "forest" in pc.run.detectors else "The odds"
        sentences.append(
            f"{learners} then learned from the labels of {n_normal} normal and {n_defective} "
            "anomalous training images how such images fill that space; the other methods saw no "
            "anomalous image."
        )
    return " ".join(sentences)


def _their(pc: PCSpace) -> str:
    return "all images" if pc.run.info.is_unlabelled else "those images"


def _warnings(pc: PCSpace) -> list[str]:
    found = []
    reason = supervised_reason(pc)
    if reason:
        found.append(f"The part that learns from labels is missing: {reason}.")
    images = images_reason(pc, [])
    if images:
        found.append(f"What needs the images is missing below: {images}.")
    return found + findings_warnings(pc.run)


def _tiles(pc: PCSpace, detector: str) -> list[dict[str, Any]]:
    sizes = pc.at_hand[["height", "width"]].to_numpy(int)
    n_windows = int(np.prod(sizes - pc.space.window + 1, axis=1).sum())
    explained = float(pc.space.shares.sum())
    n_components = pc.space.n_components
    tiles = [
        images_tile(pc.run),
        {
            "title": "Windows projected",
            "value": millions(n_windows),
            "note": f"of {pc.space.window} × {pc.space.window} pixels, in "
            f"{plural(len(pc.at_hand), 'image')}",
        },
        {
            "title": f"Explained by {n_components} components",
            "value": f"{100 * explained:.0f}\N{NARROW NO-BREAK SPACE}%",
            "note": "of the variance of normal windows; the rest is the residual",
        },
    ]
    measured = [score_tile(pc.run.table("metrics"), detector, metric) for metric in ("ap", "auroc")]
    return tiles + [tile for tile in measured if tile]
