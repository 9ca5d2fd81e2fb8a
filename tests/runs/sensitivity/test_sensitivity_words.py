"""Sentences on what would have stood out and what stays unknown."""

import pandas as pd
import pytest

from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.sensitivity.words import with_sensitivity

CLEAN = VerdictInfo(kind="clean", sentence="No more images stand out than chance explains.")
NONE = pd.DataFrame(columns=["defect", "width", "contrast", "n_images", "found"])


def found(**shares):
    """Rows of SENSITIVITY: kind of defect -> shares found when clear, 4 and 8 px wide."""
    return pd.DataFrame(
        [
            (kind, width, 1.0, 10, share)
            for kind, of_widths in shares.items()
            for width, share in zip((4, 8), of_widths, strict=True)
        ],
        columns=NONE.columns,
    )


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (NONE, "Nothing stands out; what would have was not measured."),
        (
            found(spot=(0.0, 0.9), stain=(0.9, 0.9)),
            "Nothing stands out; clear defects would have from 4 to 8 px width on, by kind; lesser "
            "ones would not.",
        ),
        (
            found(spot=(0.9, 0.9), stain=(0.0, 0.4)),
            "Nothing stands out, but clear stains would not have either, up to 8 px wide.",
        ),
        (
            found(spot=(0.0, 0.0), scratch=(0.0, 0.0), patch_swap=(0.1, 0.4)),
            "Nothing stands out, and even clear defects 8 px wide would not have.",
        ),
    ],
)
def test_a_headline_of_nothing_says_what_would_have_stood_out(table, sentence):
    assert with_sensitivity(CLEAN, table, 800).sentence == sentence


def test_what_stays_unknown_says_how_few_looks_would_settle_it():
    told = with_sensitivity(CLEAN, NONE, 800)
    assert told.seen == "What would have stood out was not measured."
    assert "Look at 55 images drawn at random from the other 800" in told.unknown
    assert "with 95 % confidence at most 5\u202f% of them are" in told.unknown
    few = with_sensitivity(CLEAN, NONE, 12).unknown
    assert few == "Scores cannot tell how many images are defective: look at all of them."


def test_of_labelled_images_nothing_is_said_to_be_unknown():
    measured = VerdictInfo(kind="measured", sentence="AUROC 0.98.")
    assert with_sensitivity(measured, NONE, 800) == measured
    told = with_sensitivity(measured, found(spot=(0.0, 0.9)), 800)
    assert told.seen.endswith("half or more would have been named if clear: spots from 8 px.")
    assert told.unknown == ""
    assert told.sentence == measured.sentence
