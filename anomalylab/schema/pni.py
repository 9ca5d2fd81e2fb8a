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

PNI_GAINS = Table(
    "pni_gains",
    {
        **_KEY,
        "blend": "float",
        "against": "str",
        "against_blend": "float",
        "metric": "str",
        "difference": "float?",
        "low": "float?",
        "high": "float?",
        "n_images": "int",
        "note": "str",
    },
    (*KEY, "blend", "against", "against_blend", "metric"),
)
"""How much better one way to judge is than another on the same test images, with 95 % intervals.

Each variant without refinement is compared with ``patchcore``, and each with refined maps with
itself without. metric: as in PNI_VALUES at the resolution ``image``; difference: of the two values
there. A difference that is missing has its reason in note.
"""

PNI_CELLS = Table(
    "pni_cells",
    {
        "category": "str",
        "seed": "int",
        "sample_id": "str",
        "row": "int",
        "col": "int",
        "score": "float",
        "by_position_alone": "float",
        "by_neighbours_alone": "float",
        "by_neither": "float",
        "is_fallback": "bool",
        "n_allowed": "int",
        "n_by_position": "int",
        "n_by_neighbours": "int",
        "tau": "float",
    },
    ("category", "seed", "sample_id", "row", "col"),
)
"""Cells of some test images as the variant ``pni`` judges them, and their scores otherwise.

score: with position and neighbours; the next three: restricted by one of both, and by nothing, as
``patchcore``. n_allowed: cells of the memory that may be used; n_by_position, n_by_neighbours: that
either alone would allow; is_fallback: whether there was none; tau: what their shares must exceed.
"""

PNI_LISTED = Table(
    "pni_listed",
    {
        "category": "str",
        "seed": "int",
        "sample_id": "str",
        "row": "int",
        "col": "int",
        "role": "str",
        "rank": "int",
        "memory_id": "str",
        "memory_row": "int",
        "memory_col": "int",
        "distance": "float",
        "of_position": "float",
        "of_neighbours": "float",
    },
    ("category", "seed", "sample_id", "row", "col", "role", "rank"),
)
"""Cells of the memory that matter to a cell of PNI_CELLS, and the training images they are from.

role: ``allowed``, the nearest that may be used, by rank from 1; ``refused``, the nearest of those
that may not; ``position``, ``neighbourhood`` and ``none``, the nearest with that restriction alone.
of_position and of_neighbours: the shares that decide, ``p(kind | place)`` and ``p(kind |
neighbours)``; their mean must exceed tau.
"""
