"""Tables of planted defects: what was planted, found, shown, and chosen by it."""

from anomalylab.schema._table import Table

PLANTED = Table(
    "planted",
    {
        "detector": "str",
        "plant": "int",
        "sample_id": "str",
        "defect": "str",
        "width": "int",
        "contrast": "float",
        "measured_width": "float",
        "difference": "float",
        "row": "int",
        "col": "int",
        "score_before": "float",
        "score": "float",
        "is_found": "bool",
    },
    ("detector", "plant"),
)
"""Synthetic defects planted in copies of training images that were left out of the fit.

width, in pixels of the image, and contrast were asked for; measured_width and difference (grey
levels) came out. row and col: middle of the defect. score_before is that of the untouched image,
by the same fit; is_found: score reaches the detector's default threshold and score_before does not.
"""

SENSITIVITY = Table(
    "sensitivity",
    {
        "detector": "str",
        "defect": "str",
        "width": "int",
        "contrast": "float",
        "n_images": "int",
        "n_found": "int",
        "found": "float",
        "low": "float",
        "high": "float",
        "auroc": "float?",
        "auroc_low": "float?",
        "auroc_high": "float?",
    },
    ("detector", "defect", "width", "contrast"),
)
"""What would have been found of planted defects of a kind, width and contrast.

found: share at or above the default threshold; low and high bound its exact 90 % interval. auroc:
planted images against the untouched ones, with its 90 % interval.
"""

CHOICE = Table(
    "choice",
    {
        "detector": "str",
        "size": "str",
        "figure": "float",
        "low": "float",
        "high": "float",
        "behind": "float",
        "behind_low": "float",
        "behind_high": "float",
        "is_tied": "bool",
        "stated": "float?",
        "stated_low": "float?",
        "stated_high": "float?",
    },
    ("detector", "size"),
)
"""Settings that were compared by planted defects, in the order they would be taken.

size: height x width that images were resized to.

figure: mean AUROC of planted defects on the half of the images that the choice was made on; low and
high bound it, behind is the difference to the best of its size, all with 90 %. is_tied: cannot be
told from that. stated: the same figure on the other half, which the choice did not see.
"""

PLANTED_PICTURES = Table(
    "planted_pictures",
    {
        "plant": "int",
        "before": "bytes",
        "after": "bytes",
        "top": "int",
        "left": "int",
        "side": "int",
    },
    ("plant",),
)
"""Square views of planted defects as WebP bytes, without and with the defect.

top, left and side: the view, in pixels of the image.
"""
