"""Losses that arrange embeddings by class, one a file.

Each is a torch module ``Loss(n_features, n_classes, **options)``: embeddings of shape
(n, n_features) and int labels of shape (n,) in, the mean loss out. It holds what it learns, such as
the vectors of the classes, so that its parameters are trained with those of the network.
"""

from collections.abc import Mapping

from anomalylab.registry import Registry

registry: Registry = Registry("anomalylab.training.losses", "loss")
register = registry.register

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "conventional": (),
    "l2_constrained": ("scale",),
    "arcface": ("scale", "margin"),
    "cosface": ("scale", "margin"),
    "sphereface": ("margin", "ease"),
    "center": ("weight",),
}
"""Name -> options of the losses of the package, known without torch."""

NAMES = tuple(OPTIONS)
"""In the order of the published table."""
