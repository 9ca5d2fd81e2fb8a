"""Tables of a study: its cells, what was measured in each, scores of images, and seconds.

A cell is one training set that a detector was fitted on. Its key says how that set came about:
from a clean one, ``pollution`` of it was exchanged for defective images, drawn by ``seed``; then
``strategy`` took away the share ``reject``, by scores of the detector ``scorer``.
"""

from anomalylab.schema._table import Table

KEY = ("category", "study", "detector", "pollution", "strategy", "scorer", "reject", "seed")
"""Columns that tell one cell of a study from all others.

category: product. study: ``pollution`` (nothing is removed) or ``refinement``. detector: label of
the one that is fitted, as runs write it. pollution: share of the training set that is defective.
strategy: ``none`` where nothing is removed, else its name and what was set of its parameters, as
``sroc leave_out=group``. scorer: label of the detector that ranked the images, empty if none did.
reject: share of the training set that is removed. seed: decides which images pollute, and whatever
a strategy draws.
"""

_KEY = {
    "category": "str",
    "study": "str",
    "detector": "str",
    "pollution": "float",
    "strategy": "str",
    "scorer": "str",
    "reject": "float",
    "seed": "int",
}

STUDY_CELLS = Table(
    "study_cells",
    {
        **_KEY,
        "status": "str",
        "reason": "str",
        "n_train": "int",
        "n_polluted": "int",
        "n_removed": "int",
        "n_removed_polluted": "int",
    },
    KEY,
)
"""One row a cell. status: ``done``, or ``failed`` with its reason; reason is empty when done.

n_train: images of the training set before anything is removed, n_polluted of them defective;
n_removed: those that the strategy took away, n_removed_polluted of them defective.
"""

STUDY_METRICS = Table(
    "study_metrics",
    {**_KEY, "metric": "str", "value": "float?"},
    (*KEY, "metric"),
)
"""What was measured in a cell; cells that failed have no rows.

metric: ``auroc``, ``ap``, ``pixel_auroc``, ``au_pro``, ``au_iou`` of the test images;
``recall_at_1``, ``false_alarms_at_1`` and the same ``_at_5``: shares of defective and of good test
images at or above the threshold that is set without labels, on the left-out scores of that same
training set, for 1 % and 5 % of false alarms; ``refinement_precision``, ``refinement_recall`` and
``refinement_f1`` of the removed images. Where these came back healed, ``healed_accepted``: share
that passes for kept ones; ``healed_energy_fell``: share of those accepted whose defect scores less
than before, ``healed_energy_left``: the median of its mean squared score, after to before;
``healed_change``: the largest change that healing makes to a kept image, left out, in units of
replacing all of it. A value is missing where it is not defined.
"""

STUDY_SCORES = Table(
    "study_scores",
    {
        **_KEY,
        "sample_id": "str",
        "role": "str",
        "label": "int",
        "score": "float?",
        "is_beyond_1": "bool",
        "is_beyond_5": "bool",
    },
    (*KEY, "sample_id", "role"),
)
"""Image scores in a cell, by the detector fitted on what was kept.

role: ``train`` (kept; its group is left out when it is scored), ``removed`` or ``test``, of which
an image has two if it may pollute and be judged. label: 0
normal, 1 anomalous, which no detector sees. score: missing where a detector cannot leave images
out. is_beyond_1 and is_beyond_5: at or above the thresholds for 1 % and 5 % of false alarms.
"""

STUDY_TIMES = Table("study_times", {**_KEY, "seconds": "float"}, KEY)
"""Seconds that each cell took; a scoring that serves several cells is shared out among them."""

STUDY_HEALED = Table(
    "study_healed",
    {
        **_KEY,
        "sample_id": "str",
        "is_accepted": "bool",
        "replaced": "float",
        "energy_before": "float?",
        "energy_after": "float?",
        "residual": "bytes?",
        "area": "str?",
        "healed": "bytes?",
    },
    (*KEY, "sample_id"),
)
"""Removed images of cells in which they came back healed.

is_accepted: the detector of the cell, fitted on the kept images, scores the healed image as these.
replaced: share of its cells or pixels. energy_before, energy_after: mean squared score of the cells
that hold its defect by the mask; missing without one. residual, healed: what was odd over the
thumbnail, and the healed image, as WebP bytes of the size of the thumbnail; area: outlines of what
was replaced, as the contours of thumbnails; of a few images whose pixels were healed.
"""
