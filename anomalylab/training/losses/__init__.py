"""Losses that arrange embeddings by class, one a file.

Each is a torch module ``Loss(n_features, n_classes, **options)``: embeddings of shape
(n, n_features) and int labels of shape (n,) in, the mean loss out. It holds what it learns, such as
the vectors of the classes, so that its parameters are trained with those of the network.
"""

from anomalylab.registry import Registry

registry: Registry = Registry("anomalylab.training.losses", "loss")
register = registry.register

NAMES = ("conventional", "l2_constrained", "arcface", "cosface", "sphereface", "center")
"""Those of the package, in the order of the published table; known without torch."""
