"""What would have stood out, and what stays unknown, in sentences."""

from dataclasses import replace

import numpy as np
import pandas as pd

from anomalylab.number_words import listed, percent, plural
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.sensitivity.plan import CONTRASTS, contrast_words
from anomalylab.verdicts.audit import looks_needed
from anomalylab.verdicts.sensitivity import smallest_found

UNKNOWN_SHARE = 0.05
"""Share of defects that looks are counted for."""

NOTHING = "Nothing stands out"
NOT_MEASURED = "What would have stood out was not measured"

MISLEADING = (
    "Planted defects are small and drawn. Real ones may be large, like rust, and be seen better, "
    "or be of another kind, and be missed."
)
"""Measured: a detector that saw no small planted spot ranked rusty plates perfectly."""


def with_sensitivity(verdict: VerdictInfo, table: pd.DataFrame, n_images: int) -> VerdictInfo:
    """Add to a verdict what would have stood out and what stays unknown.

    Where nothing stands out the headline says which defects would have. A verdict measured against
    labels has nothing unknown.

    Parameters
    ----------
    verdict : VerdictInfo
    table : DataFrame
        Rows of SENSITIVITY of its detector; may be empty.
    n_images : int
        Images that were judged.
    """
    seen = seen_sentence(table)
    if verdict.kind == "measured":  # labels tell how many are defective
        return verdict if table.empty else replace(verdict, seen=seen)
    told = replace(verdict, seen=seen, unknown=unknown_sentence(verdict, n_images))
    if verdict.kind != "clean":
        return told
    reason = verdict.reason if verdict.seen else verdict.sentence
    return replace(told, sentence=f"{NOTHING}{_headline(table)}", reason=reason)


def is_measured_in(verdict: VerdictInfo) -> bool:
    """Tell whether a verdict says what would have stood out."""
    return bool(verdict.seen) and not verdict.seen.startswith(NOT_MEASURED)


def images_planted_in(scored_with: str = "") -> str:
    """Return how the images are called that defects were planted in copies of.

    Parameters
    ----------
    scored_with : str
        The run that new images were scored with; empty if the images are those of the run itself.
    """
    return f"the images of “{scored_with}”, which scored these" if scored_with else "these images"


def seen_sentence(table: pd.DataFrame, scored_with: str = "") -> str:
    """Say from which width on defects of each kind would have been named in half of the cases.

    Parameters
    ----------
    table : DataFrame
        Rows of SENSITIVITY of one detector; may be empty.
    scored_with : str
        As for :func:`images_planted_in`.
    """
    if table.empty:
        return f"{NOT_MEASURED}."
    smallest = smallest_found(table)
    contrasts = sorted(smallest["contrast"].unique(), reverse=True)
    parts = [_of_contrast(smallest[smallest["contrast"] == c], c, table) for c in contrasts]
    return (
        f"Of defects planted in copies of {images_planted_in(scored_with)}, half or more would "
        f"have been named {'; '.join(parts)}."
    )


def unknown_sentence(verdict: VerdictInfo, n_images: int) -> str:
    """Say what no score can tell, and how few looks would settle it."""
    n_kept = n_images - (verdict.n_suspects or 0)
    n_looks = looks_needed(n_kept, UNKNOWN_SHARE)
    if n_kept < 1 or n_looks >= n_kept:
        return "Scores cannot tell how many images are defective: look at all of them."
    return (
        "Scores cannot tell how many of the others are defective. Look at "
        f"{plural(n_looks, 'image')} drawn at random from the other {n_kept}: if none is "
        f"defective, then with 95 % confidence at most {percent(UNKNOWN_SHARE)} of them are."
    )


def _headline(table: pd.DataFrame) -> str:
    """Go on after "Nothing stands out": never an all-clear."""
    if table.empty:
        return "; what would have was not measured."
    clear = table[table["contrast"] == table["contrast"].max()]
    smallest = smallest_found(clear)
    contrast = float(clear["contrast"].iloc[0])
    is_seen = smallest["width"].notna()
    missed = [_many(kind) for kind in smallest["defect"][~is_seen]]
    widest = int(clear["width"].max())
    if not is_seen.any():
        return f", and even {_of(contrast, 'defects')} {widest} px wide would not have."
    if missed:
        return (
            f", but {_of(contrast, listed(missed))} would not have either, up to {widest} px wide."
        )
    first, last = (int(f(smallest["width"])) for f in (np.min, np.max))
    widths = f"{first} px" if first == last else f"{first} to {last} px"
    return (
        f"; {_of(contrast, 'defects')} would have from {widths} width on, by kind; lesser ones "
        "would not."
    )


def _of_contrast(smallest: pd.DataFrame, contrast: float, table: pd.DataFrame) -> str:
    seen = smallest.dropna().sort_values("width")
    missed = [_many(kind) for kind in smallest["defect"][smallest["width"].isna()]]
    kinds = [
        f"{_many(kind)} from {width:.0f} px"
        for kind, width in zip(seen["defect"], seen["width"], strict=True)
    ]
    word = contrast_words(contrast)
    if not kinds:
        return f"if {word}: none, up to {int(table['width'].max())} px wide"
    return f"if {word}: {listed(kinds)}" + (f" (not {listed(missed)})" if missed else "")


def _of(contrast: float, kinds: str) -> str:
    """Return kinds of defects of a contrast: ``clear spots``, or ``spots of contrast 0.5``."""
    word = contrast_words(contrast)
    return f"{word} {kinds}" if contrast in CONTRASTS.values() else f"{kinds} of {word}"


def _many(kind: str) -> str:
    """Return the name of a kind of defect as many: ``patch_swap`` becomes ``patch swaps``."""
    word = kind.replace("_", " ")
    return f"{word}es" if word.endswith(("ch", "s", "x")) else f"{word}s"
