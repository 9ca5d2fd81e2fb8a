"""Duplicates, masks that do not fit their images, and a format that gives the class away."""

import pandas as pd

from anomalylab.datasets.check._finding import Finding, about
from anomalylab.datasets.check._roles import label_names

_MOST = 0.5  # share of the pixels that a mask of a defect may mark


def check_duplicates(facts: pd.DataFrame) -> list[Finding]:
    """Find files of the same pixels; those in training and test make results look too good."""
    twins = facts[facts.duplicated("hash", keep=False)]
    names = label_names(twins)
    n_splits = twins.groupby("hash")["split"].transform("nunique")
    n_labels = names[names != "unknown"].groupby(twins["hash"]).transform("nunique")
    return [
        *about(
            "warning",
            "duplicates_across_splits",
            twins.loc[n_splits > 1, "image_path"],
            "{files} with the same pixels as one of another split: what is judged was seen in "
            "training, so that results look too good",
            "remove them from one of the splits",
        ),
        *about(
            "warning",
            "duplicates",
            twins.loc[n_splits == 1, "image_path"],
            "{files} with the same pixels as another of their split: they count several times",
            "keep one of each",
        ),
        *about(
            "warning",
            "contradicting_labels",
            twins.loc[n_labels.index[n_labels > 1], "image_path"],
            "{files} of the same pixels labelled normal in one place, anomalous in another",
            "decide, and remove the other",
        ),
        *about(
            "note",
            "not_compared",
            facts.loc[~facts["is_compared"], "image_path"],
            "{images} that begin alike, too many to be decoded and compared: copies that were "
            "saved again may be among them; only equal files were found",
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
        *_marked_oddly(facts[has_mask]),
    ]


def _marked_oddly(masked: pd.DataFrame) -> list[Finding]:
    """Find masks that may be inverted or turned, and those of further values."""
    return [
        *about(
            "warning",
            "inverted_masks",
            masked.loc[masked["mask_share"] > _MOST, "mask_path"],
            "{masks} that mark most of the image: perhaps they are inverted, the defect black on "
            "white",
            "if so, invert them: mogrify -negate FILES of ImageMagick does it in place",
        ),
        *about(
            "warning",
            "turned_masks",
            masked.loc[_may_be_turned(masked), "image_path"],
            "{images} that carry a rotation (EXIF) which their masks do not: images are turned, "
            "masks are not, so that masks may mark the wrong place",
            "look at one; if it is turned, save images upright and without the rotation, as "
            "mogrify -auto-orient FILES of ImageMagick does, and turn the masks alike",
        ),
        *about(
            "note",
            "mask_values",
            masked.loc[~masked["mask_is_plain"].astype(bool), "mask_path"],
            "{masks} with values other than 0 and 255: whatever is not black counts as defect",
        ),
    ]


def _may_be_turned(masked: pd.DataFrame) -> pd.Series:
    """Tell which masks fit the pixels as they are stored, where images are turned when read."""
    is_on_its_side = masked["orientation"] > 4
    height = masked["width"].where(is_on_its_side, masked["height"])
    width = masked["height"].where(is_on_its_side, masked["width"])
    fits = (height == masked["mask_height"]) & (width == masked["mask_width"])
    return (masked["orientation"] != 1) & (masked["mask_orientation"] == 1) & fits


def check_formats(facts: pd.DataFrame) -> list[Finding]:
    """Find out whether the file format tells normal from anomalous images."""
    names = label_names(facts)
    formats = {
        label: facts.loc[(names == label) & (facts["format"] != ""), "format"]
        for label in ("normal", "anomalous")
    }
    normal, anomalous = (set(formats[label]) for label in ("normal", "anomalous"))
    if not normal or not anomalous or normal & anomalous:
        return []
    return about(
        "warning",
        "format_tells_class",
        facts.loc[formats["anomalous"].index, "image_path"],
        f"the file format goes with the class: normal images are {_listed(normal)}, the {{images}} "
        f"labelled anomalous {_listed(anomalous)}. A detector may learn the format",
        "save all images in one format from their originals",
    )


def _listed(words: set[str]) -> str:
    return " or ".join(sorted(words))
