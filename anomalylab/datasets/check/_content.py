"""Duplicates, and masks that do not fit their images."""

import pandas as pd

from anomalylab.datasets.check._finding import Finding, about
from anomalylab.datasets.check._roles import label_names


def check_duplicates(facts: pd.DataFrame) -> list[Finding]:
    """Find files of the same content; those in training and test make results look too good."""
    twins = facts[facts.duplicated("hash", keep=False)]
    names = label_names(twins)
    n_splits = twins.groupby("hash")["split"].transform("nunique")
    n_labels = names[names != "unknown"].groupby(twins["hash"]).transform("nunique")
    return [
        *about(
            "warning",
            "duplicates_across_splits",
            twins.loc[n_splits > 1, "image_path"],
            "{files} with the same content as one of another split: what is judged was seen in "
            "training, so that results look too good",
            "remove them from one of the splits",
        ),
        *about(
            "warning",
            "duplicates",
            twins.loc[n_splits == 1, "image_path"],
            "{files} with the same content as another of their split: they count several times",
            "keep one of each",
        ),
        *about(
            "warning",
            "contradicting_labels",
            twins.loc[n_labels.index[n_labels > 1], "image_path"],
            "{files} of the same content labelled normal in one place, anomalous in another",
            "decide, and remove the other",
        ),
    ]


def check_masks(facts: pd.DataFrame) -> list[Finding]:
    """Find masks that are empty, of another size, or at odds with the label."""
    has_mask = facts["mask_height"].notna()
    is_empty = has_mask & (facts["areas"].map(len) == 0)
    is_other_size = has_mask & (
        (facts["mask_height"] != facts["height"]) | (facts["mask_width"] != facts["width"])
    )
    names, paths = label_names(facts), facts["image_path"]
    broken = facts[facts["mask_problem"] != ""]
    first = next(zip(broken["mask_path"], broken["mask_problem"], strict=True), ("", ""))
    return [
        *about(
            "warning",
            "empty_masks",
            paths[is_empty & (names == "anomalous")],
            "{images} labelled anomalous, but nothing is marked in the mask: "
            "all their pixels count as normal",
            "draw the defect, or remove the mask",
        ),
        *about(
            "warning",
            "marked_normal",
            paths[has_mask & ~is_empty & (names == "normal")],
            "{images} labelled normal, but the mask marks a defect",
            "correct the label or the mask",
        ),
        *about(
            "warning",
            "mask_sizes",
            paths[is_other_size],
            "{masks} of another size than the image, and stretched onto it",
            "save masks at the size of the image",
        ),
        *about(
            "warning",
            "broken_masks",
            broken["image_path"],
            "{images} with a mask that cannot be read, not used for pixel metrics if anomalous; "
            f"{first[0]!r}: {first[1]}",
            "save the mask again, or remove it",
        ),
    ]
