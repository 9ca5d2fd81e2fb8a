"""Tables of the metric learning recipe: its trainings, and what became of the images of each.

A trial is one category judged by one network. Its key says how that network was trained; in the
experiment ``classes`` the trials of all categories share one training, told of in each of them.
"""

from anomalylab.schema._table import Table

KEY = ("category", "experiment", "loss", "is_as_published", "seed")
"""Columns that tell one trial from all others.

category: product that is judged. experiment: ``twins`` (normal images against copies with a drawn
defect), ``classes`` (categories against each other) or ``one-defect`` (normal images against one
type of defect). loss: name. is_as_published: with the errors of the published code. seed: of
weights, order of images and twins.
"""

_KEY = {
    "category": "str",
    "experiment": "str",
    "loss": "str",
    "is_as_published": "bool",
    "seed": "int",
}

METRIC_TRAININGS = Table(
    "metric_trainings",
    {
        **_KEY,
        "status": "str",
        "reason": "str",
        "n_train": "int",
        "n_classes": "int",
        "epochs": "int",
        "best_epoch": "int",
        "trained_on": "str",
        "seconds": "float?",
    },
    KEY,
)
"""One row a trial. status: ``done``, or ``failed`` with its reason; reason is empty when done.

n_train: images before twins are added and rare classes repeated. best_epoch: whose weights were
kept. trained_on: names of the classes, joined by commas: normal and twin, categories, or normal and
the type of defect. seconds: of training, missing where it was found in the cache.
"""

_CURVE = {"epoch": "int", "part": "str", "measure": "str", "value": "float"}

METRIC_CURVES = Table("metric_curves", {**_KEY, **_CURVE}, (*KEY, "epoch", "part", "measure"))
"""How each training went. part: ``train`` or ``validation``; measure: ``loss``, ``accuracy``."""

TRAINING = Table(
    "training", {"detector": "str", **_CURVE}, ("detector", "epoch", "part", "measure")
)
"""How the training of each trained detector of an ordinary run went, as in METRIC_CURVES."""

METRIC_VALUES = Table(
    "metric_values",
    {
        **_KEY,
        "metric": "str",
        "value": "float?",
        "low": "float?",
        "high": "float?",
        "published": "float?",
        "note": "str",
    },
    (*KEY, "metric"),
)
"""What was measured of the test images, and what is printed of the same.

metric: ``auroc``, ``ap``; ``tpr_at_best`` and ``tnr_at_best`` at the threshold that maximises their
sum on these same images, an oracle's; in the experiment ``one-defect`` all four again with
``_untrained``: without test images of the type that was trained on. low and high bound the 95 %
interval. A value that is missing has its reason in note.
"""

METRIC_DISTANCES = Table(
    "metric_distances",
    {
        **_KEY,
        "sample_id": "str",
        "role": "str",
        "label": "int?",
        "defect_type": "str?",
        "distance": "float",
        "nearest_id": "str",
    },
    (*KEY, "sample_id", "role"),
)
"""Distance of each image to the nearest normal training image, its score.

role: ``train`` or ``test``; defective images that were trained on have both. Training images are
compared with those of other groups, by a network that has seen them.
"""

METRIC_CLASSES = Table(
    "metric_classes",
    {
        **_KEY,
        "defect_type": "str",
        "n_images": "int",
        "mean_distance": "float",
        "relative_to_good": "float?",
        "auroc": "float?",
        "is_trained_on": "bool",
    },
    (*KEY, "defect_type"),
)
"""Distances of test images of each type, ``good`` among them.

relative_to_good: mean distance over that of good images. auroc: of the type against good images,
missing for these. is_trained_on: the network has seen images of that type.
"""

METRIC_EMBEDDING = Table(
    "metric_embedding",
    {**_KEY, "sample_id": "str", "role": "str", "x": "float", "y": "float"},
    (*KEY, "sample_id", "role"),
)
"""What the network makes of each image, in two dimensions, those of its training images."""

METRIC_HEAT = Table(
    "metric_heat",
    {
        **_KEY,
        "sample_id": "str",
        "of": "str",
        "mass_in_mask": "float?",
        "mask_share": "float?",
        "peak": "float?",
    },
    (*KEY, "sample_id", "of"),
)
"""Where Grad-CAM finds what a network decides by, of some test images.

of: ``logit`` (of the class that is not normal; there is none in the experiment ``classes``) or
``distance`` (to the nearest normal training image). mass_in_mask: share of the heat inside the mask
of the defect, missing where there is no heat; mask_share: share of the image that the mask takes,
which chance would give. Both are missing without a mask. peak: largest heat of the image over that
which is drawn in the last colour.
"""

METRIC_PICTURES = Table(
    "metric_pictures",
    {**_KEY, "sample_id": "str", "of": "str", "image": "bytes"},
    (*KEY, "sample_id", "of"),
)
"""Grad-CAM over the image as WebP bytes, for some rows of METRIC_HEAT."""
