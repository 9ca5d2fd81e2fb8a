"""Tables of the auto-encoder recipe: its trainings, what they leave of images, and every threshold.

A training is told by its architecture and its latent. One, the main one, is looked at closely; the
others are there to compare latents.
"""

from anomalylab.schema._table import Table

KEY = ("architecture", "latent")
"""Columns that tell one training of a run from the others."""

_KEY = {"architecture": "str", "latent": "int"}

TRAININGS = Table(
    "autoencoder_trainings",
    {
        **_KEY,
        "is_main": "bool",
        "n_train": "int",
        "n_held_out": "int",
        "n_parameters": "int",
        "steps": "int",
        "epochs": "int",
        "best_epoch": "int",
        "last_loss": "float",
        "fall": "float?",
        "seconds": "float?",
    },
    KEY,
)
"""One row a training.

n_train, n_held_out: images that were learnt from and that were not, before copies are made.
steps: of the optimizer in all. best_epoch: whose weights were kept. last_loss: of the last epoch,
of images held out where there are any. fall: share by which that loss fell over the last fifth of
the epochs, a curve that has flattened has about 0; missing with fewer than 5 epochs. seconds:
missing where the training was found in the cache.
"""

COURSE = Table(
    "autoencoder_course",
    {**_KEY, "epoch": "int", "part": "str", "measure": "str", "value": "float"},
    (*KEY, "epoch", "part", "measure"),
)
"""How each training went. part: ``train`` or ``validation``; measure: ``loss`` or ``l2``."""

F1_COURSE = Table(
    "autoencoder_f1_course",
    {"epoch": "int", "defect_type": "str", "tau": "float", "f1": "float"},
    ("epoch", "defect_type"),
)
"""Best F1 of pixels over all thresholds after an epoch of the main training, and its threshold.

Chosen on the very images that it is of, test images with their masks: an oracle's, looked at and
steering nothing.
"""

TAU_CURVE = Table(
    "autoencoder_tau_curve",
    {
        "defect_type": "str",
        "average": "str",
        "level": "int",
        "tau": "float",
        "precision": "float",
        "recall": "float?",
        "f1": "float?",
        "accuracy": "float",
    },
    ("defect_type", "average", "level"),
)
"""What each threshold makes of the pixels of test images, of each type and of ``all`` of them.

average: ``pooled`` over all pixels, or the mean over images, ``per image``. level: 0 to 255; a
pixel is called if its residual exceeds ``tau``, strictly, which is if its level in the pictures
exceeds ``level``. ``all`` holds good images, too; a type holds its own images alone.
"""

TAUS = Table(
    "autoencoder_taus",
    {"method": "str", "tau": "float", "level": "int", "uses_labels": "bool", "note": "str"},
    ("method",),
)
"""Thresholds that were chosen.

method: ``left_out_good`` (a quantile of the highest residuals of good images held out),
``planted`` (best F1 on defects planted in these) or ``f1_oracle`` (best F1 on the test images
themselves, an upper bound that nobody has in use).
"""

VALUES = Table(
    "autoencoder_values",
    {
        **_KEY,
        "defect_type": "str",
        "method": "str",
        "metric": "str",
        "value": "float?",
        "low": "float?",
        "high": "float?",
        "note": "str",
    },
    (*KEY, "defect_type", "method", "metric"),
)
"""What was measured of the test images, of each type against good ones, and of ``all``.

With a method of TAUS: ``precision``, ``recall``, ``f1`` and ``accuracy`` of pixels, pooled;
``image_recall``, the share of defective images, and ``image_specificity``, the share of good ones,
that are told right. Without one: ``auroc`` of images, ``pixel_auroc``, ``au_pro``. A value that is
missing has its reason in note. low, high: where it lies on other images of the same kind with a
certainty of 95 %, over images; missing in older runs, where those of ``pixel_auroc`` and ``au_pro``
may be missing alone. They leave out that the threshold, too, would be another: those of
``f1_oracle`` are too high.
"""

GOOD_RESIDUALS = Table(
    "autoencoder_good_residuals",
    {**_KEY, "role": "str", "of": "str", "quantile": "float", "value": "float"},
    (*KEY, "role", "of", "quantile"),
)
"""Quantiles of what is left of good images. role: ``held out`` or ``test``; of: ``pixels``, or
``maxima`` of images."""

MAXIMA = Table(
    "autoencoder_maxima",
    {
        **_KEY,
        "sample_id": "str",
        "role": "str",
        "label": "int?",
        "defect_type": "str?",
        "score": "float",
    },
    (*KEY, "sample_id", "role"),
)
"""Highest residual of each image. role: ``test``, ``held out``, or ``planted``: a held out image
with a defect planted in it."""

PICTURES = Table(
    "autoencoder_pictures",
    {
        "sample_id": "str",
        "label": "int?",
        "defect_type": "str?",
        "input": "bytes",
        "output": "bytes",
        "residual": "bytes",
        "truth": "bytes?",
    },
    ("sample_id",),
)
"""Some test images, in and out of the main network at its size.

input, output: WebP. residual: PNG of one band with the level of each pixel, so that ``residual >
level`` is what the threshold of that level calls. truth: PNG of one band, 255 where the defect is;
missing where no mask is known.
"""
