"""The tables that flow: their columns, what a row is, and a check.

A column is written ``"str"``, ``"int"``, ``"float"``, ``"bool"`` or ``"bytes"``; a trailing ``?``
allows missing values. Tables may carry further columns, which travel along.
"""

from anomalylab.schema._table import Table

SCHEMA_VERSION = 2
"""Version of the run folder; old versions stay readable."""

SPLITS = ("train", "test", "unlabelled")
"""What an image is used for: fitting, scoring, or (roles unknown) both."""

SAMPLES = Table(
    "samples",
    {
        "sample_id": "str",
        "category": "str",
        "split": "str",
        "label": "int?",
        "defect_type": "str?",
        "image_path": "str",
        "mask_path": "str?",
        "width": "int",
        "height": "int",
        "content_hash": "str?",
        "group": "str?",
        "stored_as": "str?",
    },
    ("sample_id",),
)
"""One row per image; paths are relative to the root, in POSIX form.

label: 0 normal, 1 anomalous. content_hash: of the bytes of the file, filled in when it is read for
the first time. group: images of one physical part or one moment, and near copies, which are left
out together; missing for an image that is its own group. stored_as: format of the file and of
its pixels, as ``PNG, RGB of 8 bits``.
"""

HIDDEN = Table(
    "hidden",
    {
        "sample_id": "str",
        "image_path": "str",
        "mask_path": "str?",
        "split": "str",
        "label": "int?",
        "defect_type": "str?",
    },
    ("sample_id",),
)
"""What is known of the images of a run that was made as if nobody had labelled them.

sample_id: as in SAMPLES, whose ``image_path`` is the same there. image_path: of the file, relative
to the root; the others as in SAMPLES. All further columns of the data set are here, too.
"""

SCORES = Table(
    "scores",
    {
        "detector": "str",
        "sample_id": "str",
        "role": "str",
        "score": "float",
        "map_max": "float?",
        "p_value": "float?",
    },
    ("detector", "sample_id", "role"),
)
"""Image scores. role: ``query`` (judged) or ``training`` (its own image left out when scored).
map_max is the maximum of the displayed anomaly map, missing for detectors that have none; p_value
the chance of such a score in the bulk."""

THRESHOLDS = Table(
    "thresholds",
    {
        "detector": "str",
        "kind": "str",
        "method": "str",
        "value": "float",
        "is_default": "bool",
        "expected_false": "float?",
        "n_images": "int",
        "note": "str",
    },
    ("detector", "kind", "method"),
)
"""kind: ``image`` or ``map``.

expected_false: false alarms expected among ``n_images`` normal images.
"""

METRICS = Table(
    "metrics",
    {
        "detector": "str",
        "metric": "str",
        "value": "float?",
        "low": "float?",
        "high": "float?",
        "ceiling": "float?",
        "n_images": "int",
        "note": "str",
    },
    ("detector", "metric"),
)
"""low and high bound the 95 % interval. A value that is missing has its reason in note."""

REVEALED = Table(
    "revealed",
    {
        "rank": "int",
        "sample_id": "str",
        "image_path": "str",
        "score": "float",
        "is_beyond": "bool",
        "label": "int?",
        "defect_type": "str?",
    },
    ("sample_id",),
)
"""Judged images, the most unusual first, with labels that the run has not seen.

is_beyond: at or above the threshold of the run. image_path: of the file. A column ``grade`` is
there if the data set has one."""

RECALL = Table(
    "recall",
    {
        "detector": "str",
        "defect_type": "str",
        "n_images": "int",
        "n_found": "int",
        "recall": "float",
        "low": "float",
        "high": "float",
    },
    ("detector", "defect_type"),
)
"""Defective images of each known type, and those at or above the detector's default threshold.

low and high bound the 95 % interval of recall."""

CURVES = Table(
    "curves",
    {"detector": "str", "curve": "str", "point": "int", "x": "float", "y": "float"},
    ("detector", "curve", "point"),
)
"""curve: ``roc`` (x FPR, y TPR), ``pr`` (x recall, y precision), ``pro``, ``iou`` (x pixel FPR)."""

NEIGHBOURS = Table(
    "neighbours",
    {
        "detector": "str",
        "sample_id": "str",
        "neighbour_id": "str",
        "row": "int?",
        "col": "int?",
        "neighbour_row": "int?",
        "neighbour_col": "int?",
    },
    ("detector", "sample_id"),
)
"""Nearest training image of each query; the cells are where the most anomalous cell matched."""

LOOKS = Table(
    "looks", {"detector": "str", "sample_id": "str", "look": "int"}, ("detector", "sample_id")
)
"""Of the images to look at first, those that look like another of them.

look: images of one number look alike; counted from 1 for each detector, by the highest score."""

EMBEDDING = Table("embedding", {"sample_id": "str", "x": "float", "y": "float"}, ("sample_id",))
"""Pooled features in two dimensions."""

KINDS = Table("kinds", {"sample_id": "str", "kind": "int", "rank": "int"}, ("sample_id",))
"""Kinds of the images that a run is fitted on; empty if all are of one.

kind: counted from 1, that of most images first. rank: from 1, the image nearest to the centre of
its kind first.
"""

TIMINGS = Table(
    "timings",
    {
        "step": "str",
        "seconds": "float",
        "cpu_seconds": "float",
        "peak_mib": "float",
        "n_images": "int",
    },
    ("step",),
)
"""What each step cost; peak_mib is the peak resident memory of the process up to then."""

THUMBNAILS = Table(
    "thumbnails",
    {"sample_id": "str", "image": "bytes", "width": "int", "height": "int", "contour": "str?"},
    ("sample_id",),
)
"""Images at most 192 px long as WebP bytes.

contour: JSON list of rings of [x, y] in pixels of the thumbnail.
"""

ENLARGED = Table(
    "enlarged",
    {"sample_id": "str", "image": "bytes", "width": "int", "height": "int"},
    ("sample_id",),
)
"""The images to look at first, larger than their thumbnails, as WebP bytes."""

FEATURES = Table("features", {"sample_id": "str", "dropped": "float"}, ("sample_id",))
"""What a classifier of histograms sees, one further column a bin: ``plane_row_col``.

dropped: share of windows beyond the histograms, whatever became of them; mean over planes.
"""

COEFFICIENTS = Table(
    "coefficients",
    {
        "plane": "int",
        "window": "int",
        "first": "int",
        "second": "int",
        "row": "int",
        "col": "int",
        "x0": "float",
        "x1": "float",
        "y0": "float",
        "y1": "float",
        "coefficient": "float",
        "odds": "float",
    },
    ("plane", "row", "col"),
)
"""One row a bin of a histogram; first and second are components counted from 0.

row goes along the first one, from x0 to x1. coefficient: log odds for one standard deviation;
odds: its exponential.
"""

SEARCH = Table(
    "search",
    {
        "window": "int",
        "bins": "int",
        "limit": "float",
        "n_components": "int",
        "C": "float",
        "ap": "float",
        "ap_std": "float",
        "n_folds": "int",
        "n_features": "int",
        "is_chosen": "bool",
    },
    ("window", "bins", "limit", "n_components", "C"),
)
"""One row a configuration; ap and ap_std are mean and deviation over the folds left out."""
