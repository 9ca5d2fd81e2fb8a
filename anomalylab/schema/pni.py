"""Tables of the recipe of PNI: what was fitted, and what became of the images of each.

A trial is one category judged by one variant of the method. Beside it stands the same with its maps
refined: ``blend`` is the share of the refined map, 0 without refinement.
"""

from anomalylab.schema._table import Table

KEY = ("category", "variant", "seed")
"""Columns that tell one trial from all others.

category: product that is judged. variant: ``patchcore`` (every cell of the memory is allowed),
``pni``, ``pni-position`` and ``pni-neighbourhood`` (restricted by one of the two alone), or
``ensemble`` (the mean over levels of the network, each by itself). seed: of coresets, projections
and weights.
"""

_KEY = {"category": "str", "variant": "str", "seed": "int"}

PNI_FITS = Table(
    "pni_fits",
    {
        **_KEY,
        "status": "str",
        "reason": "str",
        "n_train": "int",
        "n_bank": "int",
        "n_kinds": "int",
        "allowed": "float?",
        "n_fallbacks": "int",
        "refined_by": "str",
        "seconds": "float?",
    },
    KEY,
)
"""One row a trial. status: ``done``, or ``failed`` with its reason; reason is empty when done.

n_bank: cells of the memory; n_kinds: representative cells; of an ensemble those of all levels.
allowed: mean share of the memory that test cells may use. n_fallbacks: test cells with nothing
allowed. refined_by: what the network that refines maps has learnt from: categories, joined by
commas, or ``its own training images``; empty where nothing is refined. seconds: of fitting and
scoring, missing where it was found in the cache.
"""

PNI_CURVES = Table(
    "pni_curves",
    {
        **_KEY,
        "network": "str",
        "epoch": "int",
        "part": "str",
        "measure": "str",
        "value": "float",
    },
    (*KEY, "network", "epoch", "part", "measure"),
)
"""How trainings went. network: ``neighbourhood``, or ``refinement``; part: ``train`` or
``validation``; measure: ``loss``, ``accuracy``, and ``before``, the loss of maps that are not
refined."""

PNI_VALUES = Table(
    "pni_values",
    {
        **_KEY,
        "blend": "float",
        "resolution": "str",
        "metric": "str",
        "value": "float?",
        "low": "float?",
        "high": "float?",
        "published": "float?",
        "note": "str",
    },
    (*KEY, "blend", "resolution", "metric"),
)
"""What was measured of the test images, and what is printed of the same.

metric: ``image_auroc``, ``pixel_auroc``, ``au_pro``. resolution: ``image``, that of the masks, or
``480``, where images and masks are resized to 512 and cut to the middle 480 as the published
protocol does; image scores have the former alone. low and high bound the 95 % interval of image
AUROC. A value that is missing has its reason in note.
"""

PNI_SCORES = Table(
    "pni_scores",
    {
        **_KEY,
        "blend": "float",
        "sample_id": "str",
        "label": "int?",
        "defect_type": "str?",
        "score": "float",
    },
    (*KEY, "blend", "sample_id"),
)
"""Image scores of test images: the largest of their map."""
